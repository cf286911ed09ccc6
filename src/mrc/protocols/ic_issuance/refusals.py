"""Why a step by IC card ended, in words a holder can act on, and what to do next.

The wire carries the code and the next step; the words here are the English ones, from which a
front end translates. What exactly a check found stays with the authority.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

REASON, NEXT = "reason", "next"  # members of the error answer


class NextStep(StrEnum):
    """What the holder can do. Nobody is refused for good: the counter decides in the end."""

    START_AGAIN = "start_again"
    TRY_LATER = "try_later"
    COUNTER = "counter"


class IcRefusal(StrEnum):
    # the card
    CARD_NOT_AUTHENTIC = "card_not_authentic"
    CARD_OF_ANOTHER_SYSTEM = "card_of_another_system"
    CARD_UNREADABLE = "card_unreadable"
    CARD_UNKNOWN = "card_unknown"
    CARD_LOST = "card_lost"
    CARD_EXPIRED = "card_expired"
    CARD_NOT_ACTIVE = "card_not_active"
    CARD_OUTDATED = "card_outdated"
    # the session and the phone
    SESSION_OVER = "session_over"
    SESSION_EXPIRED = "session_expired"
    ANOTHER_PHONE = "another_phone"
    NOT_OUR_WALLET = "not_our_wallet"
    PHONE_OF_ANOTHER = "phone_of_another"
    PHONE_OWNER_UNKNOWN = "phone_owner_unknown"
    NO_PHONE_NUMBER = "no_phone_number"
    SIM_CHANGED_RECENTLY = "sim_changed_recently"
    # the person
    FACE_DIFFERS = "face_differs"
    FACE_UNCLEAR = "face_unclear"
    FACE_AT_COUNTER = "face_at_counter"
    NOT_REGISTERED = "not_registered"
    REGISTRATION_ENDED = "registration_ended"
    STAY_EXPIRED = "stay_expired"
    UNDER_AGE = "under_age"
    NO_PORTRAIT = "no_portrait"
    VISIT_NEEDED = "visit_needed"
    # unlocking
    NOT_THE_LOCKED_PHONE = "not_the_locked_phone"
    CARD_OF_ANOTHER_PERSON = "card_of_another_person"
    MOBILE_CARD_CANCELLED = "mobile_card_cancelled"
    MOBILE_CARD_NOT_LOCKED = "mobile_card_not_locked"
    LOCKED_BY_OFFICE = "locked_by_office"
    TOO_MANY_TRIES = "too_many_tries"


@dataclass(frozen=True, slots=True)
class Words:
    text: str
    next: NextStep


_R, _N = IcRefusal, NextStep
WORDS: Mapping[IcRefusal, Words] = MappingProxyType(
    {
        _R.CARD_NOT_AUTHENTIC: Words(
            "This card could not prove that it is genuine. Bring it to an immigration office.",
            _N.COUNTER,
        ),
        _R.CARD_OF_ANOTHER_SYSTEM: Words(
            "This card belongs to another system (a practice or test card).", _N.COUNTER
        ),
        _R.CARD_UNREADABLE: Words(
            "The connection to the card was disturbed. Hold the card still and start again.",
            _N.START_AGAIN,
        ),
        _R.CARD_UNKNOWN: Words(
            "The office does not know this card. Bring it to an immigration office.", _N.COUNTER
        ),
        _R.CARD_LOST: Words(
            "This card was reported lost. If it is found again, tell an immigration office.",
            _N.COUNTER,
        ),
        _R.CARD_EXPIRED: Words("This card has expired. Ask for a new one.", _N.COUNTER),
        _R.CARD_NOT_ACTIVE: Words(
            "This card was replaced or handed back. Use the newer card.", _N.COUNTER
        ),
        _R.CARD_OUTDATED: Words(
            "The register says something else than this card. It must be renewed.", _N.COUNTER
        ),
        _R.SESSION_OVER: Words("This try is over. Start again with the card.", _N.START_AGAIN),
        _R.SESSION_EXPIRED: Words(
            "It took too long. Start again and keep the card at the phone.", _N.START_AGAIN
        ),
        _R.ANOTHER_PHONE: Words(
            "This try was begun on another phone. Start again on this one.", _N.START_AGAIN
        ),
        _R.NOT_OUR_WALLET: Words(
            "This wallet cannot collect by IC card. Ask for the QR code at the counter.",
            _N.COUNTER,
        ),
        _R.PHONE_OF_ANOTHER: Words(
            "The registered phone number is not in your name. Register your own number.",
            _N.COUNTER,
        ),
        _R.PHONE_OWNER_UNKNOWN: Words(
            "The phone company did not answer whose number it is. Try again later.", _N.TRY_LATER
        ),
        _R.SIM_CHANGED_RECENTLY: Words(
            "The SIM of your number was changed a short time ago. Try later, or at the counter.",
            _N.TRY_LATER,
        ),
        _R.NO_PHONE_NUMBER: Words("No phone number of yours is registered.", _N.COUNTER),
        _R.FACE_DIFFERS: Words(
            "The face was not recognised. The counter can compare it in person.", _N.COUNTER
        ),
        _R.FACE_UNCLEAR: Words("The picture was not clear enough. Take another.", _N.START_AGAIN),
        _R.FACE_AT_COUNTER: Words(
            "Your face is compared at the counter. Bring your card; the rest is done.", _N.COUNTER
        ),
        _R.NOT_REGISTERED: Words("No registration belongs to this card.", _N.COUNTER),
        _R.REGISTRATION_ENDED: Words("The registration has ended.", _N.COUNTER),
        _R.STAY_EXPIRED: Words("The permitted stay has ended.", _N.COUNTER),
        _R.UNDER_AGE: Words("Mobile cards are issued from the age of 14.", _N.COUNTER),
        _R.NO_PORTRAIT: Words("The register has no usable photo. Bring one.", _N.COUNTER),
        _R.VISIT_NEEDED: Words("This needs a visit to an immigration office.", _N.COUNTER),
        _R.NOT_THE_LOCKED_PHONE: Words(
            "The locked mobile card is not on this phone. Unlock it on the phone that has it.",
            _N.COUNTER,
        ),
        _R.CARD_OF_ANOTHER_PERSON: Words(
            "The IC card is another person's than the mobile card. Use your own IC card.",
            _N.COUNTER,
        ),
        _R.MOBILE_CARD_CANCELLED: Words(
            "The mobile card was cancelled and cannot come back. Collect a new one.", _N.COUNTER
        ),
        _R.MOBILE_CARD_NOT_LOCKED: Words("The mobile card is not locked.", _N.COUNTER),
        _R.LOCKED_BY_OFFICE: Words(
            "An immigration office locked the mobile card. Only an office can unlock it.",
            _N.COUNTER,
        ),
        _R.TOO_MANY_TRIES: Words(
            "There were too many tries from this phone. Try again tomorrow.", _N.TRY_LATER
        ),
    }
)
