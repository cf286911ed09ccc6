"""Loss by telephone: the operator asks what the register knows, and locks (UX W-22, 1345).

A case is opened for one registrant with questions drawn by lot; its answers are judged once. Cases
of a registrant are counted before they are opened: otherwise an operator could ask until the lot
fits. What was answered is neither kept nor told to the operator, only how the case ended.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from mrc.authority.loss.codes import TryCounter
from mrc.authority.loss.records import Case, CaseOutcome, Channel, LossReason, Target
from mrc.authority.loss.reports import LossReports, NewReport
from mrc.authority.loss.store import CaseStore
from mrc.formats import base64url
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden
from mrc.kernel.ports import Entropy
from mrc.protocols.card_loss.messages import LockReceipt
from mrc.registry.names import search_key
from mrc.registry.numbers import RegistrationNumber
from mrc.registry.people import Registrant
from mrc.registry.store import RegistryStore


class Question(StrEnum):
    """What can be asked; the wire value tells the operator which. Not the birth date: whoever has the
    registration number has it."""

    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    NATIONALITY = "nationality"
    STATUS = "status_of_stay"
    STAY_UNTIL = "permitted_until"
    PHONE = "phone_last_four_digits"
    CARD_ISSUED = "plastic_card_issued_on"
    ADDRESS_SINCE = "address_since"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionPolicy:
    """`right` of `asked` answers must be right."""

    asked: int = 5
    right: int = 4
    answer_within: timedelta = timedelta(minutes=15)
    cases_per_window: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.right <= self.asked <= len(Question):
            raise ValueError("there must be as many questions as right answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """`reason` is the operator's word for the record."""

    case: str
    reason: str
    given: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCentreParts:
    registry: RegistryStore
    store: CaseStore
    reports: LossReports
    tries: TryCounter
    entropy: Entropy
    policy: RecognitionPolicy = field(default_factory=RecognitionPolicy)


class CallCentre:
    """The use cases of the call centre. Raises `Forbidden` with a `LossReason`."""

    def __init__(self, parts: CallCentreParts) -> None:
        self._parts = parts

    async def open_case(self, number: RegistrationNumber, operator: str, *, now: datetime) -> Case:
        """Questions about the person with this registration number."""
        policy = self._parts.policy
        await self._parts.tries.count("case", number.digits, policy.cases_per_window, now=now)
        person = (await self._parts.registry.find_by_numbers([number])).get(number.digits)
        if person is None:
            raise Forbidden(LossReason.UNKNOWN_REGISTRANT)
        known = [question for question in Question if _KNOWN[question](person)]
        if len(known) < policy.asked:
            raise Forbidden(LossReason.NOT_ENOUGH_KNOWN)
        case = Case(
            id=base64url.encode(self._parts.entropy.token(16)),
            operator=operator,
            registrant=person.id,
            questions=tuple(question.value for question in self._draw(known)),
            opened_at=now,
            expires_at=now + policy.answer_within,
        )
        await self._parts.store.open_case(case)
        return case

    async def lock(self, answers: Answers, operator: str, *, now: datetime) -> LockReceipt:
        """Judge once, then lock every card of the person. The case is spent before it is judged."""
        case = await self._parts.store.take_case(answers.case, operator, now=now)
        if case is None:
            raise Forbidden(LossReason.CASE_UNKNOWN)
        person = await self._parts.registry.find(case.registrant)
        if person is None:
            raise Forbidden(LossReason.UNKNOWN_REGISTRANT)
        right = sum(_is_right(person, name, answers.given.get(name, "")) for name in case.questions)
        recognised = right >= self._parts.policy.right
        outcome = CaseOutcome.RECOGNISED if recognised else CaseOutcome.NOT_RECOGNISED
        await self._parts.store.close_case(case.id, outcome, right)
        if not recognised:
            raise Forbidden(LossReason.NOT_RECOGNISED)
        report = NewReport(
            channel=Channel.CALL_CENTRE,
            actor=f"call-centre:{operator}",
            reason=answers.reason,
            targets=[Target(holder=HolderReference(person.id))],
        )
        return await self._parts.reports.take(report, now=now)

    def _draw(self, known: list[Question]) -> list[Question]:
        left, drawn = list(known), []
        for _ in range(self._parts.policy.asked):
            drawn.append(left.pop(int.from_bytes(self._parts.entropy.token(8)) % len(left)))
        return drawn


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%Y%m%d}"


_KNOWN: Mapping[Question, Callable[[Registrant], str]] = {
    Question.FAMILY_NAME: lambda person: search_key(person.name.family).strip(),
    Question.GIVEN_NAME: lambda person: search_key(person.name.given).strip(),
    Question.NATIONALITY: lambda person: str(person.nationality).lower(),
    Question.STATUS: lambda person: person.residence.status.code.value.lower(),
    Question.STAY_UNTIL: lambda person: _day(person.residence.permitted_until),
    Question.PHONE: lambda person: person.phones[0][-4:] if person.phones else "",
    Question.CARD_ISSUED: lambda person: _day(person.card.issued_on if person.card else None),
    Question.ADDRESS_SINCE: lambda person: _day(person.address.since if person.address else None),
}
_DIGITS_ONLY = frozenset(
    {
        Question.STAY_UNTIL,
        Question.PHONE,
        Question.CARD_ISSUED,
        Question.ADDRESS_SINCE,
    }
)


def _is_right(person: Registrant, name: str, given: str) -> bool:
    """An empty answer is never right. Dates and numbers by their digits, names by the search key."""
    question = Question(name)
    expected = _KNOWN[question](person)
    if question in _DIGITS_ONLY:
        said = re.sub(r"[^0-9]", "", given)
    elif question in (Question.FAMILY_NAME, Question.GIVEN_NAME):
        said = search_key(given).strip()
    else:
        said = given.strip().lower()
    return bool(expected) and said == expected
