"""Stands in for `mrc.infra.keys.software` where there is no compiled library: tests only.

Pure-Python signing, key agreement and AES-GCM, not constant time, so that the device tier's tests
run unchanged under Pyodide. Takes the place of that module in `sys.modules`.
"""

import hashlib
import hmac
import os
import secrets

from mrc.ic_card.crypto.aes import AesKey
from mrc.kernel.curves import multiply
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey
from mrc.kernel.pure_verifier import PureVerifier

_HASHES = {Algorithm.ES256: "sha256", Algorithm.ES384: "sha384", Algorithm.ES512: "sha512"}
_ALGORITHMS = {
    Curve.P256: Algorithm.ES256,
    Curve.BRAINPOOL_P256R1: Algorithm.ES256,
    Curve.P384: Algorithm.ES384,
    Curve.P521: Algorithm.ES512,
}
OpensslVerifier = PureVerifier


def _public(curve: Curve, scalar: int) -> EcPublicKey:
    parameters = curve.parameters
    point = multiply(parameters, scalar, parameters.generator)
    assert point is not None
    size = parameters.field_bytes
    return EcPublicKey(curve, point[0].to_bytes(size), point[1].to_bytes(size))


class SoftwareSigner:
    def __init__(self, curve: Curve, scalar: int) -> None:
        self._curve, self._scalar = curve, scalar
        self.public_key = _public(curve, scalar)
        self.algorithm = _ALGORITHMS[curve]

    @classmethod
    def generate(cls, curve: Curve = Curve.P256) -> "SoftwareSigner":
        return cls(curve, 1 + secrets.randbelow(curve.parameters.n - 1))

    def sign_now(self, message: bytes) -> bytes:
        parameters = self._curve.parameters
        n, size = parameters.n, parameters.order_bytes
        digest = hashlib.new(_HASHES[self.algorithm], message).digest()
        e = int.from_bytes(digest) >> max(0, len(digest) * 8 - n.bit_length())
        while True:
            k = 1 + secrets.randbelow(n - 1)
            point = multiply(parameters, k, parameters.generator)
            assert point is not None
            r = point[0] % n
            s = pow(k, -1, n) * (e + r * self._scalar) % n
            if r and s:
                return r.to_bytes(size) + s.to_bytes(size)

    async def sign(self, message: bytes) -> bytes:
        return self.sign_now(message)


class SoftwareKeyAgreement:
    def __init__(self, curve: Curve, scalar: int) -> None:
        self._curve, self._scalar = curve, scalar
        self.public_key = _public(curve, scalar)

    @classmethod
    def generate(cls, curve: Curve = Curve.P256) -> "SoftwareKeyAgreement":
        return cls(curve, 1 + secrets.randbelow(curve.parameters.n - 1))

    async def shared_secret(self, peer: EcPublicKey) -> bytes:
        if peer.curve != self._curve:
            raise ValueError("another curve")
        there = (int.from_bytes(peer.x), int.from_bytes(peer.y))
        point = multiply(self._curve.parameters, self._scalar, there)
        assert point is not None
        return point[0].to_bytes(self._curve.parameters.field_bytes)


class SoftwareKeyMaker:
    async def signing_key(self, curve: Curve = Curve.P256) -> SoftwareSigner:
        return SoftwareSigner.generate(curve)

    async def agreement_key(self, curve: Curve = Curve.P256) -> SoftwareKeyAgreement:
        return SoftwareKeyAgreement.generate(curve)


def _gmul(x: int, y: int) -> int:
    z = 0
    for bit in range(127, -1, -1):
        if (y >> bit) & 1:
            z ^= x
        x = (x >> 1) ^ (0xE1 << 120) if x & 1 else x >> 1
    return z


def _gcm(
    key: bytes, iv: bytes, data: bytes, aad: bytes, ciphertext: bytes | None
) -> tuple[bytes, bytes]:
    """NIST SP 800-38D for 96-bit IVs: the other text, and the tag over the ciphertext."""
    cipher = AesKey(key)
    first = int.from_bytes(iv + b"\0\0\0\1")
    stream = b"".join(
        cipher.encrypt_block(first + i).to_bytes(16) for i in range(1, 2 + len(data) // 16)
    )
    other = bytes(a ^ b for a, b in zip(data, stream, strict=False))
    sealed = other if ciphertext is None else ciphertext
    h, y = cipher.encrypt_block(0), 0
    lengths = (len(aad) * 8).to_bytes(8) + (len(sealed) * 8).to_bytes(8)
    padded = aad + bytes(-len(aad) % 16) + sealed + bytes(-len(sealed) % 16) + lengths
    for at in range(0, len(padded), 16):
        y = _gmul(y ^ int.from_bytes(padded[at : at + 16]), h)
    return other, (y ^ cipher.encrypt_block(first)).to_bytes(16)


class OpensslCipher:
    async def seal(self, key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> bytes:
        sealed, tag = _gcm(key, iv, plaintext, aad, None)
        return sealed + tag

    async def open(self, key: bytes, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
        if len(sealed) < 16:
            raise Malformed("AES-GCM ciphertext", "too short")
        plaintext, tag = _gcm(key, iv, sealed[:-16], aad, sealed[:-16])
        if not hmac.compare_digest(tag, sealed[-16:]):
            raise Malformed("AES-GCM ciphertext", "the tag does not fit")
        return plaintext


class SystemEntropy:
    def token(self, size: int) -> bytes:
        return os.urandom(size)
