"""When ticks are due, the same for whoever publishes and whoever waits for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DEFAULT_PERIOD = timedelta(minutes=10)
LATE_AFTER_PERIODS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When ticks are due: at whole multiples of the period since the epoch."""

    period: timedelta = DEFAULT_PERIOD

    def next_after(self, now: datetime) -> datetime:
        seconds = int(self.period.total_seconds())
        return datetime.fromtimestamp((int(now.timestamp()) // seconds + 1) * seconds, UTC)

    def is_late(self, now: datetime, last: datetime | None) -> bool:
        """Whether an alarm is called for."""
        return last is None or now - last > LATE_AFTER_PERIODS * self.period
