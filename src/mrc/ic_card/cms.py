"""CMS SignedData with one signer (RFC 5652), for EF.SOD and for master lists.

Decoding keeps the bytes that were signed. Signing is two steps, so the key can live in a token.
DER only; several signers, counter-signatures and revocation lists inside are left out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mrc.ic_card import der, tlv
from mrc.kernel.errors import Malformed

SHA256 = "2.16.840.1.101.3.4.2.1"
HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNED_DATA, _ECDSA_SHA256 = "1.2.840.113549.1.7.2", "1.2.840.10045.4.3.2"
_EXPLICIT_0 = 0xA0


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
class SignedData:
    """What was signed, by whom it says; nothing of it is checked yet."""

    content_type: str
    content: bytes
    signer: SignerInfo
    certificates: tuple[bytes, ...]


def decode_signed_data(data: bytes, *, expected_content_type: str) -> SignedData:
    try:
        return _decode(data, expected_content_type)
    except (ValueError, IndexError, StopIteration) as error:
        raise Malformed("CMS SignedData", "not the structure of RFC 5652") from error


def _decode(data: bytes, expected_content_type: str) -> SignedData:
    kind, wrapped = der.children(data, der.SEQUENCE)
    if der.decode_oid(der.expect(kind, der.OID)) != _SIGNED_DATA:
        raise Malformed("CMS", "SignedData expected")
    members = der.children(der.expect(wrapped, _EXPLICIT_0), der.SEQUENCE)
    inner, explicit = tlv.parse(der.expect(members[2], der.SEQUENCE))
    content_type = der.decode_oid(der.expect(inner, der.OID))
    if content_type != expected_content_type:
        raise Malformed("CMS", f"content type {expected_content_type} expected")
    certificates = next((item.value for item in members[3:] if item.tag == _EXPLICIT_0), b"")
    signers = list(tlv.parse(der.expect(members[-1], der.SET)))
    if len(signers) != 1:
        raise Malformed("CMS", "exactly one signer expected")
    return SignedData(
        content_type=content_type,
        content=tlv.parse_one(der.expect(explicit, _EXPLICIT_0), der.OCTET_STRING),
        certificates=tuple(tlv.encode(item.tag, item.value) for item in tlv.parse(certificates)),
        signer=_decode_signer(list(tlv.parse(der.expect(signers[0], der.SEQUENCE)))),
    )


def _decode_signer(members: list[tlv.Tlv]) -> SignerInfo:
    attributes = None
    if members[3].tag == _EXPLICIT_0:
        attributes = tlv.encode(der.SET, members.pop(3).value)
    name, *parameters = tlv.parse(der.expect(members[3], der.SEQUENCE))
    digest = next(tlv.parse(der.expect(members[2], der.SEQUENCE)))
    return SignerInfo(
        signed_attributes=attributes,
        digest_algorithm=hash_name(digest),
        signature_algorithm=der.decode_oid(der.expect(name, der.OID)),
        signature_parameters=b"".join(tlv.encode(p.tag, p.value) for p in parameters),
        signature=der.expect(members[4], der.OCTET_STRING),
    )


def hash_name(item: tlv.Tlv) -> str:
    oid = der.decode_oid(der.expect(item, der.OID))
    if oid not in HASHES:
        raise Malformed("CMS", f"hash algorithm {oid}")
    return HASHES[oid]


def attributes_hold(signed: SignedData) -> bool:
    """Whether the signed attributes name this content (RFC 5652, 5.4 and 11)."""
    attributes = signed.signer.signed_attributes
    if attributes is None:
        return False  # mandatory for any content but id-data; without it a SET could be content
    found: dict[str, bytes] = {}
    for item in der.children(attributes, der.SET):
        members = list(tlv.parse(der.expect(item, der.SEQUENCE)))
        if len(members) != 2:
            raise Malformed("CMS", "an attribute has two members")
        found[der.decode_oid(members[0].value)] = der.expect(members[1], der.SET)
    digest = hashlib.new(signed.signer.digest_algorithm, signed.content).digest()
    expected = {
        _MESSAGE_DIGEST: tlv.encode(der.OCTET_STRING, digest),
        _CONTENT_TYPE: der.oid(signed.content_type),
    }
    return all(found.get(name) == value for name, value in expected.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSignedData:
    """SignedData without its signature. Sign `to_be_signed` once with ECDSA and SHA-256."""

    to_be_signed: bytes
    _content_type: str
    _content: bytes
    _certificates: tuple[bytes, ...]

    def finish(self, signature: bytes) -> bytes:
        """The ContentInfo, from the signature r||s."""
        half = len(signature) // 2
        parts = (int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        encoded = tlv.encode(der.SEQUENCE, *(der.integer(part) for part in parts))
        signer = tlv.encode(
            der.SEQUENCE,
            der.integer(1),
            _issuer_and_serial(self._certificates[0]),
            algorithm(SHA256),
            tlv.encode(_EXPLICIT_0, tlv.parse_one(self.to_be_signed, der.SET)),
            algorithm(_ECDSA_SHA256),
            tlv.encode(der.OCTET_STRING, encoded),
        )
        return self._signed_data(signer)

    def _signed_data(self, signer: bytes) -> bytes:
        wrapped = tlv.encode(_EXPLICIT_0, tlv.encode(der.OCTET_STRING, self._content))
        body = tlv.encode(
            der.SEQUENCE,
            der.integer(3),  # 3 because the content is not id-data (RFC 5652, 5.1)
            tlv.encode(der.SET, algorithm(SHA256)),
            tlv.encode(der.SEQUENCE, der.oid(self._content_type), wrapped),
            tlv.encode(_EXPLICIT_0, *sorted(self._certificates)),
            tlv.encode(der.SET, signer),
        )
        return tlv.encode(der.SEQUENCE, der.oid(_SIGNED_DATA), tlv.encode(_EXPLICIT_0, body))


def prepare_signed_data(
    content: bytes, *, content_type: str, certificates: Sequence[bytes]
) -> PreparedSignedData:
    """`content` to be signed by the key of the first of `certificates`."""
    digest = tlv.encode(der.OCTET_STRING, hashlib.sha256(content).digest())
    attributes = (
        _attribute(_CONTENT_TYPE, der.oid(content_type)),
        _attribute(_MESSAGE_DIGEST, digest),
    )
    return PreparedSignedData(
        to_be_signed=tlv.encode(der.SET, *sorted(attributes)),
        _content_type=content_type,
        _content=content,
        _certificates=tuple(certificates),
    )


def algorithm(oid: str) -> bytes:
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
