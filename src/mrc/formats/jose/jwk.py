"""Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037) and thumbprints (RFC 7638).

Only public keys have a JWK form here: a JWK that carries a private or symmetric member is refused,
because whoever sent it has published a secret.
"""

import hashlib
from collections.abc import Mapping

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Curve, EcPublicKey, OkpPublicKey, PublicKey, RsaPublicKey

_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MIN_RSA_BITS = 2048
_MAX_RSA_BITS = 8192


def encode_jwk(key: PublicKey) -> dict[str, str]:
    """The required members only; they are in the order that the thumbprint demands."""
    match key:
        case EcPublicKey():
            x, y = base64url.encode(key.x), base64url.encode(key.y)
            return {"crv": key.curve.value, "kty": "EC", "x": x, "y": y}
        case OkpPublicKey():
            return {"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(key.x)}
        case RsaPublicKey():
            return {"e": _encode_uint(key.exponent), "kty": "RSA", "n": _encode_uint(key.modulus)}


def decode_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """The public key of `jwk`. Raises `Malformed`. ``use``, ``alg`` and ``kid`` are not judged."""
    if is_private(jwk):
        raise Malformed("JWK", "carries a private or symmetric key")
    match jwk.get("kty"):
        case "EC":
            return EcPublicKey(_curve(jwk.get("crv")), _binary(jwk, "x"), _binary(jwk, "y"))
        case "OKP":
            if jwk.get("crv") != "Ed25519":
                raise Malformed("JWK", "the only OKP curve is Ed25519")
            return OkpPublicKey(_binary(jwk, "x"))
        case "RSA":
            return _decode_rsa(jwk)
    raise Malformed("JWK", "unknown kty")


def is_private(jwk: Mapping[str, object]) -> bool:
    """Whether a private or symmetric member is there."""
    return not _SECRET_MEMBERS.isdisjoint(jwk)


def decode_ec_jwk(jwk: object) -> EcPublicKey:
    """As `decode_jwk`, for what must be a JSON object holding an elliptic curve key."""
    if not isinstance(jwk, Mapping):
        raise Malformed("JWK", "expected an object")
    key = decode_jwk(jwk)
    if not isinstance(key, EcPublicKey):
        raise Malformed("JWK", "expected an EC key")
    return key


def thumbprint(key: PublicKey) -> bytes:
    """RFC 7638 with SHA-256: 32 raw bytes."""
    return hashlib.sha256(json_text.encode(encode_jwk(key))).digest()


def _decode_rsa(jwk: Mapping[str, object]) -> RsaPublicKey:
    modulus, exponent = int.from_bytes(_binary(jwk, "n")), int.from_bytes(_binary(jwk, "e"))
    if not _MIN_RSA_BITS <= modulus.bit_length() <= _MAX_RSA_BITS:
        raise Malformed("JWK", f"expected an RSA modulus of {_MIN_RSA_BITS} bits or more")
    if exponent % 2 == 0 or not 3 <= exponent < 2**64:
        raise Malformed("JWK", "an impossible RSA exponent")
    return RsaPublicKey(modulus, exponent)


def _curve(name: object) -> Curve:
    for curve in Curve:
        if name == curve.value:
            return curve
    raise Malformed("JWK", "unknown crv")


def _binary(jwk: Mapping[str, object], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str):
        raise Malformed("JWK", f"member {name} is missing or not a text")
    return base64url.decode(value)


def _encode_uint(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8))
