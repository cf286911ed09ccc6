"""Keys and ciphers on WebCrypto (W3C Web Cryptography API). Private keys are non-extractable."""

import weakref
from collections.abc import Sequence

from mrc.infra.browser.bridge import Host, done, js_bytes, js_list, taken
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey
from mrc.kernel.ports import KeyAgreement, Signer
from mrc.wallet.ports import KeyId

DEVICE_SECRET = "device-secret"


class BrowserSigner:
    """One P-256 signing key in the browser."""

    def __init__(self, host: Host, key_id: str, public_key: EcPublicKey) -> None:
        self._host = host
        self._id = key_id
        self._public = public_key

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.ES256

    @property
    def public_key(self) -> EcPublicKey:
        return self._public

    async def sign(self, message: bytes) -> bytes:
        return await taken(self._host.sign(self._id, js_bytes(message)), "signing key")


class BrowserKeyAgreement:
    """One P-256 agreement key that lives as long as this object."""

    def __init__(self, host: Host, key_id: str, public_key: EcPublicKey) -> None:
        self._host = host
        self._id = key_id
        self._public = public_key

    @property
    def public_key(self) -> EcPublicKey:
        return self._public

    async def shared_secret(self, peer: EcPublicKey) -> bytes:
        if peer.curve is not Curve.P256:
            raise ValueError(f"key agreement on P-256 with a key on {peer.curve}")
        return await taken(self._host.agree(self._id, js_bytes(peer.uncompressed)), "agreement")


class BrowserKeyMaker:
    """Keys that are dropped with the object that holds them."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def signing_key(self, curve: Curve = Curve.P256) -> Signer:
        key_id, public = await self._make(curve, for_agreement=False)
        signer = BrowserSigner(self._host, key_id, public)
        weakref.finalize(signer, self._host.dropPassingKey, key_id)
        return signer

    async def agreement_key(self, curve: Curve = Curve.P256) -> KeyAgreement:
        key_id, public = await self._make(curve, for_agreement=True)
        agreement = BrowserKeyAgreement(self._host, key_id, public)
        weakref.finalize(agreement, self._host.dropPassingKey, key_id)
        return agreement

    async def _make(self, curve: Curve, *, for_agreement: bool) -> tuple[str, EcPublicKey]:
        if curve is not Curve.P256:
            raise ValueError(f"this host makes keys on P-256 only, not on {curve}")
        key_id: str = await done(self._host.createPassingKey(for_agreement), "key generation")
        return key_id, await _public_key(self._host, key_id)


class BrowserKeyStore:
    """The wallet's `KeyStore`: CryptoKey objects in IndexedDB."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def create(self, count: int) -> Sequence[KeyId]:
        ids = await done(self._host.createSigningKeys(count), "key generation")
        return [KeyId(key_id) for key_id in ids.to_py()]

    async def signer(self, key_id: KeyId) -> Signer:
        if not await done(self._host.hasKey(key_id), "key store"):
            raise Unavailable("signing key", "there is no such key on this phone")
        return BrowserSigner(self._host, key_id, await _public_key(self._host, key_id))

    async def forget(self, key_ids: Sequence[KeyId]) -> None:
        await done(self._host.forgetKeys(js_list(key_ids)), "key store")

    async def known(self) -> Sequence[KeyId]:
        ids = (await done(self._host.keyIds(), "key store")).to_py()
        return [KeyId(key_id) for key_id in ids if key_id != DEVICE_SECRET]


class BrowserCipher:
    """AES-GCM by WebCrypto."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def seal(self, key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> bytes:
        arguments = (js_bytes(key), js_bytes(iv), js_bytes(plaintext), js_bytes(aad))
        return await taken(self._host.seal(*arguments), "AES-GCM")

    async def open(self, key: bytes, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
        arguments = (js_bytes(key), js_bytes(iv), js_bytes(sealed), js_bytes(aad))
        try:
            return await taken(self._host.open(*arguments), "AES-GCM")
        except Unavailable as error:
            raise Malformed("AES-GCM ciphertext", "the tag does not fit") from error


class BrowserPasswordHash:
    """PBKDF2 by WebCrypto: this host's Python has none."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def derive(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        promise = self._host.pbkdf2(js_bytes(password), js_bytes(salt), iterations)
        return await taken(promise, "PBKDF2")


class BrowserDeviceSecret:
    """The wallet's `DeviceSecret`: an HMAC key that the browser will not export."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def mix(self, data: bytes) -> bytes:
        return await taken(self._host.mix(js_bytes(data)), "device secret")


async def _public_key(host: Host, key_id: str) -> EcPublicKey:
    raw = await taken(host.publicKey(key_id), "public key")
    return EcPublicKey.from_uncompressed(Curve.P256, raw)
