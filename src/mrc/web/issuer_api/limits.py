"""How often one address may ask. Counted per process in memory: a brake, not an account.

What must hold exactly (tries of a code, one-time uses) is counted in the database.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

MAX_ADDRESSES = 100_000  # counted at once; beyond it the oldest window is forgotten
_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Requests per minute and address, by kind of endpoint. 0 turns a limit off."""

    secrets: int = 60
    """Endpoints that judge a secret: token, pushed requests, authorization."""
    work: int = 300
    """Endpoints that sign: credentials, deferred, notifications, nonces."""


@dataclass(slots=True)
class Brake:
    """Counts requests in windows of a minute."""

    _window: datetime | None = None
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def seconds_to_wait(self, kind: str, address: str, limit: int, *, now: datetime) -> int:
        """0 where the request may pass."""
        if limit == 0:
            return 0
        if self._window is None or not self._window <= now < self._window + _WINDOW:
            self._window, self._counts = now, {}
        if len(self._counts) >= MAX_ADDRESSES:
            self._counts.clear()
        count = self._counts.get((kind, address), 0) + 1
        self._counts[kind, address] = count
        if count <= limit:
            return 0
        return max(1, int((self._window + _WINDOW - now).total_seconds()))
