"""Sealed storage: every record of the wallet, encrypted under a key that needs PIN and device.

A random data key seals the records (AES-256-GCM, the record's name as associated data, so that
records cannot be exchanged). The data key itself is sealed under HKDF(PBKDF2(PIN) || device
secret): a copied file falls neither to guessing the PIN without the device nor to the device
without the PIN. Changing the PIN seals the data key anew; records stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.formats import json_text
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Cipher, Entropy, PasswordHash
from mrc.wallet import hkdf
from mrc.wallet.pin import TryCounter, check_new_pin
from mrc.wallet.ports import DeviceSecret, RecordStore
from mrc.wallet.reasons import Reason

PIN_ITERATIONS = 210_000  # PBKDF2-HMAC-SHA-256; the device secret carries the rest
SALT_BYTES = 32
KEY_BYTES = 32
IV_BYTES = 12
LOCK_RECORD = "vault/lock"
TRIES_RECORD = "vault/tries"
SEALED_PREFIX = "sealed/"
_DATA_KEY_AAD = b"mobile-id data key"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultPorts:
    records: RecordStore
    device: DeviceSecret
    cipher: Cipher
    password_hash: PasswordHash
    entropy: Entropy


class OpenVault:
    """An unlocked vault: reads and writes records by name, sealed at rest."""

    def __init__(self, ports: VaultPorts, data_key: bytes) -> None:
        self._ports = ports
        self._key = data_key

    def __repr__(self) -> str:
        return "OpenVault()"

    async def read(self, name: str) -> bytes | None:
        """Raises `Malformed` where the record was not sealed here under this name."""
        sealed = await self._ports.records.read(SEALED_PREFIX + name)
        if sealed is None:
            return None
        iv, content = sealed[:IV_BYTES], sealed[IV_BYTES:]
        return await self._ports.cipher.open(self._key, iv, content, name.encode())

    async def names(self, prefix: str) -> Sequence[str]:
        found = await self._ports.records.names(SEALED_PREFIX + prefix)
        return [name.removeprefix(SEALED_PREFIX) for name in found]

    async def commit(self, writes: Mapping[str, bytes | None]) -> None:
        """All of `writes` or none; None deletes. Durable when this returns."""
        sealed = {SEALED_PREFIX + n: await self._sealed(n, data) for n, data in writes.items()}
        await self._ports.records.commit(sealed)

    async def change_pin(self, new_pin: str) -> None:
        check_new_pin(new_pin)
        await self._ports.records.commit(
            {LOCK_RECORD: await _lock(self._ports, new_pin, self._key), TRIES_RECORD: None}
        )

    async def _sealed(self, name: str, data: bytes | None) -> bytes | None:
        if data is None:
            return None
        iv = self._ports.entropy.token(IV_BYTES)
        return iv + await self._ports.cipher.seal(self._key, iv, data, name.encode())


async def exists(ports: VaultPorts) -> bool:
    return await ports.records.read(LOCK_RECORD) is not None


async def create(ports: VaultPorts, pin: str) -> OpenVault:
    """A new vault. Raises `Rejected` for a weak PIN or where there is a vault already."""
    check_new_pin(pin)
    if await exists(ports):
        raise Rejected(Reason.ALREADY_ACTIVATED, "UX W-4")
    data_key = ports.entropy.token(KEY_BYTES)
    await ports.records.commit({LOCK_RECORD: await _lock(ports, pin, data_key)})
    return OpenVault(ports, data_key)


async def unlock(ports: VaultPorts, pin: str, *, at: datetime) -> OpenVault:
    """The open vault. The try is counted before it is judged.

    Raises `Rejected`: not activated, paused, blocked, or a wrong PIN.
    """
    lock = await ports.records.read(LOCK_RECORD)
    if lock is None:
        raise Rejected(Reason.NOT_ACTIVATED, "UX W-2")
    counter = (await tries(ports)).count(at=at)
    await ports.records.commit({TRIES_RECORD: _encode_tries(counter)})
    salt, iv, sealed = _split(lock)
    key = await _pin_key(ports, pin, salt)
    try:
        data_key = await ports.cipher.open(key, iv, sealed, _DATA_KEY_AAD)
    except Malformed as error:
        left = f"{counter.left_before_pause} tries left" if counter.paused_until is None else ""
        raise Rejected(Reason.WRONG_PIN, "UX W-17", left) from error
    await ports.records.commit({TRIES_RECORD: None})
    return OpenVault(ports, data_key)


async def tries(ports: VaultPorts) -> TryCounter:
    """The tries made since the last right PIN."""
    stored = await ports.records.read(TRIES_RECORD)
    if stored is None:
        return TryCounter()
    members = json_text.decode_object(stored, "PIN tries")
    used, last_at = members.get("used"), members.get("last_at")
    if not isinstance(used, int) or not isinstance(last_at, str):
        raise Malformed("PIN tries")
    return TryCounter(used=used, last_at=datetime.fromisoformat(last_at))


async def destroy(ports: VaultPorts) -> None:
    """Delete every record: what stays sealed on a backup can no longer be opened."""
    names = await ports.records.names("")
    await ports.records.commit(dict.fromkeys(names))


def _encode_tries(counter: TryCounter) -> bytes:
    at = counter.last_at.isoformat() if counter.last_at else None
    return json_text.encode({"used": counter.used, "last_at": at})


async def _lock(ports: VaultPorts, pin: str, data_key: bytes) -> bytes:
    salt, iv = ports.entropy.token(SALT_BYTES), ports.entropy.token(IV_BYTES)
    key = await _pin_key(ports, pin, salt)
    return salt + iv + await ports.cipher.seal(key, iv, data_key, _DATA_KEY_AAD)


def _split(lock: bytes) -> tuple[bytes, bytes, bytes]:
    if len(lock) != SALT_BYTES + IV_BYTES + KEY_BYTES + 16:
        raise Malformed("vault lock")
    return (
        lock[:SALT_BYTES],
        lock[SALT_BYTES : SALT_BYTES + IV_BYTES],
        lock[SALT_BYTES + IV_BYTES :],
    )


async def _pin_key(ports: VaultPorts, pin: str, salt: bytes) -> bytes:
    from_pin = await ports.password_hash.derive(pin.encode(), salt, PIN_ITERATIONS)
    from_device = await ports.device.mix(salt)
    return hkdf.derive(from_pin + from_device, salt=salt, info=b"mobile-id vault")
