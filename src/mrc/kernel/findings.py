"""Findings: the three-valued outcome of one check.

A list that could not be fetched is not a list that said no: that is `UNDETERMINED`, and only a
policy (`verifier/policy.py`) decides what to do about it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    `check` is the check's stable name (``mdoc.issuer_signature``), `clause` the clause that
    demands it, `reason` a reason code when the check did not pass, `detail` a sentence for an
    operator without personal data.
    """

    check: str
    outcome: Outcome
    clause: str
    reason: str | None = None
    detail: str = ""


def passed(check: str, clause: str, detail: str = "") -> Finding:
    return Finding(check=check, outcome=Outcome.PASSED, clause=clause, detail=detail)


def failed(check: str, clause: str, reason: str, detail: str = "") -> Finding:
    return Finding(check=check, outcome=Outcome.FAILED, clause=clause, reason=reason, detail=detail)


def undetermined(check: str, clause: str, reason: str, detail: str = "") -> Finding:
    return Finding(
        check=check, outcome=Outcome.UNDETERMINED, clause=clause, reason=reason, detail=detail
    )


def worst(findings: Iterable[Finding]) -> Outcome:
    """The outcome of all together: failed beats undetermined beats passed.

    An empty collection is `UNDETERMINED`: no check was made, so nothing was found.
    """
    outcomes = {finding.outcome for finding in findings}
    for outcome in (Outcome.FAILED, Outcome.UNDETERMINED, Outcome.PASSED):
        if outcome in outcomes:
            return outcome
    return Outcome.UNDETERMINED
