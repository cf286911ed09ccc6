"""Lock codes at the authority: their digests, and how often somebody may try.

A code is found by its digest under a key that is not in the database: who steals the database
cannot test guesses. A try is counted before it is judged, by the address it came from and by the
first four characters of the code; a counter that cannot be written refuses the try.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address

from mrc.authority.loss.records import LossReason
from mrc.authority.loss.store import LossStore
from mrc.kernel.errors import Forbidden
from mrc.kernel.ports import PasswordHash
from mrc.protocols.card_loss.lock_code import PREFIX, LockCode

ITERATIONS = 50_000  # some 15 ms: the digest's key may leak one day


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLimits:
    """Tries in one `window`. With 55 random bits, five tries an hour and prefix are nothing."""

    per_prefix: int = 5
    per_address: int = 10
    window: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        if self.per_prefix < 1 or self.per_address < 1 or self.window <= timedelta(0):
            raise ValueError("somebody must be able to try at least once")


class CodeKey:
    """The secret behind digests and counters; all processes of an authority share it."""

    __slots__ = ("_hash", "_key")

    def __init__(self, key: bytes, password_hash: PasswordHash) -> None:
        if len(key) < 32:
            raise ValueError("the key of lock codes needs 32 bytes")
        self._key = key
        self._hash = password_hash

    def __repr__(self) -> str:
        return "CodeKey()"

    async def digest(self, code: LockCode) -> bytes:
        salt = hmac.digest(self._key, b"lock code", "sha256")
        return await self._hash.derive(code.encode(), salt, ITERATIONS)

    def derive(self, purpose: str, text: str) -> bytes:
        """32 bytes that stand for `text` where nobody shall read it."""
        return hmac.digest(self._key, f"{purpose}\0{text}".encode(), "sha256")


class TryCounter:
    """Raises `Forbidden` with `TOO_MANY_TRIES`."""

    def __init__(self, store: LossStore, key: CodeKey, limits: TryLimits) -> None:
        self._store = store
        self._key = key
        self._limits = limits

    async def count_code(self, code: LockCode, *, now: datetime) -> None:
        await self.count("prefix", code[:PREFIX], self._limits.per_prefix, now=now)

    async def count_address(self, address: str, *, now: datetime) -> None:
        await self.count("address", network_of(address), self._limits.per_address, now=now)

    async def count(self, kind: str, text: str, limit: int, *, now: datetime) -> None:
        """Count, then judge. The window is the clock's, the same for every process."""
        window = _window(now, self._limits.window)
        until = window + 2 * self._limits.window  # clocks of two processes differ
        tries = await self._store.count_try(self._key.derive(kind, text), window, until=until)
        if tries > limit:
            raise Forbidden(LossReason.TOO_MANY_TRIES)


def network_of(address: str) -> str:
    """Whom an address stands for: an IPv6 subscriber has a whole /64 to try from."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"  # all who hide their address share one counter
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)


def _window(now: datetime, length: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (now - epoch) // length * length
