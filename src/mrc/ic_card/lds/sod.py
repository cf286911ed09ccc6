"""EF.SOD: CMS SignedData over the hashes of the data groups (ICAO Doc 9303-10, 4.6.2; RFC 5652).

Decoding keeps the bytes that were signed. Signing is two steps, so the document signer's key can
live in a token.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mrc.ic_card import der, tlv
from mrc.kernel.errors import Malformed

_SOD, _CONTENT_TYPE, _MESSAGE_DIGEST = 0x77, "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNED_DATA, LDS_SECURITY_OBJECT = "1.2.840.113549.1.7.2", "2.23.136.1.1.1"
_ECDSA_SHA256, _SHA256 = "1.2.840.10045.4.3.2", "2.16.840.1.101.3.4.2.1"
_EXPLICIT_0, _EXPLICIT_1, _KEY_IDENTIFIER = 0xA0, 0xA1, 0x80
HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    _SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """The one signer (RFC 5652, 5.3)."""

    signed_attributes: bytes | None
    """As a DER SET, as it was signed; None where the content itself was signed."""
    digest_algorithm: str
    signature_algorithm: str
    signature_parameters: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sod:
    """What EF.SOD says; nothing of it is checked yet."""

    hash_algorithm: str
    hashes: Mapping[int, bytes]
    content: bytes
    signer: SignerInfo
    certificates: tuple[bytes, ...]


def decode_sod(data: bytes) -> Sod:
    try:
        return _decode(data)
    except (ValueError, IndexError, StopIteration) as error:
        raise Malformed("EF.SOD", "not the CMS structure of 9303-10") from error


def _decode(data: bytes) -> Sod:
    kind, wrapped = der.children(tlv.parse_one(data, _SOD), der.SEQUENCE)
    if der.decode_oid(der.expect(kind, der.OID)) != _SIGNED_DATA:
        raise Malformed("EF.SOD", "SignedData expected")
    members = der.children(der.expect(wrapped, _EXPLICIT_0), der.SEQUENCE)
    content = _content(der.expect(members[2], der.SEQUENCE))
    certificates = next((item.value for item in members[3:] if item.tag == _EXPLICIT_0), b"")
    signers = list(tlv.parse(der.expect(members[-1], der.SET)))
    if len(signers) != 1:
        raise Malformed("EF.SOD", "exactly one signer expected")
    name, hashes = _decode_hashes(content)
    return Sod(
        hash_algorithm=name,
        hashes=hashes,
        content=content,
        certificates=tuple(tlv.encode(item.tag, item.value) for item in tlv.parse(certificates)),
        signer=_decode_signer(list(tlv.parse(der.expect(signers[0], der.SEQUENCE)))),
    )


def _content(encapsulated: bytes) -> bytes:
    kind, wrapped = tlv.parse(encapsulated)
    if der.decode_oid(der.expect(kind, der.OID)) != LDS_SECURITY_OBJECT:
        raise Malformed("EF.SOD", "LDSSecurityObject expected")
    return tlv.parse_one(der.expect(wrapped, _EXPLICIT_0), der.OCTET_STRING)


def _decode_signer(members: list[tlv.Tlv]) -> SignerInfo:
    attributes = None
    if members[3].tag == _EXPLICIT_0:
        attributes = tlv.encode(der.SET, members.pop(3).value)
    name, *parameters = tlv.parse(der.expect(members[3], der.SEQUENCE))
    digest = next(tlv.parse(der.expect(members[2], der.SEQUENCE)))
    return SignerInfo(
        signed_attributes=attributes,
        digest_algorithm=_hash_name(digest),
        signature_algorithm=der.decode_oid(der.expect(name, der.OID)),
        signature_parameters=b"".join(tlv.encode(p.tag, p.value) for p in parameters),
        signature=der.expect(members[4], der.OCTET_STRING),
    )


def _hash_name(item: tlv.Tlv) -> str:
    oid = der.decode_oid(der.expect(item, der.OID))
    if oid not in HASHES:
        raise Malformed("EF.SOD", f"hash algorithm {oid}")
    return HASHES[oid]


def _decode_hashes(content: bytes) -> tuple[str, dict[int, bytes]]:
    members = der.children(content, der.SEQUENCE)
    name = _hash_name(next(tlv.parse(der.expect(members[1], der.SEQUENCE))))
    hashes: dict[int, bytes] = {}
    for item in tlv.parse(der.expect(members[2], der.SEQUENCE)):
        number, digest = tlv.parse(der.expect(item, der.SEQUENCE))
        key = der.expect_integer(number)
        if key in hashes:
            raise Malformed("LDSSecurityObject", f"data group {key} twice")
        hashes[key] = der.expect(digest, der.OCTET_STRING)
    return name, hashes


def check_attributes(sod: Sod) -> bool:
    """Whether the signed attributes name this content (RFC 5652, 5.4 and 11)."""
    attributes = sod.signer.signed_attributes
    if attributes is None:
        return True
    found: dict[str, bytes] = {}
    for item in der.children(attributes, der.SET):
        name, values = tlv.parse(der.expect(item, der.SEQUENCE))
        found[der.decode_oid(name.value)] = der.expect(values, der.SET)
    digest = hashlib.new(sod.signer.digest_algorithm, sod.content).digest()
    return (
        found.get(_MESSAGE_DIGEST) == tlv.encode(der.OCTET_STRING, digest)
        and found.get(_CONTENT_TYPE) == der.oid(LDS_SECURITY_OBJECT)
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSod:
    """A SOD without its signature. Sign `to_be_signed` once with ECDSA and SHA-256."""

    to_be_signed: bytes
    _content: bytes
    _certificate: bytes

    def finish(self, signature: bytes) -> bytes:
        """EF.SOD from the signature r||s."""
        half = len(signature) // 2
        parts = (int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        encoded = tlv.encode(der.SEQUENCE, *(der.integer(part) for part in parts))
        attributes = tlv.encode(_EXPLICIT_0, tlv.parse_one(self.to_be_signed, der.SET))
        signer = tlv.encode(
            der.SEQUENCE,
            der.integer(1),
            _issuer_and_serial(self._certificate),
            _algorithm(_SHA256),
            attributes,
            _algorithm(_ECDSA_SHA256),
            tlv.encode(der.OCTET_STRING, encoded),
        )
        return _signed_data(self._content, self._certificate, signer)


def prepare_sod(hashes: Mapping[int, bytes], certificate: bytes) -> PreparedSod:
    """The LDSSecurityObject of SHA-256 `hashes`, to be signed by `certificate`'s key."""
    entries = (
        tlv.encode(der.SEQUENCE, der.integer(number), tlv.encode(der.OCTET_STRING, digest))
        for number, digest in sorted(hashes.items())
    )
    listed = tlv.encode(der.SEQUENCE, *entries)
    content = tlv.encode(der.SEQUENCE, der.integer(0), _algorithm(_SHA256), listed)
    digest = tlv.encode(der.OCTET_STRING, hashlib.sha256(content).digest())
    attributes = (
        _attribute(_CONTENT_TYPE, der.oid(LDS_SECURITY_OBJECT)),
        _attribute(_MESSAGE_DIGEST, digest),
    )
    return PreparedSod(
        to_be_signed=tlv.encode(der.SET, *sorted(attributes)),
        _content=content,
        _certificate=certificate,
    )


