"""Software keys and ciphers on `cryptography`: the process host's implementation of the ports.

Software keys hold the private key in memory; production settings refuse them for issuing.
"""

import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, OkpPublicKey, PublicKey, RsaPublicKey

_CURVES: dict[Curve, ec.EllipticCurve] = {
    Curve.P256: ec.SECP256R1(),
    Curve.P384: ec.SECP384R1(),
    Curve.P521: ec.SECP521R1(),
    Curve.BRAINPOOL_P256R1: ec.BrainpoolP256R1(),
    Curve.SECP256K1: ec.SECP256K1(),
}
_NAMES = {curve.name: name for name, curve in _CURVES.items()}
_ALGORITHMS = {
    Curve.P256: Algorithm.ES256,
    Curve.BRAINPOOL_P256R1: Algorithm.ES256,
    Curve.P384: Algorithm.ES384,
    Curve.P521: Algorithm.ES512,
}
_EC_SCHEMES = {
    Algorithm.ES256: ec.ECDSA(hashes.SHA256()),
    Algorithm.ES384: ec.ECDSA(hashes.SHA384()),
    Algorithm.ES512: ec.ECDSA(hashes.SHA512()),
}
LOADED_KEYS = 256  # the same few issuers sign again and again; loading costs 13 us
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


def _public(key: ec.EllipticCurvePublicKey) -> EcPublicKey:
    encoded = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return EcPublicKey.from_uncompressed(_NAMES[key.curve.name], encoded)


@lru_cache(maxsize=LOADED_KEYS)
def _load(key: EcPublicKey) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[key.curve], key.uncompressed)


def _private_from_pem(data: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        private = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise Malformed("PEM private key") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise Malformed("PEM private key", "expected an elliptic curve key")
    return private


def _private_to_pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class SoftwareSigner:
    """A signing key in memory; an `InlineSigner`."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self._public = _public(private.public_key())
        self._algorithm = _ALGORITHMS[self._public.curve]
        self._size = self._public.curve.parameters.order_bytes

    def __repr__(self) -> str:
        return f"SoftwareSigner({self._algorithm})"

    @classmethod
    def generate(cls, curve: Curve = Curve.P256) -> "SoftwareSigner":
        return cls(ec.generate_private_key(_CURVES[curve]))

    @classmethod
    def from_pem(cls, data: bytes) -> "SoftwareSigner":
        """Raises `Malformed` where `data` is not an unencrypted PKCS#8 EC key."""
        return cls(_private_from_pem(data))

    def to_pem(self) -> bytes:
        return _private_to_pem(self._private)

    @property
    def algorithm(self) -> Algorithm:
        return self._algorithm

    @property
    def public_key(self) -> EcPublicKey:
        return self._public

    def sign_now(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._private.sign(message, _EC_SCHEMES[self._algorithm]))
        return r.to_bytes(self._size) + s.to_bytes(self._size)

    async def sign(self, message: bytes) -> bytes:
        return self.sign_now(message)


class SoftwareKeyAgreement:
    """An ECDH key in memory."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self._public = _public(private.public_key())

    def __repr__(self) -> str:
        return f"SoftwareKeyAgreement({self._public.curve})"

    @classmethod
    def from_pem(cls, data: bytes) -> "SoftwareKeyAgreement":
        """Raises `Malformed` where `data` is not an unencrypted PKCS#8 EC key."""
        return cls(_private_from_pem(data))

    def to_pem(self) -> bytes:
        return _private_to_pem(self._private)

    @classmethod
    def generate(cls, curve: Curve = Curve.P256) -> "SoftwareKeyAgreement":
        return cls(ec.generate_private_key(_CURVES[curve]))

    @property
    def public_key(self) -> EcPublicKey:
        return self._public

    async def shared_secret(self, peer: EcPublicKey) -> bytes:
        if peer.curve != self._public.curve:
            raise ValueError(f"key agreement on {self._public.curve} with a key on {peer.curve}")
        return self._private.exchange(ec.ECDH(), _load(peer))


class SoftwareKeyMaker:
    """Makes software keys that live as long as the returned object."""

    async def signing_key(self, curve: Curve = Curve.P256) -> SoftwareSigner:
        return SoftwareSigner.generate(curve)

    async def agreement_key(self, curve: Curve = Curve.P256) -> SoftwareKeyAgreement:
        return SoftwareKeyAgreement.generate(curve)


class OpensslVerifier:
    """A `SignatureVerifier` on OpenSSL."""

    def holds(self, key: PublicKey, algorithm: Algorithm, message: bytes, signature: bytes) -> bool:
        try:
            return _holds(key, algorithm, message, signature)
        except (InvalidSignature, ValueError):
            return False


def _holds(key: PublicKey, algorithm: Algorithm, message: bytes, signature: bytes) -> bool:
    if isinstance(key, EcPublicKey):
        scheme, size = _EC_SCHEMES.get(algorithm), key.curve.parameters.order_bytes
        if scheme is None or len(signature) != 2 * size or _ALGORITHMS.get(key.curve) != algorithm:
            return False
        r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        _load(key).verify(encode_dss_signature(r, s), message, scheme)
    elif isinstance(key, OkpPublicKey):
        if algorithm is not Algorithm.EDDSA:
            return False
        ed25519.Ed25519PublicKey.from_public_bytes(key.x).verify(signature, message)
    elif isinstance(key, RsaPublicKey):
        public = rsa.RSAPublicNumbers(key.exponent, key.modulus).public_key()
        if algorithm is Algorithm.RS256:
            public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        elif algorithm is Algorithm.PS256:
            public.verify(signature, message, _PSS, hashes.SHA256())
        else:
            return False
    return True


class OpensslCipher:
    """AES-GCM on OpenSSL."""

    async def seal(self, key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> bytes:
        return AESGCM(key).encrypt(iv, plaintext, aad)

    async def open(self, key: bytes, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
        try:
            return AESGCM(key).decrypt(iv, sealed, aad)
        except (InvalidTag, ValueError) as error:
            raise Malformed("AES-GCM ciphertext", "the tag does not fit") from error


class SystemEntropy:
    def token(self, size: int) -> bytes:
        return os.urandom(size)


class Pbkdf2:
    async def derive(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        return hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
