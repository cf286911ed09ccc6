"""IssuerSigned (ISO/IEC 18013-5:2021, 8.3.2.1.2.2): the items and the issuer's signature.

Each item keeps the bytes it came in: digests are taken over them, never over a re-encoding.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mrc.formats import cbor
from mrc.formats.cose.sign1 import Sign1, read_sign1
from mrc.kernel.errors import Malformed

MIN_RANDOM = 16  # bytes; 9.1.2.5
_WHAT = "IssuerSignedItem"

# An item whose members stand in the order of the standard's table, with the shortest heads: what
# issuers make. The lengths are compared afterwards.
_USUAL = re.compile(
    rb"\xa4\x68digestID(?:([\x00-\x17])|\x18(.))\x66random(\x58.|[\x50-\x57])(.{16,255}?)"
    rb"\x71elementIdentifier([\x60-\x77])(.{0,23}?)\x6celementValue",
    re.DOTALL,
)


class IssuerSignedItem(NamedTuple):
    """One element. `item_bytes` is IssuerSignedItemBytes as received, tag 24 included.

    A tuple, because a response has dozens and a frozen dataclass takes four times as long to make.
    """

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
    return read_usual_item(item_bytes) or read_any_item(item_bytes)


def read_usual_item(item_bytes: cbor.Embedded) -> IssuerSignedItem | None:
    """As `read_any_item` in half the time; None where it is not encoded in the usual way.

    Raises `Malformed` for a value that `read_any_item` refuses too, with the same words.
    """
    data = item_bytes.data
    found = _USUAL.match(data)
    if found is None:
        return None
    short_id, long_id, head, random, name_head, name = found.groups()
    size = head[1] if len(head) == 2 else head[0] - 0x40
    if len(random) != size or len(name) != name_head[0] - 0x60 or not name.isascii():
        return None
    return IssuerSignedItem(
        (short_id or long_id)[0],
        random,
        name.decode(),
        cbor.decode_last(data, found.end(), what=_WHAT),
        item_bytes,
    )


def read_any_item(item_bytes: cbor.Embedded) -> IssuerSignedItem:
    """In any valid encoding, members in any order. Raises `Malformed`."""
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
