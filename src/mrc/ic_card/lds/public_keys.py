"""SubjectPublicKeyInfo of a chip (RFC 5480, RFC 3279): EC with named or explicit parameters, RSA."""

from dataclasses import dataclass

from mrc.ic_card import der, tlv
from mrc.ic_card.domain_parameters import by_oid, by_values, decode_point, encode_point, oid_of
from mrc.kernel.curves import DomainParameters, Point
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Curve, EcPublicKey, RsaPublicKey

_EC, _RSA, _PRIME_FIELD = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1", "1.2.840.10045.1.1"


@dataclass(frozen=True, slots=True)
class ChipKey:
    """A point on a standardised curve; checked to be on it when decoded."""

    curve: DomainParameters
    point: Point

    @property
    def uncompressed(self) -> bytes:
        return encode_point(self.curve, self.point)


def chip_key(key: EcPublicKey) -> ChipKey:
    """Our own key value as the chip protocols see it."""
    parameters = key.curve.parameters
    return ChipKey(parameters, (int.from_bytes(key.x), int.from_bytes(key.y)))


def ec_public_key(key: ChipKey) -> EcPublicKey:
    """The key for the shared ports. Raises `Malformed` for a curve they do not know."""
    for curve in Curve:
        if curve.parameters is key.curve:
            return EcPublicKey.from_uncompressed(curve, key.uncompressed)
    raise Malformed("EC public key", f"no port for {key.curve.name}")


def encode_public_key(key: ChipKey) -> bytes:
    """SubjectPublicKeyInfo with a named curve (RFC 5480, 2.1.1)."""
    algorithm = tlv.encode(der.SEQUENCE, der.oid(_EC), der.oid(oid_of(key.curve)))
    return tlv.encode(
        der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, b"\x00", key.uncompressed)
    )


def decode_public_key(data: bytes) -> ChipKey | RsaPublicKey:
    try:
        algorithm, key = der.children(data, der.SEQUENCE)
        kind, *parameters = tlv.parse(der.expect(algorithm, der.SEQUENCE))
    except ValueError as error:
        raise Malformed("SubjectPublicKeyInfo", "two members expected") from error
    name = der.decode_oid(der.expect(kind, der.OID))
    if name == _RSA:
        return _decode_rsa(der.bits(key))
    if name != _EC or len(parameters) != 1:
        raise Malformed("SubjectPublicKeyInfo", f"algorithm {name}")
    curve = _decode_parameters(parameters[0])
    return ChipKey(curve, decode_point(curve, der.bits(key)))


def _decode_rsa(data: bytes) -> RsaPublicKey:
    members = der.children(data, der.SEQUENCE)
    if len(members) != 2:
        raise Malformed("RSAPublicKey", "two members expected")
    return RsaPublicKey(der.expect_integer(members[0]), der.expect_integer(members[1]))


def _decode_parameters(item: tlv.Tlv) -> DomainParameters:
    if item.tag == der.OID:
        return by_oid(der.decode_oid(item.value))
    members = list(tlv.parse(der.expect(item, der.SEQUENCE)))
    if len(members) < 5:
        raise Malformed("ECParameters", "five members expected")
    field = list(tlv.parse(der.expect(members[1], der.SEQUENCE)))
    curve = list(tlv.parse(der.expect(members[2], der.SEQUENCE)))
    if len(field) != 2 or len(curve) < 2 or der.decode_oid(field[0].value) != _PRIME_FIELD:
        raise Malformed("ECParameters", "a prime field expected")
    return by_values(
        der.expect_integer(field[1]),
        int.from_bytes(der.expect(curve[0], der.OCTET_STRING)),
        int.from_bytes(der.expect(curve[1], der.OCTET_STRING)),
        der.expect(members[3], der.OCTET_STRING),
        der.expect_integer(members[4]),
    )
