"""PACE of ICAO Doc 9303-11, 4.4: the calculations that chip and terminal share.

Elliptic curves only; generic mapping, and integrated and chip authentication mapping as far as a
terminal needs them. Ephemeral scalars live for one run; the curve arithmetic is pure Python
because no compiled library maps a generator.
"""

from enum import IntEnum

from mrc.ic_card import der, tlv
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.ic_card.crypto.suites import (
    CipherSuite,
    KeyUse,
    SessionKeys,
    compute_mac,
    decrypt,
    derive_key,
    encrypt,
)
from mrc.ic_card.domain_parameters import encode_point
from mrc.ic_card.reasons import Reason
from mrc.kernel.curves import DomainParameters, Point, add, multiply
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Entropy

NONCE_BYTES = 16  # 4.4.4.1: as long as an AES block
_SPARE_BYTES = 8  # drawn beyond the order, so that the remainder has no bias worth naming
_DYNAMIC = 0x7C
_PUBLIC_KEY, _POINT = 0x7F49, 0x86
_C0 = bytes.fromhex("a668892a7c41e3ca739f40b057d85904")
_C1 = bytes.fromhex("a4e136ac725f738b01c1f60217c188ad")


class Password(IntEnum):
    """Value: tag 83 of MSE:Set AT (4.4.4.1, TR-03110-3 B.11.1)."""

    MRZ = 1
    CAN = 2
    PIN = 3
    PUK = 4


class PaceDo(IntEnum):
    """Data objects of the dynamic authentication data 7C (4.4.4.2)."""

    ENCRYPTED_NONCE = 0x80
    MAP_TERMINAL = 0x81
    MAP_CHIP = 0x82
    KEY_TERMINAL = 0x83
    KEY_CHIP = 0x84
    TOKEN_TERMINAL = 0x85
    TOKEN_CHIP = 0x86
    CHIP_AUTHENTICATION_DATA = 0x8A


def encode_dynamic(*objects: tuple[PaceDo, bytes]) -> bytes:
    return tlv.encode(_DYNAMIC, *(tlv.encode(tag, value) for tag, value in objects))


def decode_dynamic(data: bytes) -> dict[int, bytes]:
    return tlv.parse_map(tlv.parse_one(data, _DYNAMIC))


def password_key(suite: CipherSuite, secret: bytes) -> bytes:
    """K_pi (9.7.3). `secret` is the SHA-1 of the MRZ information, or the characters typed."""
    return derive_key(suite, secret, KeyUse.PASSWORD)


def encrypt_nonce(ciphers: SymmetricCiphers, suite: CipherSuite, key: bytes, nonce: bytes) -> bytes:
    return encrypt(ciphers, suite, key, bytes(suite.block_bytes), nonce)


def decrypt_nonce(
    ciphers: SymmetricCiphers, suite: CipherSuite, key: bytes, cryptogram: bytes
) -> bytes:
    if len(cryptogram) not in (16, 32) or len(cryptogram) % suite.block_bytes:
        raise Malformed("PACE nonce", "whole blocks expected")
    return decrypt(ciphers, suite, key, bytes(suite.block_bytes), cryptogram)


def draw_scalar(curve: DomainParameters, entropy: Entropy) -> int:
    """A secret from 1 to n-1."""
    drawn = int.from_bytes(entropy.token(curve.order_bytes + _SPARE_BYTES))
    return drawn % (curve.n - 1) + 1


def agree(curve: DomainParameters, private: int, public: Point) -> Point:
    """The shared point. `public` has been checked to be on the curve when it was decoded."""
    shared = multiply(curve, private, public)
    if shared is None:
        raise Malformed("EC point", "of small order")
    return shared


def secret_of(curve: DomainParameters, shared: Point) -> bytes:
    """The x coordinate, as key derivation takes it (9.6)."""
    return shared[0].to_bytes(curve.field_bytes)


def map_generic(curve: DomainParameters, nonce: bytes, shared: Point) -> Point:
    """s*G + H (4.4.3.3.1)."""
    mapped = add(curve, multiply(curve, int.from_bytes(nonce), curve.generator), shared)
    if mapped is None:
        raise Malformed("PACE mapping", "the mapped generator is the point at infinity")
    return mapped


def map_integrated(
    ciphers: SymmetricCiphers, curve: DomainParameters, chip_nonce: bytes, other_nonce: bytes
) -> Point:
    """The point f(R(s,t)) (4.4.3.3.2 and appendix B), for 128-bit ciphers."""
    return _encode_to_curve(curve, int.from_bytes(_spread(ciphers, curve, chip_nonce, other_nonce)))


def _spread(ciphers: SymmetricCiphers, curve: DomainParameters, s: bytes, t: bytes) -> bytes:
    """R(s,t): as many blocks as the field's bits and 64 more need."""
    iv, out = bytes(16), b""
    key = ciphers.encrypt_aes_cbc(t, iv, s)
    while len(out) * 8 < curve.p.bit_length() + 64:
        out += ciphers.encrypt_aes_cbc(key, iv, _C1)
        key = ciphers.encrypt_aes_cbc(key, iv, _C0)
    return out


def _encode_to_curve(curve: DomainParameters, number: int) -> Point:
    """Appendix B.1, affine, for p = 3 mod 4 and cofactor one. Steps numbered as there."""
    p, a, b, t = curve.p, curve.a, curve.b, number % curve.p
    alpha = -t * t % p  # 1
    inner = pow(alpha + alpha * alpha, p - 2, p)
    x2 = -b * pow(a, -1, p) * (1 + inner) % p  # 2
    x3 = alpha * x2 % p  # 3
    h2 = (pow(x2, 3, p) + a * x2 + b) % p  # 4
    u = pow(t, 3, p) * h2 % p  # 6
    root = pow(h2, p - 1 - (p + 1) // 4, p)  # 7
    if root * root * h2 % p == 1:  # 8
        return x2, root * h2 % p
    return x3, root * u % p  # 9


def authentication_token(
    ciphers: SymmetricCiphers, keys: SessionKeys, oid: str, curve: DomainParameters, public: Point
) -> bytes:
    """The token over the **other** side's ephemeral key (4.4.3.4)."""
    body = der.oid(oid) + tlv.encode(_POINT, encode_point(curve, public))
    return compute_mac(ciphers, keys, tlv.encode(_PUBLIC_KEY, body))


def check_not_reflected(own: Point, received: Point) -> None:
    """Equal keys mean that our own message came back (4.4.1, step 3.c)."""
    if own == received:
        raise Rejected(Reason.REFLECTED_KEY, "9303-11 4.4.1", "own ephemeral key came back")


def open_chip_authentication_data(
    ciphers: SymmetricCiphers, keys: SessionKeys, cryptogram: bytes
) -> int:
    """The scalar CA of chip authentication mapping (4.4.3.5)."""
    from_ones = ciphers.encrypt_aes_cbc(keys.encryption, bytes(16), b"\xff" * 16)
    opened = ciphers.decrypt_aes_cbc(keys.encryption, from_ones, cryptogram)
    return int.from_bytes(opened.rstrip(b"\x00").removesuffix(b"\x80"))


def chip_authentication_mapping_holds(
    curve: DomainParameters, map_public: Point, scalar: int, static_public: Point
) -> bool:
    """PK_map = CA * PK_IC (4.4.3.5.2)."""
    return multiply(curve, scalar, static_public) == map_public
