"""EF.SOD: the signed hashes of the data groups (ICAO Doc 9303-10, 4.6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from mrc.ic_card import cms, der, tlv
from mrc.kernel.errors import Malformed

_SOD, LDS_SECURITY_OBJECT = 0x77, "2.23.136.1.1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sod:
    """What EF.SOD says; nothing of it is checked yet."""

    hash_algorithm: str
    hashes: Mapping[int, bytes]
    signed: cms.SignedData


def decode_sod(data: bytes) -> Sod:
    signed = cms.decode_signed_data(
        tlv.parse_one(data, _SOD), expected_content_type=LDS_SECURITY_OBJECT
    )
    try:
        name, hashes = _decode_hashes(signed.content)
    except (ValueError, IndexError, StopIteration) as error:
        raise Malformed("LDSSecurityObject") from error
    return Sod(hash_algorithm=name, hashes=hashes, signed=signed)


def _decode_hashes(content: bytes) -> tuple[str, dict[int, bytes]]:
    members = der.children(content, der.SEQUENCE)
    name = cms.hash_name(next(tlv.parse(der.expect(members[1], der.SEQUENCE))))
    hashes: dict[int, bytes] = {}
    for item in tlv.parse(der.expect(members[2], der.SEQUENCE)):
        number, digest = tlv.parse(der.expect(item, der.SEQUENCE))
        key = der.expect_integer(number)
        if key in hashes:
            raise Malformed("LDSSecurityObject", f"data group {key} twice")
        hashes[key] = der.expect(digest, der.OCTET_STRING)
    return name, hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSod:
    """A SOD without its signature. Sign `to_be_signed` once with ECDSA and SHA-256."""

    signed: cms.PreparedSignedData

    @property
    def to_be_signed(self) -> bytes:
        return self.signed.to_be_signed

    def finish(self, signature: bytes) -> bytes:
        """EF.SOD from the signature r||s."""
        return tlv.encode(_SOD, self.signed.finish(signature))


def prepare_sod(hashes: Mapping[int, bytes], certificate: bytes) -> PreparedSod:
    """The LDSSecurityObject of SHA-256 `hashes`, to be signed by `certificate`'s key."""
    entries = (
        tlv.encode(der.SEQUENCE, der.integer(number), tlv.encode(der.OCTET_STRING, digest))
        for number, digest in sorted(hashes.items())
    )
    listed = tlv.encode(der.SEQUENCE, *entries)
    content = tlv.encode(der.SEQUENCE, der.integer(0), cms.algorithm(cms.SHA256), listed)
    return PreparedSod(
        signed=cms.prepare_signed_data(
            content, content_type=LDS_SECURITY_OBJECT, certificates=[certificate]
        )
    )
