"""The words of questions, answers and reasons, in one place (UX 7: what does not fit, and what next).

Every reason code that a check can give has a sentence here; a test holds that.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from mrc.verifier.in_person.answers import Answer, Answered, Question
from mrc.verifier.policy import Decision
from mrc.web.checker.reason_codes import SENTENCE_OF, Sentence
from mrc.web.design.translator import Message, Translator

OUTCOMES: Mapping[Decision, str] = MappingProxyType(
    {
        Decision.VALID: "valid",
        Decision.NOT_VALID: "not_valid",
        Decision.ASK_FURTHER: "ask",
    }
)
"""The design system's names of the three results."""


def question_words(question: Question, _: Translator) -> Message:
    return {
        Question.AGE_19: _("19 or over"),
        Question.IDENTITY: _("Who is it"),
        Question.STAY: _("Right to stay"),
        Question.WORK: _("Right to work"),
        Question.POLICE: _("Police check"),
    }[question]


def asked_words(question: Question, _: Translator) -> Message:
    """Exactly what will be asked for; a test compares it with the purpose's claims."""
    return {
        Question.AGE_19: _("Asks only: 19 or over, photo"),
        Question.IDENTITY: _("Asks: name, birth date, photo"),
        Question.STAY: _("Asks: name, stay status, stay end date, photo"),
        Question.WORK: _("Asks: name, stay status, stay end date, work permission, photo"),
        Question.POLICE: _(
            "Asks: name, birth date, nationality, registration number, stay status, "
            "stay end date, photo"
        ),
    }[question]


ICONS: Mapping[Question, str] = MappingProxyType(
    {
        Question.AGE_19: "person",
        Question.IDENTITY: "face",
        Question.STAY: "clock",
        Question.WORK: "office",
        Question.POLICE: "shield",
    }
)


def answer_words(
    question: Question, answered: Answered, name: str | None, _: Translator
) -> Message | str:
    """The answer first; where there is none, what does not fit."""
    known: Mapping[tuple[Question, Answer], Message] = {
        (Question.AGE_19, Answer.YES): _("19 or over: yes"),
        (Question.AGE_19, Answer.NO): _("19 or over: no"),
        (Question.STAY, Answer.YES): _("Right to stay: yes"),
        (Question.STAY, Answer.NO): _("Right to stay: no"),
        (Question.WORK, Answer.YES): _("Right to work: yes"),
        (Question.WORK, Answer.NO): _("Right to work: no"),
        (Question.WORK, Answer.WITHIN_LIMITS): _("Right to work: within limits"),
        (Question.WORK, Answer.PERMIT_NEEDED): _("Right to work: only with a permit"),
    }
    if answered.answer is Answer.PERSON:
        return name or _("The card is good.")
    if answered.answer is Answer.NONE:
        return reason_words(answered.reason, None, _)
    return known[(question, answered.answer)]


def reason_words(code: str | None, stay_ended: date | None, _: Translator) -> Message:
    """The sentence of a reason code; the day a stay ended where the card said it."""
    sentence = SENTENCE_OF.get(code or "", Sentence.NOT_CHECKED)
    if sentence is Sentence.STAY_ENDED and stay_ended is not None:
        return _("The stay period on this card ended on {date}.", date=stay_ended.isoformat())
    return _sentences(_)[sentence]


def _sentences(_: Translator) -> Mapping[Sentence, Message]:
    return {
        Sentence.LOCKED: _("This card is locked."),
        Sentence.CANCELLED: _("This card was cancelled."),
        Sentence.RENEWAL: _("New data is ready for this card. Ask the person to update it."),
        Sentence.UNUSABLE: _("The issuing office says that this card cannot be used."),
        Sentence.SIGNATURE: _("The signature on this card does not fit."),
        Sentence.CHANGED: _("The data on this card was changed."),
        Sentence.UNKNOWN_OFFICE: _("This card was not issued by a known office."),
        Sentence.CERTIFICATE: _("The certificate of the issuing office is not in order."),
        Sentence.NO_ANSWER: _("The card does not answer the question."),
        Sentence.LIST_OLD: _("The lock list is too old to be sure."),
        Sentence.LIST_SILENT: _("The lock list did not answer."),
        Sentence.LIST_DOUBTFUL: _("The lock list cannot be trusted now."),
        Sentence.ENDED: _("The period of this card has ended."),
        Sentence.NOT_BEGUN: _("The period of this card has not begun."),
        Sentence.HOLDER: _("The phone could not prove that the card is its own."),
        Sentence.OTHER_REQUEST: _("The answer was made for another request."),
        Sentence.UNREADABLE: _("The answer of the phone cannot be read."),
        Sentence.OTHER_CARD: _("This is another kind of card than was asked for."),
        Sentence.NOT_CHECKED: _("Not everything could be checked."),
        Sentence.UNDER_AGE: _("The card is good. The person is not 19 yet."),
        Sentence.STAY_ENDED: _("The stay period on this card has ended."),
        Sentence.WORK_LIMITED: _("Work is allowed within the stay status only."),
        Sentence.PERMIT_NEEDED: _("The stay status needs a work permit. Ask to see it."),
        Sentence.NOT_FOUND: _("The number and the date do not belong together."),
    }


def next_words(answered: Answered, _: Translator) -> Message | None:
    if answered.decision is Decision.VALID or answered.answer is not Answer.NONE:
        return None
    if answered.decision is Decision.ASK_FURTHER:
        return _("Look at the physical card.")
    return _("Look at the physical card or call 1345.")
