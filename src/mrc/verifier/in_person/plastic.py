"""The plastic card: looked up in its authority's register by its number and date of issue.

The port gives what a mobile card gives, a verdict and values, so that `answers.answer` judges both
alike. Nothing that was typed or answered is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.verifier.policy import Verdict, judge
from mrc.verifier.reasons import Reason

CHECK = "plastic.register"
CLAUSE = "Immigration Act 33"


class PlasticReason(StrEnum):
    """Why the register says no, beside the verifier's own reasons for locked and ended cards."""

    NOT_FOUND = "plastic_card_not_found"
    STAY_ENDED = "plastic_stay_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticCard:
    """What stands on the card: the registration number and the day it was issued."""

    number: str = field(repr=False)
    issued_on: date = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """The register's word. `reason` None: the card is in force. `values` as a mobile card's."""

    reason: str | None
    values: Mapping[str, object] = field(repr=False)

    def verdict(self, *, at: datetime) -> Verdict:
        finding: Finding = (
            passed(CHECK, CLAUSE) if self.reason is None else failed(CHECK, CLAUSE, self.reason)
        )
        return judge([finding], status_times=[at], at=at, max_status_age=timedelta())


def unreachable(*, at: datetime) -> Verdict:
    """The verdict where the register did not answer: nothing was found out, as with a lock list."""
    silent = undetermined(CHECK, CLAUSE, Reason.STATUS_NOT_REACHABLE.value)
    return judge([silent], status_times=(), at=at, max_status_age=timedelta())


class PlasticCardRegister(Protocol):
    async def look_up(self, card: PlasticCard, claims: Sequence[str]) -> RegisterEntry:
        """What the register says of `card`, with the values of `claims` where it is in force.

        Raises `Unavailable` where the register does not answer.
        """
