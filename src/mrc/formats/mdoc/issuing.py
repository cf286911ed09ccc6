"""Making an mdoc (ISO/IEC 18013-5:2021, 9.1.2): IssuerSigned with its MSO.

A person's elements are encoded once (`encode_name_spaces`), the portrait among them, and then
joined around fresh salts for each copy. The tests build the same bytes with plain cbor2.

Digest ids follow the order of the salts: an id says nothing about which elements a card has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mrc.formats import cbor
from mrc.formats.cose.cose_key import encode_key
from mrc.formats.cose.headers import ALG, ALGORITHM_NUMBERS, X5CHAIN, encode_x5chain
from mrc.formats.cose.sign1 import to_be_signed
from mrc.formats.mdoc.mso import VERSION, DigestAlgorithm, KeyAuthorizations, Validity
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import Entropy

SALT = 24  # bytes; 9.1.2.5 asks for 16, and the order of salts gives away a few bits

_ITEM_HEAD = b"\xa4" + cbor.encode("digestID")
_ITEM_RANDOM = cbor.encode("random") + cbor.head(2, SALT)
_ITEM_NAME = cbor.encode("elementIdentifier")
_ITEM_VALUE = cbor.encode("elementValue")
_TAG24 = b"\xd8\x18"


@dataclass(frozen=True, slots=True)
class EncodedNameSpaces:
    """The constant tail of every item, per namespace; made once for a batch of copies."""

    tails: Mapping[str, tuple[bytes, ...]]

    @property
    def count(self) -> int:
        return sum(len(tails) for tails in self.tails.values())


def encode_name_spaces(name_spaces: Mapping[str, Mapping[str, object]]) -> EncodedNameSpaces:
    """`date` becomes full-date, `datetime` tdate. Raises `ValueError` for what CBOR cannot hold."""
    return EncodedNameSpaces(
        {
            name_space: tuple(
                _ITEM_NAME + cbor.encode(element) + _ITEM_VALUE + cbor.encode(value)
                for element, value in elements.items()
            )
            for name_space, elements in name_spaces.items()
        }
    )


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
        chain = cbor.encode({X5CHAIN: encode_x5chain(tuple(x5chain))})
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


_NAME_SPACES = cbor.encode("nameSpaces")
_ISSUER_AUTH = cbor.encode("issuerAuth")


def prepare(copy: PrepareInput, *, entropy: Entropy) -> PreparedMdoc:
    """Salt and digest every element of one copy. One draw of entropy for all of it."""
    salts = _salts(copy.name_spaces.count, entropy)
    digest = copy.digest_algorithm.digest
    ids = {salt: number for number, salt in enumerate(sorted(salts))}
    items = [cbor.head(5, len(copy.name_spaces.tails))]
    digests = [cbor.head(5, len(copy.name_spaces.tails))]
    position = 0
    for name_space, tails in copy.name_spaces.tails.items():
        name = cbor.encode(name_space)
        items += (name, cbor.head(4, len(tails)))
        own: dict[int, bytes] = {}
        for tail in tails:
            salt = salts[position]
            position += 1
            item = _item(ids[salt], salt, tail)
            own[ids[salt]] = digest(item)
            items.append(item)
        digests += (name, cbor.encode(dict(sorted(own.items()))))
    mso = _mso(copy, b"".join(digests))
    payload = _TAG24 + cbor.head(2, len(mso)) + mso
    protected = cbor.encode({ALG: ALGORITHM_NUMBERS[copy.algorithm]})
    return PreparedMdoc(
        to_be_signed=to_be_signed(protected, payload),
        protected=protected,
        payload=payload,
        name_spaces=b"".join(items),
    )


def _salts(count: int, entropy: Entropy) -> list[bytes]:
    drawn = entropy.token(SALT * count)
    salts = [drawn[at : at + SALT] for at in range(0, SALT * count, SALT)]
    if len(set(salts)) != count or len(salts[-1]) != SALT:
        raise ValueError("the entropy source repeats itself or gives too little")
    return salts


def _item(digest_id: int, salt: bytes, tail: bytes) -> bytes:
    """IssuerSignedItemBytes."""
    body = b"".join((_ITEM_HEAD, cbor.head(0, digest_id), _ITEM_RANDOM, salt, tail))
    return b"".join((_TAG24, cbor.head(2, len(body)), body))


def _mso(copy: PrepareInput, value_digests: bytes) -> bytes:
    validity = copy.validity
    info = {
        "signed": _seconds(validity.signed),
        "validFrom": _seconds(validity.valid_from),
        "validUntil": _seconds(validity.valid_until),
    }
    if validity.expected_update is not None:
        info["expectedUpdate"] = _seconds(validity.expected_update)
    key_info: dict[str, object] = {"deviceKey": encode_key(copy.device_key)}
    if copy.key_authorizations is not None:
        key_info["keyAuthorizations"] = _authorizations(copy.key_authorizations)
    mso: dict[str, object] = {
        "version": VERSION,
        "digestAlgorithm": copy.digest_algorithm.value,
        "valueDigests": cbor.Encoded(value_digests),
        "deviceKeyInfo": key_info,
        "docType": copy.doc_type,
        "validityInfo": info,
    }
    if copy.status is not None:
        mso["status"] = dict(copy.status)
    return cbor.encode(mso)


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
