"""Reports about askers, taken from anybody and kept for those who register askers (UX FD-14).

A report is a tip: nothing proves that its sender was asked, so it decides nothing by itself.
What keeps it from being a flood is a count by network address, kept as a keyed digest apart from
the reports; what keeps it anonymous is that no moment, address or phone stands beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from mrc.authority.loss.codes import TryCounter, network_of
from mrc.formats.catalogue.ages import seoul_date
from mrc.kernel.errors import Malformed
from mrc.protocols.asker_report.messages import WHAT, AskerReport

PER_ADDRESS = 10  # in one hour; a family behind one address has more patience than that
PER_OFFICE = 2000  # in one hour, from everywhere
OLDEST = timedelta(days=366)  # a phone may have been off for long
AHEAD = timedelta(days=1)  # clocks of phones and days of other time zones


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedReport:
    """A report as it is kept: with the day of its coming, without its id."""

    reference: str
    report: AskerReport
    received_on: date


class AskerReportStore(Protocol):
    async def add(self, report: AskerReport, *, received_on: date) -> None:
        """Keep it; one that came before stays as it was."""

    async def reports(self, *, since: date | None, asker: str | None) -> Sequence[ReceivedReport]:
        """Newest days first."""


class ReportDesk:
    def __init__(self, store: AskerReportStore, tries: TryCounter) -> None:
        self._store = store
        self._tries = tries

    async def receive(self, report: AskerReport, *, address: str, now: datetime) -> str:
        """The reference of the report, stored when this returns.

        Raises `Forbidden` with `TOO_MANY_TRIES`, and `Malformed` for a day that cannot be.
        """
        await self._tries.count("asker report", network_of(address), PER_ADDRESS, now=now)
        await self._tries.count("asker report", "all", PER_OFFICE, now=now)
        today = seoul_date(now)
        if not today - OLDEST <= report.on <= today + AHEAD:
            raise Malformed(WHAT, "a day long ago or to come")
        await self._store.add(report, received_on=today)
        return report.reference
