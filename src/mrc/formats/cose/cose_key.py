"""COSE_Key (RFC 9053, 7) for public keys: EC2 and Ed25519."""

from collections.abc import Mapping

from mrc.formats import cbor
from mrc.kernel.curves import DomainParameters
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Curve, EcPublicKey, OkpPublicKey, PublicKey

KTY, CRV, X, Y, D = 1, -1, -2, -3, -4
_OKP, _EC2, _ED25519 = 1, 2, 6
_CURVES = {
    1: Curve.P256,
    2: Curve.P384,
    3: Curve.P521,
    8: Curve.SECP256K1,
    256: Curve.BRAINPOOL_P256R1,  # ISO/IEC 18013-5:2021, table 22
}
_CURVE_NUMBERS = {curve: number for number, curve in _CURVES.items()}
_HEADS = {  # a map of four, up to the value of x
    curve: b"\xa4" + b"".join(map(cbor.encode, (KTY, _EC2, CRV, number, X)))
    for curve, number in _CURVE_NUMBERS.items()
}
_Y_LABEL = cbor.encode(Y)


def encode_key(key: EcPublicKey) -> bytes:
    """The map, joined from its parts: an issuer encodes another key for every copy."""
    size = cbor.head(2, len(key.x))
    return b"".join((_HEADS[key.curve], size, key.x, _Y_LABEL, size, key.y))


def decode_key(value: Mapping[object, object]) -> PublicKey:
    """The public key; y may be a sign bit. Raises `Malformed`, also where a private part stands."""
    if D in value:
        raise Malformed("COSE_Key", "a private key where a public one was expected")
    kty, curve, x = value.get(KTY), value.get(CRV), value.get(X)
    if not isinstance(x, bytes):
        raise Malformed("COSE_Key", "x is not a byte string")
    if type(kty) is not int or type(curve) is not int:  # true and 1.0 equal 1 here
        raise Malformed("COSE_Key", "kty and crv are not integers")
    if kty == _OKP and curve == _ED25519:
        return OkpPublicKey(x)
    known = _CURVES.get(curve)
    if kty != _EC2 or known is None:
        raise Malformed("COSE_Key", f"key type {kty!r} on curve {curve!r}"[:80])
    y = value.get(Y)
    if isinstance(y, bool):
        return EcPublicKey(known, x, _decompress(known.parameters, x, y))
    return EcPublicKey(known, x, cbor.expect(bytes, y, "COSE_Key y"))


def _decompress(curve: DomainParameters, x: bytes, odd: bool) -> bytes:
    """The y of that parity (SEC 1, 2.3.4). Every curve here has p = 3 mod 4.

    Where x has no y the result is not on the curve, which `EcPublicKey` refuses.
    """
    number = int.from_bytes(x)
    square = (pow(number, 3, curve.p) + curve.a * number + curve.b) % curve.p
    y = pow(square, (curve.p + 1) // 4, curve.p)
    if y & 1 != odd:
        y = curve.p - y
    return y.to_bytes(curve.field_bytes)
