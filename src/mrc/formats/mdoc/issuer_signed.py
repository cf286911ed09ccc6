"""IssuerSigned (ISO/IEC 18013-5:2021, 8.3.2.1.2.2): the items and the issuer's signature.

Each item keeps the bytes it came in: digests are taken over them, never over a re-encoding.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mrc.formats import cbor
from mrc.formats.cose.sign1 import Sign1, read_sign1
from mrc.kernel.errors import Malformed

MIN_RANDOM = 16  # bytes; 9.1.2.5
_WHAT = "IssuerSignedItem"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSignedItem:
    """One element. `item_bytes` is IssuerSignedItemBytes as received, tag 24 included."""

    digest_id: int
    random: bytes
    element_identifier: str
    element_value: object
    item_bytes: cbor.Embedded


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSigned:
    name_spaces: Mapping[str, tuple[IssuerSignedItem, ...]]
    issuer_auth: Sign1


def decode_issuer_signed(data: bytes) -> IssuerSigned:
    """Raises `Malformed`."""
    return read_issuer_signed(cbor.decode(data, what="IssuerSigned"))


def read_issuer_signed(value: object) -> IssuerSigned:
    """From an already decoded item."""
    parts = cbor.expect(dict, value, "IssuerSigned")
    name_spaces = cbor.expect(dict, parts.get("nameSpaces", {}), "IssuerNameSpaces")
    if "issuerAuth" not in parts:
        raise Malformed("IssuerSigned", "issuerAuth is missing")
    return IssuerSigned(
        name_spaces={
            cbor.expect(str, name, "IssuerNameSpaces"): tuple(
                read_item(item) for item in cbor.expect(list, items, "IssuerNameSpaces")
            )
            for name, items in name_spaces.items()
        },
        issuer_auth=read_sign1(parts["issuerAuth"]),
    )


def read_item(value: object) -> IssuerSignedItem:
    """From IssuerSignedItemBytes. Raises `Malformed`."""
    item_bytes = cbor.expect(cbor.Embedded, value, "IssuerSignedItemBytes")
    item = cbor.decode(item_bytes.data, what=_WHAT)
    if type(item) is not dict:
        raise Malformed(_WHAT, "expected a map")
    digest_id, random, name = map(item.get, ("digestID", "random", "elementIdentifier"))
    if type(digest_id) is not int or type(random) is not bytes or type(name) is not str:
        raise Malformed(_WHAT, "digestID, random or elementIdentifier lacks or is of another type")
    # 9.1.2.4 ends the range at 2^31; an issuer is known that draws ids from 32 bits.
    if digest_id < 0:
        raise Malformed(_WHAT, "digestID is negative")
    if len(random) < MIN_RANDOM:
        raise Malformed(_WHAT, f"random has fewer than {MIN_RANDOM} bytes")
    if "elementValue" not in item:
        raise Malformed(_WHAT, "elementValue is missing")
    return IssuerSignedItem(
        digest_id=digest_id,
        random=random,
        element_identifier=name,
        element_value=item["elementValue"],
        item_bytes=item_bytes,
    )
