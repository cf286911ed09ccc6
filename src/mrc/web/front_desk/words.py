"""The words for every code that the use cases speak in: reasons, rules, states, acts.

Every text is written out in a call of the translator, so that a missing translation is found.
"""

from dataclasses import dataclass
from typing import Final

from mrc.authority.desk import DeskReason
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import ApprovalState, DelicateAct, PersonCheck, Role, StaffState
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.reasons import Reason as IssuerReason
from mrc.issuer.records import CardState, OfferState
from mrc.kernel.errors import Forbidden, MrcError, Rejected, Unavailable
from mrc.web.design.translator import Message, Translator
from mrc.web.front_desk.desk import Service

SUPPORT: Final = "1345"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What happened, what to do now, and a code for support."""

    title: str
    next: str
    code: str


def refusal_words(_: Translator, error: MrcError) -> Refusal:
    if isinstance(error, Forbidden | Rejected):
        known = _refusals(_).get(error.reason.value)
        if known is not None:
            return Refusal(title=known[0], next=known[1], code=f"FD-{error.reason.value}")
    if isinstance(error, Unavailable):
        return Refusal(
            title=_("A service does not answer."),
            next=_("Try again in a moment. Nothing was changed."),
            code="FD-unavailable",
        )
    return Refusal(
        title=_("This could not be done."),
        next=_("Go back and check what was entered. Support: {phone}", phone=SUPPORT),
        code="FD-input",
    )


def _refusals(_: Translator) -> dict[str, tuple[Message, Message]]:
    """What happened and what to do, by reason. One table, as long as there are reasons."""
    ask = _("Ask a supervisor for a new link.")
    again = _("Open the record again.")
    return {
        StaffReason.LINK_UNKNOWN: (_("This link has been used or has ended."), ask),
        StaffReason.PASSKEY_UNKNOWN: (_("This passkey is not registered for this office."), ask),
        StaffReason.PASSKEY_REFUSED: (
            _("The passkey did not fit."),
            _("Try again. After five wrong tries a supervisor must unlock you."),
        ),
        StaffReason.PASSKEY_KNOWN: (
            _("This passkey is registered already."),
            _("Sign in with it, or use another security key."),
        ),
        StaffReason.CHALLENGE_UNKNOWN: (
            _("That took too long, or was tried twice."),
            _("Try again from the start."),
        ),
        StaffReason.LOCKED: (
            _("Five wrong tries. A supervisor can unlock you."),
            _("Ask a supervisor to open Office settings and unlock you."),
        ),
        StaffReason.SUSPENDED: (_("You cannot sign in at present."), _("Speak to a supervisor.")),
        StaffReason.LAST_SUPERVISOR: (
            _("This is the only supervisor."),
            _("Invite another supervisor first."),
        ),
        StaffReason.NOT_YOURSELF: (
            _("You cannot do this for yourself."),
            _("Another supervisor must do it."),
        ),
        StaffReason.UNKNOWN_MEMBER: (_("This person is not on the staff."), _("Go back.")),
        StaffReason.VISIT_UNKNOWN: (_("This visit is over."), again),
        StaffReason.PERSON_NOT_CHECKED: (
            _("The person has not been checked yet."),
            _("Compare the photo with the person first."),
        ),
        StaffReason.OWN_REQUEST: (
            _("You cannot approve your own request."),
            _("Another supervisor must decide."),
        ),
        StaffReason.ALREADY_DECIDED: (
            _("This request is decided already."),
            _("Look at the list again."),
        ),
        StaffReason.ALREADY_ASKED: (
            _("The same request is already waiting."),
            _("A supervisor will decide it."),
        ),
        StaffReason.REASON_MISSING: (_("A reason is required."), _("Go back and write one.")),
        StaffReason.SECOND_PERSON_NEEDED: (
            _("A supervisor must agree to a further IC card."),
            _("Ask on the page of the IC card."),
        ),
        StaffReason.CARD_BEGUN: (_("A card of this person was begun already."), again),
        StaffReason.NO_OPEN_CARD: (_("No card of this person is being made."), again),
        StaffReason.READER_NOT_READY: (
            _("The desk cannot make IC cards at present."),
            _("The page of the IC card says what is missing."),
        ),
        StaffReason.READER_BUSY: (
            _("The reader is making another card."),
            _("Wait until it is finished."),
        ),
        StaffReason.NO_HOLDER_PAD: (
            _("The customer screen is not open."),
            _("The person needs it to choose a PIN. Open it from My counter."),
        ),
        StaffReason.NOT_A_SUPERVISOR: (
            _("Only a supervisor can do this."),
            _("Ask a supervisor to decide."),
        ),
        StaffReason.REPORT_UNKNOWN: (
            _("This report is not here."),
            _("It may have been deleted because its time was over. Look at the list again."),
        ),
        StaffReason.REPORT_DECIDED: (
            _("Another supervisor decided about this report meanwhile."),
            _("Open the report again and read the decision."),
        ),
        IssuerReason.NO_LIVE_CARD: (
            _("There is no active card."),
            _("Nothing had to be changed."),
        ),
        IssuerReason.NOT_LOCKED: (_("The card is not locked."), _("Nothing had to be changed.")),
        DeskReason.NOT_ELIGIBLE: (
            _("Not every check passed."),
            _("Look at the checks on the record again."),
        ),
        DeskReason.UNKNOWN_REGISTRANT: (_("Nobody matches. Check the spelling."), again),
        DeskReason.PHONE_NOT_REGISTERED: (_("This phone number is not in the register."), again),
    }


def role_words(_: Translator) -> dict[Role, Message]:
    return {
        Role.OFFICER: _("Officer"),
        Role.SUPERVISOR: _("Supervisor"),
        Role.AUDITOR: _("Auditor"),
    }


def staff_state_words(_: Translator) -> dict[StaffState, Message]:
    return {
        StaffState.INVITED: _("Invited"),
        StaffState.ACTIVE: _("Active"),
        StaffState.SUSPENDED: _("Suspended"),
    }


def card_words(_: Translator) -> dict[CardType, Message]:
    return {
        CardType.RESIDENCE: _("Residence card"),
        CardType.PERMANENT: _("Permanent resident card"),
        CardType.OVERSEAS_KOREAN: _("Overseas Korean resident card"),
        CardType.DRIVING_LICENCE: _("Driving licence"),
        CardType.RESIDENT_REGISTRATION: _("Resident registration card"),
    }


def card_state_words(_: Translator) -> dict[CardState, tuple[str, Message]]:
    """The badge's kind and its words."""
    return {
        CardState.ACTIVE: ("ok", _("Active")),
        CardState.LOCKED: ("stop", _("Locked")),
        CardState.RENEWAL_NEEDED: ("caution", _("New data needed")),
        CardState.CANCELLED: ("quiet", _("Cancelled")),
    }


