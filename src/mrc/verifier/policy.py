"""From findings to a verdict: valid, not valid, or ask further, with the age of the data.

Every check has three outcomes. One that failed decides; one that is undetermined is never a yes;
and a word about locking that is older than the purpose allows has to be asked for again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mrc.kernel.findings import Finding, Outcome, passed, undetermined, worst
from mrc.verifier.reasons import Reason

FRESHNESS = "status.freshness"
DEFAULT_MAX_STATUS_AGE = timedelta(hours=1)
"""How old a status list may be, where no purpose says so: ours are signed anew every half hour."""


class Decision(StrEnum):
    VALID = "valid"
    NOT_VALID = "not_valid"
    ASK_FURTHER = "ask_further"


_DECISIONS = {
    Outcome.PASSED: Decision.VALID,
    Outcome.FAILED: Decision.NOT_VALID,
    Outcome.UNDETERMINED: Decision.ASK_FURTHER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision with every finding behind it.

    `data_as_of` is the time of the oldest status list that was used, None where none was.
    """

    decision: Decision
    findings: tuple[Finding, ...]
    data_as_of: datetime | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not simply valid."""
        return tuple(finding.reason for finding in self.findings if finding.reason is not None)


def judge(
    findings: Sequence[Finding],
    *,
    status_times: Sequence[datetime],
    at: datetime,
    max_status_age: timedelta,
) -> Verdict:
    """The verdict on what all checks of one answer found."""
    oldest = min(status_times, default=None)
    all_findings = tuple(findings)
    if oldest is not None:
        all_findings += (_freshness(oldest, at, max_status_age),)
    return Verdict(
        decision=_DECISIONS[worst(all_findings)], findings=all_findings, data_as_of=oldest
    )


def _freshness(oldest: datetime, at: datetime, limit: timedelta) -> Finding:
    age = max(at - oldest, timedelta())
    detail = f"the status is {int(age.total_seconds())} s old"
    if age > limit:
        return undetermined(FRESHNESS, "policy", Reason.STATUS_TOO_OLD.value, detail)
    return passed(FRESHNESS, "policy", detail)
