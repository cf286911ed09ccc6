"""The holder's PIN: what is refused when it is chosen, and how tries are counted.

UX W-4 and W-17: six digits; after five wrong tries a minute, then five, then an hour, then the PIN
is blocked and only a new issue helps. A try is counted, durably, before it is judged.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mrc.kernel.errors import Rejected
from mrc.wallet.reasons import Reason

PIN_DIGITS = 6
TRIES_BEFORE_PAUSE = 5
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1))


def check_new_pin(pin: str, *, birth_dates: tuple[str, ...] = ()) -> None:
    """Raise `Rejected` for a PIN that a thief would try first.

    `birth_dates` are ISO dates known to the wallet; their common six-digit forms are refused.
    """
    if len(pin) != PIN_DIGITS or not pin.isascii() or not pin.isdigit():
        raise Rejected(Reason.WEAK_PIN, "UX W-4", f"expected {PIN_DIGITS} digits")
    steps = {(ord(b) - ord(a)) % 10 for a, b in zip(pin, pin[1:], strict=False)}
    if steps in ({0}, {1}, {9}):
        raise Rejected(Reason.WEAK_PIN, "UX W-4", "a row of digits")
    if pin in {form for date in birth_dates for form in _date_forms(date)}:
        raise Rejected(Reason.WEAK_PIN, "UX W-4", "a birth date")


def _date_forms(iso_date: str) -> tuple[str, ...]:
    year, month, day = iso_date.split("-")
    short = year[2:]
    return (short + month + day, day + month + short, month + day + short)


@dataclass(frozen=True, slots=True, kw_only=True)
class TryCounter:
    """Tries since the last right PIN, and when the last one was made."""

    used: int = 0
    last_at: datetime | None = None

    @property
    def blocked(self) -> bool:
        return self.used >= TRIES_BEFORE_PAUSE * (len(PAUSES) + 1)

    @property
    def left_before_pause(self) -> int:
        return 0 if self.blocked else TRIES_BEFORE_PAUSE - self.used % TRIES_BEFORE_PAUSE

    @property
    def paused_until(self) -> datetime | None:
        """When the next try is allowed; None where it is allowed now or never."""
        round_number, used = divmod(self.used, TRIES_BEFORE_PAUSE)
        if used or not round_number or self.blocked or self.last_at is None:
            return None
        return self.last_at + PAUSES[round_number - 1]

    def count(self, *, at: datetime) -> "TryCounter":
        """The counter after one more try. Raises `Rejected` while paused or when blocked."""
        if self.blocked:
            raise Rejected(Reason.PIN_BLOCKED, "UX W-23")
        until = self.paused_until
        if until is not None and at < until:
            raise Rejected(Reason.PIN_LOCKED, "UX W-17", f"until {until.isoformat()}")
        return TryCounter(used=self.used + 1, last_at=at)
