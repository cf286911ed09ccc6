"""Eligibility in words: each rule, why it did not pass, and what puts it right."""

from dataclasses import dataclass

from mrc.kernel.findings import Outcome
from mrc.registry.eligibility import Decision, Reason, Rule
from mrc.web.design.translator import Message, Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One line of `ui.checks`."""

    outcome: str
    title: str
    reason: str | None
    remedy: None = None


_OUTCOMES = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.UNDETERMINED: "not_checked",
}


def check_lines(decision: Decision, _: Translator) -> list[CheckLine]:
    """What did not pass first, because that is what the officer acts on."""
    titles, reasons = _rules(_), _reasons(_)
    lines = []
    for finding in decision.findings:
        why = None
        if finding.reason is not None:
            why = " ".join(str(part) for part in reasons[Reason(finding.reason)])
        lines.append(
            CheckLine(
                outcome=_OUTCOMES[finding.outcome],
                title=titles[Rule(finding.check)],
                reason=why,
            )
        )
    return sorted(lines, key=lambda line: line.outcome == "passed")


def _rules(_: Translator) -> dict[Rule, Message]:
    return {
        Rule.REGISTERED: _("Registered as a resident"),
        Rule.NOT_ENDED: _("The registration has not ended"),
        Rule.STAY_IN_FORCE: _("The stay has not ended"),
        Rule.AGE: _("Age 14 or over"),
        Rule.OWN_PHONE: _("The phone is in the person's own name"),
        Rule.PORTRAIT: _("The photo can be used"),
        Rule.CARD_TYPE: _("The kind of card fits the stay status"),
        Rule.ONE_PHONE: _("No other phone has an active card"),
        Rule.METHOD: _("This way of issuing is open"),
    }


def _reasons(_: Translator) -> dict[Reason, tuple[Message, Message]]:
    """Why and what then, by reason. One table, as long as the rules have reasons."""
    register = _("Correct the register first.")
    carrier = _("Ask again in a moment, or take another number.")
    photo = _("Take a new photo and add it to the register.")
    return {
        Reason.NOT_REGISTERED: (
            _("The person is not registered yet."),
            _("Finish the registration first."),
        ),
        Reason.STATUS_NOT_REGISTRABLE: (
            _("People with this stay status are not registered."),
            _("Check the stay status."),
        ),
        Reason.REGISTRATION_ENDED: (_("The registration has ended."), register),
        Reason.STAY_EXPIRED: (
            _("The stay period is over."),
            _("Extend the stay first, if the person may stay."),
        ),
        Reason.UNDER_AGE: (
            _("The person is under 14."),
            _("The physical card stays valid. Come back after the 14th birthday."),
        ),
        Reason.PHONE_OF_ANOTHER: (
            _("The carrier says: another person's name."),
            _("The person changes the contract at the carrier, or gives their own number."),
        ),
        Reason.PHONE_OWNER_UNKNOWN: (_("The carrier did not answer."), carrier),
        Reason.SIM_CHANGED_RECENTLY: (
            _("The carrier says: the SIM was changed a short time ago."),
            _("Ask why, and look at the contract. A supervisor can accept it for one code."),
        ),
        Reason.NO_PHONE_NUMBER: (
            _("The register has no phone number."),
            _("Add the person's own number to the register."),
        ),
        Reason.NO_PORTRAIT: (_("The register has no photo."), photo),
        Reason.PORTRAIT_TOO_SMALL: (_("The photo is too small."), photo),
        Reason.WRONG_CARD_TYPE: (_("The stay status needs another kind of card."), register),
        Reason.OTHER_PHONE_ACTIVE: (
            _("Another phone has this card."),
            _("If the person agrees, that phone's card ends when the new one is issued."),
        ),
        Reason.OTHER_PHONE_UNKNOWN: (_("It is not known whether another phone has it."), carrier),
        Reason.METHOD_NOT_OFFERED: (
            _("This office does not issue in this way."),
            _("Ask a supervisor"),
        ),
        Reason.VISIT_NEEDED: (
            _("This needs another kind of visit."),
            _("Ask a supervisor"),
        ),
    }
