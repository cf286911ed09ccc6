"""Making an mdoc (ISO/IEC 18013-5:2021, 9.1.2): IssuerSigned with its MSO.

A person's elements are encoded once (`encode_name_spaces`), the portrait among them, and then
joined around fresh salts for each copy. The tests build the same bytes with plain cbor2.

Digest ids follow the order of the salts: an id says nothing about which elements a card has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from mrc.formats import cbor
from mrc.formats.cose.cose_key import encode_key
from mrc.formats.cose.headers import ALG, ALGORITHM_NUMBERS, X5CHAIN, encode_x5chain
from mrc.formats.cose.sign1 import to_be_signed
from mrc.formats.mdoc.issuer_signed import read_item
from mrc.formats.mdoc.mso import (
    VERSION,
    DigestAlgorithm,
    KeyAuthorizations,
    Mso,
    Validity,
    decode_mso,
)
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import Entropy

SALT = 24  # bytes; 9.1.2.5 asks for 16, and the order of salts gives away a few bits

_ITEM_HEAD = b"\xa4" + cbor.encode("digestID")
_ITEM_RANDOM = cbor.encode("random") + cbor.head(2, SALT)
_ITEM_NAME = cbor.encode("elementIdentifier")
_ITEM_VALUE = cbor.encode("elementValue")
_NAME_SPACES = cbor.encode("nameSpaces")
_ISSUER_AUTH = cbor.encode("issuerAuth")
_KEY_INFO = cbor.encode("deviceKeyInfo")
_DEVICE_KEY = cbor.encode("deviceKey")
_KEY_AUTHORIZATIONS = cbor.encode("keyAuthorizations")
_STATUS = cbor.encode("status")
_TAG24 = b"\xd8\x18"
MAX_ELEMENTS = 65_536  # a digest id of three bytes at most
_IDS = tuple(cbor.head(0, number) for number in range(256))


@dataclass(frozen=True, slots=True)
class EncodedElement:
    """IssuerSignedItemBytes but for digest id and salt: the head by the id's length, the tail."""

    heads: tuple[bytes, bytes, bytes]
    tail: bytes


@dataclass(frozen=True, slots=True)
class EncodedNameSpaces:
    """The constant part of every item, per encoded namespace; made once for a batch of copies."""

    elements: Mapping[bytes, tuple[EncodedElement, ...]]
    count: int


def encode_name_spaces(name_spaces: Mapping[str, Mapping[str, object]]) -> EncodedNameSpaces:
    """`date` becomes full-date, `datetime` tdate. Raises `ValueError` for what CBOR cannot hold."""
    count = sum(map(len, name_spaces.values()))
    if count > MAX_ELEMENTS:
        raise ValueError(f"more than {MAX_ELEMENTS} elements")
    encoded = {
        cbor.encode(name_space): tuple(_element(*entry) for entry in elements.items())
        for name_space, elements in name_spaces.items()
    }
    return EncodedNameSpaces(encoded, count)