def offer_words(_: Translator) -> dict[OfferState, Message]:
    """How offers end, for the dashboard."""
    return {
        OfferState.OFFERED: _("Shown, not scanned"),
        OfferState.FETCHED: _("Scanned, not confirmed"),
        OfferState.REDEEMED: _("Confirmed, not collected"),
        OfferState.ISSUED: _("Card sent"),
        OfferState.ACCEPTED: _("Card stored"),
        OfferState.FAILED: _("The phone could not store it"),
        OfferState.TRIES_SPENT: _("Wrong code too often"),
        OfferState.WITHDRAWN: _("Withdrawn"),
    }


def check_words(_: Translator) -> dict[PersonCheck, Message]:
    return {
        PersonCheck.SAME: _("It is this person"),
        PersonCheck.UNSURE: _("Unsure"),
        PersonCheck.NOT_SAME: _("It is not this person"),
    }


def delicate_words(_: Translator) -> dict[DelicateAct, Message]:
    return {
        DelicateAct.UNLOCK: _("Unlock the card"),
        DelicateAct.CANCEL: _("Cancel the card"),
        DelicateAct.FURTHER_CARD: _("Make a further IC card"),
        DelicateAct.SIM_CHANGE: _("Issue although the SIM was changed"),
    }


def approval_words(_: Translator) -> dict[ApprovalState, tuple[str, Message]]:
    return {
        ApprovalState.WAITING: ("caution", _("Waiting")),
        ApprovalState.APPROVED: ("note", _("Approved, not done yet")),
        ApprovalState.DONE: ("ok", _("Done")),
        ApprovalState.REFUSED: ("quiet", _("Refused")),
        ApprovalState.FAILED: ("stop", _("Could not be done")),
    }


def service_words(_: Translator) -> dict[Service, Message]:
    return {
        Service.REGISTER: _("Register"),
        Service.CARRIER: _("Phone carrier"),
        Service.LEDGER: _("Ledger"),
        Service.SIGNING_KEY: _("Signing key"),
    }
