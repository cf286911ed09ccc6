"""The mobile security object (ISO/IEC 18013-5:2021, 9.1.2.4; `status` of the second edition)."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mrc.formats import cbor
from mrc.formats.cose.cose_key import decode_key
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import PublicKey

_WHAT = "MobileSecurityObject"
VERSION = "1.0"


class DigestAlgorithm(StrEnum):
    SHA256 = "SHA-256"
    SHA384 = "SHA-384"
    SHA512 = "SHA-512"

    @property
    def new(self) -> Callable[[bytes], "hashlib._Hash"]:
        return _HASHES[self]

    @property
    def head(self) -> bytes:
        """The CBOR head of one digest."""
        return cbor.head(2, _HASHES[self]().digest_size)


_HASHES = {
    DigestAlgorithm.SHA256: hashlib.sha256,
    DigestAlgorithm.SHA384: hashlib.sha384,
    DigestAlgorithm.SHA512: hashlib.sha512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    signed: datetime
    valid_from: datetime
    valid_until: datetime
    expected_update: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAuthorizations:
    """What the device key may vouch for by itself: whole namespaces, or single elements."""

    name_spaces: frozenset[str] = frozenset()
    data_elements: Mapping[str, frozenset[str]]

    def cover(self, name_space: str, element: str) -> bool:
        return name_space in self.name_spaces or element in self.data_elements.get(
            name_space, frozenset()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mso:
    """What the issuer signed. `status` is the undecoded member, for `formats.status_list`."""

    digest_algorithm: DigestAlgorithm
    value_digests: Mapping[str, Mapping[int, bytes]]
    device_key: PublicKey
    key_authorizations: KeyAuthorizations
    doc_type: str
    validity: Validity
    status: Mapping[object, object] | None


def decode_mso(payload: bytes) -> Mso:
    """From the payload of IssuerAuth: tag 24 around the object. Raises `Malformed`."""
    embedded = cbor.decode_as(cbor.Embedded, payload, what="MobileSecurityObjectBytes")
    mso = cbor.decode_as(dict, embedded.data, what=_WHAT)
    version = cbor.member(str, mso, "version", _WHAT)
    if not version.startswith("1."):
        raise Malformed(_WHAT, "a version other than 1.x")
    try:
        algorithm = DigestAlgorithm(cbor.member(str, mso, "digestAlgorithm", _WHAT))
    except ValueError as error:
        raise Malformed(_WHAT, "digestAlgorithm is none of the standard's") from error
    key_info = cbor.member(dict, mso, "deviceKeyInfo", _WHAT)
    status = mso.get("status")
    return Mso(
        digest_algorithm=algorithm,
        value_digests=_value_digests(cbor.member(dict, mso, "valueDigests", _WHAT)),
        device_key=decode_key(cbor.member(dict, key_info, "deviceKey", _WHAT)),
        key_authorizations=_authorizations(key_info.get("keyAuthorizations", {})),
        doc_type=cbor.member(str, mso, "docType", _WHAT),
        validity=_validity(cbor.member(dict, mso, "validityInfo", _WHAT)),
        status=None if status is None else cbor.expect(dict, status, f"{_WHAT} 'status'"),
    )


def _value_digests(value: dict[object, object]) -> dict[str, dict[int, bytes]]:
    found: dict[str, dict[int, bytes]] = {}
    for name_space, digests in value.items():
        entries = cbor.expect(dict, digests, "valueDigests")
        if set(map(type, entries)) - {int} or set(map(type, entries.values())) - {bytes}:
            raise Malformed("valueDigests", "expected integers with byte strings")
        found[cbor.expect(str, name_space, "valueDigests")] = entries
    return found


def _authorizations(value: object) -> KeyAuthorizations:
    what = "keyAuthorizations"
    given = cbor.expect(dict, value, what)
    elements = cbor.expect(dict, given.get("dataElements", {}), what)
    return KeyAuthorizations(
        name_spaces=_strings(given.get("nameSpaces", []), what),
        data_elements={
            cbor.expect(str, name_space, what): _strings(names, what)
            for name_space, names in elements.items()
        },
    )


def _strings(value: object, what: str) -> frozenset[str]:
    return frozenset(cbor.expect(str, entry, what) for entry in cbor.expect(list, value, what))


def _validity(value: dict[object, object]) -> Validity:
    what = "validityInfo"
    update = value.get("expectedUpdate")
    return Validity(
        signed=cbor.member(datetime, value, "signed", what),
        valid_from=cbor.member(datetime, value, "validFrom", what),
        valid_until=cbor.member(datetime, value, "validUntil", what),
        expected_update=None if update is None else cbor.expect(datetime, update, what),
    )
