"""Signature verification in pure Python: the device tier's fall-back for `SignatureVerifier`.

ECDSA (FIPS 186-5), Ed25519 (RFC 8032, 5.1.7) and RSASSA-PKCS1-v1_5 and -PSS with SHA-256
(RFC 8017). Public inputs only; slower than a compiled library by two to three orders.
"""

import hashlib
from typing import assert_never

from mrc.kernel.curves import ecdsa_holds
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, OkpPublicKey, PublicKey, RsaPublicKey

_EC_HASHES = {Algorithm.ES256: "sha256", Algorithm.ES384: "sha384", Algorithm.ES512: "sha512"}
_EC_CURVES = {
    Algorithm.ES256: (Curve.P256, Curve.BRAINPOOL_P256R1),
    Algorithm.ES384: (Curve.P384,),
    Algorithm.ES512: (Curve.P521,),
}
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_ED_P = 2**255 - 19
_ED_L = 2**252 + 27742317777372353535851937790883648493
_ED_D = -121665 * pow(121666, -1, _ED_P) % _ED_P
_PSS_SALT = 32


class PureVerifier:
    """A `SignatureVerifier` that needs only the standard library."""

    def holds(self, key: PublicKey, algorithm: Algorithm, message: bytes, signature: bytes) -> bool:
        match algorithm:
            case Algorithm.ES256 | Algorithm.ES384 | Algorithm.ES512:
                if not isinstance(key, EcPublicKey) or key.curve not in _EC_CURVES[algorithm]:
                    return False
                digest = hashlib.new(_EC_HASHES[algorithm], message).digest()
                point = (int.from_bytes(key.x), int.from_bytes(key.y))
                return ecdsa_holds(key.curve.parameters, point, digest, signature)
            case Algorithm.EDDSA:
                return isinstance(key, OkpPublicKey) and _ed25519_holds(key.x, message, signature)
            case Algorithm.RS256:
                return isinstance(key, RsaPublicKey) and _pkcs1_holds(key, message, signature)
            case Algorithm.PS256:
                return isinstance(key, RsaPublicKey) and _pss_holds(key, message, signature)
        assert_never(algorithm)


def _rsa_open(key: RsaPublicKey, signature: bytes) -> bytes | None:
    size = (key.modulus.bit_length() + 7) // 8
    if len(signature) != size or int.from_bytes(signature) >= key.modulus:
        return None
    return pow(int.from_bytes(signature), key.exponent, key.modulus).to_bytes(size)


def _pkcs1_holds(key: RsaPublicKey, message: bytes, signature: bytes) -> bool:
    opened = _rsa_open(key, signature)
    if opened is None:
        return False
    tail = _SHA256_DIGEST_INFO + hashlib.sha256(message).digest()
    padding = len(opened) - 3 - len(tail)
    return padding >= 8 and opened == b"\x00\x01" + b"\xff" * padding + b"\x00" + tail


def _pss_holds(key: RsaPublicKey, message: bytes, signature: bytes) -> bool:
    opened = _rsa_open(key, signature)
    bits = key.modulus.bit_length() - 1
    size = (bits + 7) // 8
    if opened is None or len(opened) < size or size < 32 + _PSS_SALT + 2:
        return False
    encoded = opened[-size:]
    masked, h, trailer = encoded[: size - 33], encoded[size - 33 : -1], encoded[-1]
    db = bytearray(a ^ b for a, b in zip(masked, _mgf1(h, len(masked)), strict=True))
    spare = 8 * size - bits
    if trailer != 0xBC or masked[0] & ~(0xFF >> spare):
        return False
    db[0] &= 0xFF >> spare
    head = len(db) - _PSS_SALT - 1
    if any(db[:head]) or db[head] != 1:
        return False
    prefix = bytes(8) + hashlib.sha256(message).digest() + bytes(db[head + 1 :])
    return hashlib.sha256(prefix).digest() == h


def _mgf1(seed: bytes, size: int) -> bytes:
    blocks = (
        hashlib.sha256(seed + counter.to_bytes(4)).digest() for counter in range(-(-size // 32))
    )
    return b"".join(blocks)[:size]


EdPoint = tuple[int, int, int, int]


def _ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    key, r = _ed_decode(public), _ed_decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= _ED_L:
        return False
    base = _ed_decode((4 * pow(5, -1, _ED_P) % _ED_P).to_bytes(32, "little"))
    if base is None:
        raise ValueError("the base point of Ed25519 does not decode")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little")
    left, right = _ed_multiply(s, base), _ed_add(r, _ed_multiply(h % _ED_L, key))
    return (left[0] * right[2] - right[0] * left[2]) % _ED_P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % _ED_P == 0


def _ed_decode(data: bytes) -> EdPoint | None:
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _ED_P:
        return None
    xx = (y * y - 1) * pow(_ED_D * y * y + 1, -1, _ED_P) % _ED_P
    x = pow(xx, (_ED_P + 3) // 8, _ED_P)
    if (x * x - xx) % _ED_P:
        x = x * pow(2, (_ED_P - 1) // 4, _ED_P) % _ED_P
    if (x * x - xx) % _ED_P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _ED_P - x
    return (x, y, 1, x * y % _ED_P)


def _ed_add(left: EdPoint, right: EdPoint) -> EdPoint:
    a = (left[1] - left[0]) * (right[1] - right[0]) % _ED_P
    b = (left[1] + left[0]) * (right[1] + right[0]) % _ED_P
    c = 2 * left[3] * right[3] * _ED_D % _ED_P
    d = 2 * left[2] * right[2] % _ED_P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _ED_P, g * h % _ED_P, f * g % _ED_P, e * h % _ED_P)


def _ed_multiply(scalar: int, point: EdPoint) -> EdPoint:
    total: EdPoint = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _ed_add(total, point)
        point = _ed_add(point, point)
        scalar >>= 1
    return total
