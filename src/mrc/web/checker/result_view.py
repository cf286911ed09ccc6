"""What the result screen shows (V-5): outcome, answer, reason, photo, the data asked for, its age."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.verifier.in_person.answers import Answer
from mrc.verifier.in_person.checks import Check, Way
from mrc.verifier.policy import Decision
from mrc.web.checker.words import (
    OUTCOMES,
    answer_words,
    next_words,
    question_words,
    reason_words,
)
from mrc.web.design.translator import Message, Translator

_HIDDEN = frozenset({"portrait", "age_over_19", "family_name_latin", "given_name_latin"})
_MASKED = {"registration_number": "••••••-•••••••"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    outcome: str
    question: Message
    answer: Message | str
    reason: Message | str | None
    next: Message | None
    code: str | None
    plastic: bool
    photo: str | None = field(repr=False)
    rows: Sequence[Mapping[str, object]] = field(repr=False)


def result_view(check: Check, values: Mapping[str, object], _: Translator) -> ResultView:
    """Raises `ValueError` for a check that has no answer."""
    answered = check.answered
    if answered is None:
        raise ValueError("no answer yet")
    name = person_name(values)
    until = values.get("permitted_until")
    ended = date.fromisoformat(str(until)) if until is not None else None
    reason: Message | None = None
    if answered.answer is not Answer.NONE and answered.reason is not None:
        reason = reason_words(answered.reason, ended, _)
    photo = values.get("portrait")
    return ResultView(
        outcome=OUTCOMES[answered.decision],
        question=question_words(check.question, _),
        answer=answer_words(check.question, answered, name, _),
        reason=reason,
        next=next_words(answered, _),
        code=None if answered.decision is Decision.VALID else answered.reason,
        plastic=check.way is Way.PLASTIC,
        photo=str(photo) if photo else None,
        rows=_rows(values, answered.answer, _),
    )


def person_name(values: Mapping[str, object]) -> str | None:
    """In the card's order, never cut; a person may have one name only."""
    parts = [values.get("family_name_latin"), values.get("given_name_latin")]
    return " ".join(str(part) for part in parts if part) or None


def _rows(
    values: Mapping[str, object], answer: Answer, _: Translator
) -> list[Mapping[str, object]]:
    rows: list[Mapping[str, object]] = []
    name = person_name(values)
    if name is not None and answer is not Answer.PERSON:
        rows.append({"label": _("Name"), "value": name, "lang": "und"})
    definition = STANDARD.get(CardType.RESIDENCE)
    for claim in definition.claims:
        value = values.get(claim.key)
        if value is None or claim.key in _HIDDEN or claim.key.startswith("age_"):
            continue
        label = claim.display.in_language(_.language.value)
        text = _work_words(str(value), _) if claim.key == "work_permission" else str(value)
        rows.append({"label": label, "value": text, "mask": _MASKED.get(claim.key)})
    return rows


def _work_words(value: str, _: Translator) -> Message | str:
    known = {
        "free": _("Any work"),
        "within_status": _("Within the stay status"),
        "permit_needed": _("Only with a permit"),
    }
    return known.get(value, value)
