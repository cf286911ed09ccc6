"""What becomes of a report about an asker (UX FD-14): somebody reads it and says what was done.

A report is a tip, so nothing here touches the asker: who may ask is decided by those who register
askers. Decisions are added, never changed; each stands among the acts of the staff too, where it
outlives the report, which is deleted after a set time whether it was decided or not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from mrc.authority.askers.reports import ReceivedReport
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import Deed, Role, StaffAct, StaffId, StaffMember
from mrc.formats.catalogue.ages import seoul_date
from mrc.kernel.errors import Forbidden
from mrc.protocols.asker_report.messages import Complaint

LONGEST_REASON: Final = 300
_CALENDAR: Final = "calendar"


class ReportOutcome(StrEnum):
    """What was done about a report. `PASSED_ON`: to those who register askers."""

    NO_FAULT = "no_fault"
    SPOKEN_TO = "spoken_to"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`number` counts the decisions about one report from 1."""

    reference: str
    number: int
    outcome: ReportOutcome
    reason: str
    decided_by: StaffId
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """None means any. `decided` True: reports with at least one decision."""

    limit: int
    asker: str | None = None
    complaint: Complaint | None = None
    decided: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReport:
    """A report with its newest decision's outcome."""

    received: ReceivedReport
    outcome: ReportOutcome | None


class DecisionStore(Protocol):
    async def listed(self, query: ReportQuery) -> Sequence[ListedReport]:
        """Newest days first."""

    async def find(self, reference: str) -> ReceivedReport | None: ...

    async def decisions(self, reference: str) -> Sequence[Decision]:
        """The oldest first."""

    async def decide(self, decision: Decision, deed: Deed) -> None:
        """Add a decision with its deed.

        Raises `Forbidden` with `REPORT_UNKNOWN` where the report is gone, and with
        `REPORT_DECIDED` where a decision of that number is there already.
        """

    async def purge(self, before: date, deed: Callable[[int], Deed]) -> int:
        """Delete the reports received before that day, with their decisions.

        Their number; where it is not 0, the deed made of it is recorded with the deletion.
        """


class ReportBook:
    """The reports as those who supervise read them. `kept_days` counts from the day of receipt."""

    def __init__(self, store: DecisionStore, *, kept_days: int) -> None:
        self._store = store
        self._kept = timedelta(days=kept_days)

    @property
    def kept_days(self) -> int:
        return self._kept.days

    def deleted_on(self, received: ReceivedReport) -> date:
        return received.received_on + self._kept + timedelta(days=1)

    async def listed(self, query: ReportQuery) -> Sequence[ListedReport]:
        return await self._store.listed(query)

    async def get(self, reference: str) -> tuple[ReceivedReport, Sequence[Decision]]:
        """Raises `Forbidden` with `REPORT_UNKNOWN`."""
        received = await self._store.find(reference)
        if received is None:
            raise Forbidden(StaffReason.REPORT_UNKNOWN)
        return received, await self._store.decisions(reference)

    async def decide(
        self,
        reference: str,
        outcome: ReportOutcome,
        reason: str,
        *,
        seen: int,
        by: StaffMember,
        now: datetime,
    ) -> None:
        """Say what was done. `seen` is how many decisions the supervisor had before their eyes.

        Raises `Forbidden`: `NOT_A_SUPERVISOR`, `REASON_MISSING`, and as `DecisionStore.decide`.
        """
        if by.role is not Role.SUPERVISOR:
            raise Forbidden(StaffReason.NOT_A_SUPERVISOR)
        reason = reason.strip()
        if not reason or len(reason) > LONGEST_REASON:
            raise Forbidden(StaffReason.REASON_MISSING)
        decision = Decision(
            reference=reference,
            number=seen + 1,
            outcome=outcome,
            reason=reason,
            decided_by=by.id,
            decided_at=now,
        )
        deed = Deed(
            kind=StaffAct.ASKER_REPORT_DECIDED,
            actor=by.id,
            subject=reference,
            reason=f"{outcome.value}: {reason}",
            at=now,
        )
        await self._store.decide(decision, deed)

    async def purge(self, *, now: datetime) -> int:
        """Delete what was kept long enough; how many reports that were."""
        first_kept = seoul_date(now) - self._kept

        def deed(count: int) -> Deed:
            return Deed(
                kind=StaffAct.ASKER_REPORTS_DELETED,
                actor=_CALENDAR,
                subject=None,
                reason=f"{count} received before {first_kept.isoformat()}",
                at=now,
            )

        return await self._store.purge(first_kept, deed)
