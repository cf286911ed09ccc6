"""From what a card says to the answer that the checker shows: one decision for every kind of card.

A mobile card and a plastic card looked up in the register come here as the same two things, a
verdict and values by the catalogue's keys, so that both have the same force (issue 5, "Same
force"). Deliberately no words: screens have them, by question, answer and reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from mrc.kernel.findings import Outcome
from mrc.verifier.policy import Decision, Verdict
from mrc.verifier.purposes import PurposeId


class Question(StrEnum):
    """What a checker may want to know (UX V-2)."""

    AGE_19 = "age-19"
    IDENTITY = "identity"
    STAY = "stay"
    WORK = "work"
    POLICE = "police"

    @property
    def purpose(self) -> PurposeId:
        return _PURPOSES[self]


_PURPOSES = {
    Question.AGE_19: PurposeId("age-19-photo"),
    Question.IDENTITY: PurposeId("identity"),
    Question.STAY: PurposeId("right-to-stay"),
    Question.WORK: PurposeId("right-to-work"),
    Question.POLICE: PurposeId("police-check"),
}


class Answer(StrEnum):
    """The answer to the question, before any word about the card."""

    YES = "yes"
    NO = "no"
    WITHIN_LIMITS = "within_limits"
    PERMIT_NEEDED = "permit_needed"
    PERSON = "person"
    """Who it is: the answer is what the card says."""
    NONE = "none"
    """The card does not answer: see the reason."""


class Shortfall(StrEnum):
    """Why a good card gives no plain yes; beside the reason codes of the findings."""

    UNDER_AGE = "answer_under_age"
    STAY_ENDED = "answer_stay_ended"
    WORK_LIMITED = "answer_work_within_status"
    PERMIT_NEEDED = "answer_work_permit_needed"
    NOT_SAID = "answer_not_said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the result screen shows, and all that the record keeps of it."""

    decision: Decision
    answer: Answer
    reason: str | None = None


def answer(
    question: Question, verdict: Verdict, values: Mapping[str, object], *, today: date
) -> Answered:
    """The answer to `question`. A card that is not good, or may not be, answers nothing."""
    if verdict.decision is not Decision.VALID:
        return Answered(
            decision=verdict.decision, answer=Answer.NONE, reason=_first_reason(verdict)
        )
    match question:
        case Question.AGE_19:
            return _age(values)
        case Question.STAY:
            return _stay(values, today)
        case Question.WORK:
            return _work(values, today)
        case Question.IDENTITY | Question.POLICE:
            return _person(values)
    assert_never(question)


def _first_reason(verdict: Verdict) -> str | None:
    """The reason of the first failed check; only where none failed, of the first unsure one.

    Later checks are often undetermined because of the first failure, never the other way round.
    """
    for outcome in (Outcome.FAILED, Outcome.UNDETERMINED):
        for finding in verdict.findings:
            if finding.outcome is outcome:
                return finding.reason
    return None


def _age(values: Mapping[str, object]) -> Answered:
    over = values.get("age_over_19")
    if not isinstance(over, bool):
        return _unsaid()
    if over:
        return Answered(decision=Decision.VALID, answer=Answer.YES)
    return Answered(decision=Decision.NOT_VALID, answer=Answer.NO, reason=Shortfall.UNDER_AGE)


def _stay(values: Mapping[str, object], today: date) -> Answered:
    """A stay without an end (permanent residents) has no `permitted_until`."""
    if not values.get("status_of_stay"):
        return _unsaid()
    until = values.get("permitted_until")
    if until is not None and date.fromisoformat(str(until)) < today:
        return Answered(decision=Decision.NOT_VALID, answer=Answer.NO, reason=Shortfall.STAY_ENDED)
    return Answered(decision=Decision.VALID, answer=Answer.YES)


def _work(values: Mapping[str, object], today: date) -> Answered:
    stay = _stay(values, today)
    if stay.decision is not Decision.VALID:
        return stay
    match values.get("work_permission"):
        case "free":
            return stay
        case "within_status":
            return Answered(
                decision=Decision.VALID,
                answer=Answer.WITHIN_LIMITS,
                reason=Shortfall.WORK_LIMITED,
            )
        case "permit_needed":
            return Answered(
                decision=Decision.ASK_FURTHER,
                answer=Answer.PERMIT_NEEDED,
                reason=Shortfall.PERMIT_NEEDED,
            )
    return _unsaid()


def _person(values: Mapping[str, object]) -> Answered:
    if not values.get("family_name_latin"):
        return _unsaid()
    return Answered(decision=Decision.VALID, answer=Answer.PERSON)


def _unsaid() -> Answered:
    return Answered(decision=Decision.ASK_FURTHER, answer=Answer.NONE, reason=Shortfall.NOT_SAID)