def _algorithm(oid: str) -> bytes:
    return tlv.encode(der.SEQUENCE, der.oid(oid))


def _attribute(oid: str, value: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, der.oid(oid), tlv.encode(der.SET, value))


def _issuer_and_serial(certificate: bytes) -> bytes:
    """IssuerAndSerialNumber, copied from the certificate's own bytes (RFC 5280, 4.1)."""
    tbs = der.children(certificate, der.SEQUENCE)[0]
    members = [item for item in tlv.parse(tbs.value) if item.tag != _EXPLICIT_0]
    serial, issuer = members[0], members[2]
    return tlv.encode(
        der.SEQUENCE, tlv.encode(issuer.tag, issuer.value), tlv.encode(serial.tag, serial.value)
    )


def _signed_data(content: bytes, certificate: bytes, signer: bytes) -> bytes:
    wrapped = tlv.encode(_EXPLICIT_0, tlv.encode(der.OCTET_STRING, content))
    body = tlv.encode(
        der.SEQUENCE,
        der.integer(3),  # 3 because the content is not id-data (RFC 5652, 5.1)
        tlv.encode(der.SET, _algorithm(_SHA256)),
        tlv.encode(der.SEQUENCE, der.oid(LDS_SECURITY_OBJECT), wrapped),
        tlv.encode(_EXPLICIT_0, certificate),
        tlv.encode(der.SET, signer),
    )
    info = tlv.encode(der.SEQUENCE, der.oid(_SIGNED_DATA), tlv.encode(_EXPLICIT_0, body))
    return tlv.encode(_SOD, info)
