"""Why a card was not collected by IC card, in the holder's words. Codes stand in docs as W-26x."""

from mrc.ic_card.reasons import Reason as ChipReason
from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.ic_issuance.refusals import WORDS, IcRefusal, NextStep
from mrc.web.design.translator import Message, Translator

_OF_THE_READER = ("card", "PC/SC", "card file")  # who did not answer was the card, not the office


def explain_ic_card(error: Rejected, _: Translator) -> tuple[Message, Message, str] | None:
    """Title, next step and code; None for a refusal that has nothing to do with an IC card."""
    if isinstance(error.reason, ChipReason):
        title = _("The connection to the card was disturbed.")
        return title, _("Hold the card still and start again."), f"W-262 {error.reason.value}"
    if not isinstance(error.reason, IcRefusal):
        return None
    step = WORDS[error.reason].next
    return _words(_)[error.reason], _next(_)[step], f"W-261 {error.reason.value}"


def explain_reader(error: Unavailable, _: Translator) -> tuple[Message, Message, str] | None:
    """None where it was not the reader that did not answer."""
    if error.what not in _OF_THE_READER:
        return None
    title = _("No IC card was found at the reader.")
    return title, _("Connect the reader, hold the card at it and start again."), "W-263"


def _next(_: Translator) -> dict[NextStep, Message]:
    return {
        NextStep.START_AGAIN: _("Hold the card still and start again."),
        NextStep.TRY_LATER: _("Try again later, or go to the immigration office."),
        NextStep.COUNTER: _("Bring the card and your passport to the immigration office."),
    }


def _words(_: Translator) -> dict[IcRefusal, Message]:
    return {
        IcRefusal.CARD_NOT_AUTHENTIC: _("The card could not prove that it is genuine."),
        IcRefusal.CARD_OF_ANOTHER_SYSTEM: _("This card belongs to another system."),
        IcRefusal.CARD_UNREADABLE: _("The connection to the card was disturbed."),
        IcRefusal.CARD_UNKNOWN: _("The office does not know this card."),
        IcRefusal.CARD_LOST: _("This card was reported lost."),
        IcRefusal.CARD_EXPIRED: _("The period of this card has ended."),
        IcRefusal.CARD_NOT_ACTIVE: _("This card was replaced or handed back."),
        IcRefusal.CARD_OUTDATED: _("The register says something else than this card."),
        IcRefusal.SESSION_OVER: _("This try is over."),
        IcRefusal.SESSION_EXPIRED: _("It took too long."),
        IcRefusal.ANOTHER_PHONE: _("This try was begun on another phone."),
        IcRefusal.NOT_OUR_WALLET: _("The office gives no card to this app by IC card."),
        IcRefusal.PHONE_OF_ANOTHER: _("The registered phone number is not in your name."),
        IcRefusal.PHONE_OWNER_UNKNOWN: _("The phone company did not say whose number it is."),
        IcRefusal.NO_PHONE_NUMBER: _("No phone number of yours is registered."),
        IcRefusal.SIM_CHANGED_RECENTLY: _("The SIM of your number was changed a short time ago."),
        IcRefusal.FACE_DIFFERS: _("The face was not recognised."),
        IcRefusal.FACE_UNCLEAR: _("The picture was not clear enough."),
        IcRefusal.FACE_AT_COUNTER: _("Your face is compared at the counter."),
        IcRefusal.NOT_REGISTERED: _("No registration belongs to this card."),
        IcRefusal.REGISTRATION_ENDED: _("The registration has ended."),
        IcRefusal.STAY_EXPIRED: _("The permitted stay has ended."),
        IcRefusal.UNDER_AGE: _("Mobile cards are issued from the age of 14."),
        IcRefusal.NO_PORTRAIT: _("The register has no usable photo."),
        IcRefusal.VISIT_NEEDED: _("This needs a visit to the immigration office."),
        IcRefusal.NOT_THE_LOCKED_PHONE: _("The locked mobile card is not on this phone."),
        IcRefusal.CARD_OF_ANOTHER_PERSON: _("The IC card belongs to another person."),
        IcRefusal.MOBILE_CARD_CANCELLED: _("The mobile card was cancelled and cannot come back."),
        IcRefusal.MOBILE_CARD_NOT_LOCKED: _("The mobile card is not locked."),
        IcRefusal.LOCKED_BY_OFFICE: _("An office locked the card. Only an office can unlock it."),
        IcRefusal.TOO_MANY_TRIES: _("There were too many tries from this phone."),
    }
