"""The ports that every room shares: clock, entropy, keys, ciphers and HTTP.

Operations with a secret key are `async`, because WebCrypto and key stores are. Hosts whose keys
answer at once (servers with software or PKCS#11 keys) implement the `Inline…` forms too, so that
a hot path signs without a task switch. Verification with a public key is never asynchronous.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, PublicKey


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time as an aware UTC `datetime`."""


class Entropy(Protocol):
    def token(self, size: int) -> bytes:
        """`size` unpredictable bytes."""


class SignatureVerifier(Protocol):
    def holds(self, key: PublicKey, algorithm: Algorithm, message: bytes, signature: bytes) -> bool:
        """Whether `signature` over `message` verifies under `key`.

        ECDSA signatures are r||s. False for a key that does not fit the algorithm.
        """


class Signer(Protocol):
    """One private signing key, wherever it lives."""

    @property
    def algorithm(self) -> Algorithm: ...

    @property
    def public_key(self) -> EcPublicKey: ...

    async def sign(self, message: bytes) -> bytes:
        """r||s over `message`, hashed as the algorithm says. Raises `Unavailable`."""


class InlineSigner(Signer, Protocol):
    def sign_now(self, message: bytes) -> bytes:
        """As `sign`, without a task switch."""


class KeyAgreement(Protocol):
    """One private ECDH key."""

    @property
    def public_key(self) -> EcPublicKey: ...

    async def shared_secret(self, peer: EcPublicKey) -> bytes:
        """The x coordinate of the shared point (SEC 1, 3.3.1). Same curve, or `ValueError`."""


class KeyMaker(Protocol):
    """Makes keys that live as long as the object that holds them (ephemeral keys)."""

    async def signing_key(self, curve: Curve = Curve.P256) -> Signer: ...

    async def agreement_key(self, curve: Curve = Curve.P256) -> KeyAgreement: ...


class Cipher(Protocol):
    """AES-GCM (NIST SP 800-38D) with a 96-bit IV and a 128-bit tag at the end."""

    async def seal(self, key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> bytes: ...

    async def open(self, key: bytes, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
        """The plaintext. Raises `Malformed` where the tag does not fit."""


class PasswordHash(Protocol):
    async def derive(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        """32 bytes by PBKDF2 with HMAC-SHA-256 (RFC 8018)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """Header names are lower case; a header given twice is joined by ``, ``."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient(Protocol):
    async def send(self, request: HttpRequest) -> HttpResponse:
        """The answer, redirects not followed. Raises `Unavailable` where none came."""