def _element(name: str, value: object) -> EncodedElement:
    tail = _ITEM_NAME + cbor.encode(name) + _ITEM_VALUE + cbor.encode(value)
    rest = len(_ITEM_HEAD) + len(_ITEM_RANDOM) + SALT + len(tail)
    one, two, three = (_TAG24 + cbor.head(2, rest + size) + _ITEM_HEAD for size in (1, 2, 3))
    return EncodedElement((one, two, three), tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareInput:
    """One copy. `status` is the MSO's member as the status list's reference encodes it.

    `algorithm` is the issuer key's. `key_authorizations` only where the device may vouch for
    elements of its own.
    """

    doc_type: str
    name_spaces: EncodedNameSpaces
    device_key: EcPublicKey
    validity: Validity
    algorithm: Algorithm
    status: Mapping[str, object] | None = None
    key_authorizations: KeyAuthorizations | None = None
    digest_algorithm: DigestAlgorithm = DigestAlgorithm.SHA256

    def __post_init__(self) -> None:
        validity = self.validity
        if not validity.signed <= validity.valid_from < validity.valid_until:
            raise ValueError("expected signed <= valid_from < valid_until")
        if not self.name_spaces.count:
            raise ValueError("an mdoc without an element")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedMdoc:
    """An mdoc but for the issuer's signature (r||s over `to_be_signed`)."""

    to_be_signed: bytes
    protected: bytes
    payload: bytes
    name_spaces: bytes

    def finish(self, signature: bytes, *, x5chain: Sequence[bytes]) -> bytes:
        """IssuerSigned. `x5chain`: the document signer first, the root never (9.1.2.4)."""
        if not x5chain:
            raise ValueError("an mdoc without its signer's certificate")
        chain = _unprotected(tuple(x5chain))
        return b"".join(
            (
                b"\xa2",
                _NAME_SPACES,
                self.name_spaces,
                _ISSUER_AUTH,
                b"\x84",
                cbor.head(2, len(self.protected)),
                self.protected,
                chain,
                cbor.head(2, len(self.payload)),
                self.payload,
                cbor.head(2, len(signature)),
                signature,
            )
        )


def prepare(copy: PrepareInput, *, entropy: Entropy) -> PreparedMdoc:
    """Salt and digest every element of one copy. One draw of entropy for all of it."""
    salts = _salts(copy.name_spaces.count, entropy)
    ids = {salt: number for number, salt in enumerate(sorted(salts))}
    new, digest_head = copy.digest_algorithm.new, copy.digest_algorithm.head
    items = [cbor.head(5, len(copy.name_spaces.elements))]
    digests = [items[0]]
    remaining = iter(salts)
    for name, elements in copy.name_spaces.elements.items():
        items += (name, cbor.head(4, len(elements)))
        own: list[tuple[int, bytes]] = []
        for element, salt in zip(elements, remaining, strict=False):
            number = ids[salt]
            key = _IDS[number] if number < 256 else cbor.head(0, number)
            parts = (element.heads[len(key) - 1], key, _ITEM_RANDOM, salt, element.tail)
            item = b"".join(parts)
            items.append(item)
            own.append((number, key + digest_head + new(item).digest()))
        own.sort()
        digests += (name, cbor.head(5, len(own)), *(entry for _, entry in own))
    mso = _mso(copy, b"".join(digests))
    payload = _TAG24 + cbor.head(2, len(mso)) + mso
    protected = _protected(copy.algorithm)
    return PreparedMdoc(
        to_be_signed=to_be_signed(protected, payload),
        protected=protected,
        payload=payload,
        name_spaces=b"".join(items),
    )


def read_back(prepared: PreparedMdoc, copy: PrepareInput) -> Mso:
    """What is about to be signed, by the reading code. Raises `ValueError` where it is not `copy`.

    For the first copy of a batch: it costs more than making one.
    """
    mso = decode_mso(prepared.payload)
    found = 0
    for name_space, items in cbor.decode_as(dict, prepared.name_spaces, what="nameSpaces").items():
        for item in map(read_item, items):
            digest = mso.digest_algorithm.new(item.item_bytes.encoded).digest()
            found += mso.value_digests.get(name_space, {}).get(item.digest_id) == digest
    signed = (mso.doc_type, mso.device_key, mso.digest_algorithm, found)
    meant = (copy.doc_type, copy.device_key, copy.digest_algorithm, copy.name_spaces.count)
    if signed != meant:
        raise ValueError("the prepared mdoc does not read back as it was meant")
    return mso


def _salts(count: int, entropy: Entropy) -> list[bytes]:
    drawn = entropy.token(SALT * count)
    salts = [drawn[at : at + SALT] for at in range(0, SALT * count, SALT)]
    if len(set(salts)) != count or len(salts[-1]) != SALT:
        raise ValueError("the entropy source repeats itself or gives too little")
    return salts


def _mso(copy: PrepareInput, value_digests: bytes) -> bytes:
    head, tail = _frame(copy.doc_type, copy.validity, copy.digest_algorithm)
    parts = [b"\xa6", head, value_digests, _KEY_INFO, _key_info(copy), tail]
    if copy.status is not None:
        parts[0] = b"\xa7"
        parts += (_STATUS, cbor.encode(dict(copy.status)))
    return b"".join(parts)


def _key_info(copy: PrepareInput) -> bytes:
    key = _DEVICE_KEY + encode_key(copy.device_key)
    if copy.key_authorizations is None:
        return b"\xa1" + key
    authorizations = cbor.encode(_authorizations(copy.key_authorizations))
    return b"\xa2" + key + _KEY_AUTHORIZATIONS + authorizations


@lru_cache(maxsize=16)
def _protected(algorithm: Algorithm) -> bytes:
    return cbor.encode({ALG: ALGORITHM_NUMBERS[algorithm]})


@lru_cache(maxsize=256)
def _unprotected(x5chain: tuple[bytes, ...]) -> bytes:
    """An issuer's certificates are the same in every copy."""
    return cbor.encode({X5CHAIN: encode_x5chain(x5chain)})


@lru_cache(maxsize=256)
def _frame(doc_type: str, validity: Validity, algorithm: DigestAlgorithm) -> tuple[bytes, bytes]:
    """What all copies of a batch share: before valueDigests' value, and after deviceKeyInfo."""
    info = {
        "signed": _seconds(validity.signed),
        "validFrom": _seconds(validity.valid_from),
        "validUntil": _seconds(validity.valid_until),
    }
    if validity.expected_update is not None:
        info["expectedUpdate"] = _seconds(validity.expected_update)
    head = ("version", VERSION, "digestAlgorithm", algorithm.value, "valueDigests")
    tail = ("docType", doc_type, "validityInfo", info)
    return b"".join(map(cbor.encode, head)), b"".join(map(cbor.encode, tail))


def _authorizations(given: KeyAuthorizations) -> dict[str, object]:
    found: dict[str, object] = {}
    if given.name_spaces:
        found["nameSpaces"] = sorted(given.name_spaces)
    if given.data_elements:
        found["dataElements"] = {
            name_space: sorted(elements) for name_space, elements in given.data_elements.items()
        }
    return found


def _seconds(at: datetime) -> datetime:
    """A tdate of an MSO: UTC, without fractions (9.1.2.4)."""
    return at.astimezone(UTC).replace(microsecond=0)
