"""Public keys and signature algorithms, as plain values.

The names are JOSE's (RFC 7518, RFC 8037); `formats/jose` and `formats/cose` translate them to
their wire forms. Private keys never appear as values: they are behind the ports of `ports.py`.
"""

from dataclasses import dataclass
from enum import StrEnum

from mrc.kernel.curves import BRAINPOOL_P256R1, P256, P384, P521, SECP256K1, DomainParameters
from mrc.kernel.errors import Malformed


class Curve(StrEnum):
    """Elliptic curves by their JOSE name; Brainpool by the name of RFC 5639."""

    P256 = "P-256"
    P384 = "P-384"
    P521 = "P-521"
    BRAINPOOL_P256R1 = "brainpoolP256r1"
    SECP256K1 = "secp256k1"

    @property
    def parameters(self) -> DomainParameters:
        return _PARAMETERS[self]


_PARAMETERS = {
    Curve.P256: P256,
    Curve.P384: P384,
    Curve.P521: P521,
    Curve.BRAINPOOL_P256R1: BRAINPOOL_P256R1,
    Curve.SECP256K1: SECP256K1,
}


class Algorithm(StrEnum):
    """Signature algorithms by their JOSE name. Signatures are r||s for ECDSA."""

    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    EDDSA = "EdDSA"
    RS256 = "RS256"
    PS256 = "PS256"


@dataclass(frozen=True, slots=True)
class EcPublicKey:
    """A point on a curve, coordinates as big-endian bytes of the field's length.

    Being on the curve is checked when the value is made: a point off the curve raises
    `Malformed`, so no caller can forget it (invalid-curve attack).
    """

    curve: Curve
    x: bytes
    y: bytes

    def __post_init__(self) -> None:
        parameters = self.curve.parameters
        size = parameters.field_bytes
        if len(self.x) != size or len(self.y) != size:
            raise Malformed("EC public key", f"coordinates must be {size} bytes on {self.curve}")
        if not parameters.contains((int.from_bytes(self.x), int.from_bytes(self.y))):
            raise Malformed("EC public key", f"the point is not on {self.curve}")

    @property
    def uncompressed(self) -> bytes:
        """SEC 1 section 2.3.3, uncompressed form."""
        return b"\x04" + self.x + self.y

    @classmethod
    def from_uncompressed(cls, curve: Curve, data: bytes) -> "EcPublicKey":
        size = curve.parameters.field_bytes
        if len(data) != 1 + 2 * size or data[:1] != b"\x04":
            raise Malformed("EC public key", f"expected 04||x||y of {1 + 2 * size} bytes")
        return cls(curve, data[1 : 1 + size], data[1 + size :])


@dataclass(frozen=True, slots=True)
class OkpPublicKey:
    """An Ed25519 public key (RFC 8032), 32 bytes."""

    x: bytes

    def __post_init__(self) -> None:
        if len(self.x) != 32:
            raise Malformed("Ed25519 public key", "expected 32 bytes")


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """An RSA public key; only for others' roots and chips, never made by us."""

    modulus: int
    exponent: int


PublicKey = EcPublicKey | OkpPublicKey | RsaPublicKey
