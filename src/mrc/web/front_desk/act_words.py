"""Every recorded act in words: the register's, the cards' and the staff's."""

from mrc.authority.staff.records import StaffAct
from mrc.issuer.cards import CardAct
from mrc.registry.acts import ActKind
from mrc.web.design.translator import Message, Translator

_ICONS = {
    CardAct.ISSUED: "card",
    CardAct.LOCKED: "lock",
    CardAct.UNLOCKED: "unlock",
    CardAct.CANCELLED: "stop",
    StaffAct.RECORD_OPENED: "eye",
    StaffAct.NUMBER_REVEALED: "eye",
    StaffAct.PERSON_CHECKED: "face",
    StaffAct.OFFER_MADE: "scan",
    StaffAct.RECEIPT_MADE: "print",
    StaffAct.IC_ORDERED: "card",
    StaffAct.IC_REGISTERED: "card",
    ActKind.ENTERED: "person",
    ActKind.DEPARTED: "arrow-next",
    ActKind.PORTRAIT_CHANGED: "camera",
    ActKind.PHONE_CHANGED: "phone",
    ActKind.ADDRESS_CHANGED: "home",
}


def act_icon(kind: str) -> str:
    return {act.value: icon for act, icon in _ICONS.items()}.get(kind, "clock")


def act_words(_: Translator) -> dict[str, Message]:
    """By wire value; the enums share none."""
    register = {act.value: words for act, words in _register(_).items()}
    cards = {act.value: words for act, words in _cards(_).items()}
    staff = {act.value: words for act, words in _staff(_).items()}
    return register | cards | staff


def _register(_: Translator) -> dict[ActKind, Message]:
    return {
        ActKind.ENTERED: _("Entered in the register"),
        ActKind.CORRECTED: _("Entry corrected"),
        ActKind.STAY_EXTENDED: _("Stay extended"),
        ActKind.STAY_SHORTENED: _("Stay shortened"),
        ActKind.STAY_ENDED: _("Stay ended"),
        ActKind.STATUS_CHANGED: _("Stay status changed"),
        ActKind.ADDRESS_CHANGED: _("Address changed"),
        ActKind.NAME_CHANGED: _("Name changed"),
        ActKind.NUMBER_CHANGED: _("Registration number changed"),
        ActKind.PHONE_CHANGED: _("Phone number changed"),
        ActKind.PORTRAIT_CHANGED: _("Photo changed"),
        ActKind.DEPARTED: _("Left Korea for good"),
        ActKind.NATURALISED: _("Became Korean"),
        ActKind.DIED: _("Died"),
        ActKind.ELIGIBILITY_DECIDED: _("Checks for a card decided"),
        ActKind.UNLOCK_REFUSED: _("Unlocking at home refused"),
        ActKind.CARD_PRINTED: _("Physical card printed"),
    }


def _cards(_: Translator) -> dict[CardAct, Message]:
    return {
        CardAct.ISSUED: _("Card issued"),
        CardAct.LOCKED: _("Card locked"),
        CardAct.UNLOCKED: _("Card unlocked"),
        CardAct.RENEWAL_NEEDED: _("New card data needed"),
        CardAct.RENEWED: _("Card data renewed"),
        CardAct.CANCELLED: _("Card cancelled"),
        CardAct.REPLACED: _("Card ended by a new phone"),
    }


def _staff(_: Translator) -> dict[StaffAct, Message]:
    return {
        StaffAct.SIGNED_IN: _("Signed in"),
        StaffAct.SIGN_IN_FAILED: _("Sign-in failed"),
        StaffAct.SIGNED_OUT: _("Signed out"),
        StaffAct.INVITED: _("Invited to the staff"),
        StaffAct.ENROLLED: _("Passkey registered"),
        StaffAct.SUSPENDED: _("Suspended from the staff"),
        StaffAct.RELEASED: _("Sign-in unlocked"),
        StaffAct.RECORD_OPENED: _("Record opened"),
        StaffAct.NUMBER_REVEALED: _("Registration number shown"),
        StaffAct.PERSON_CHECKED: _("Person checked by eye"),
        StaffAct.OFFER_MADE: _("Code shown"),
        StaffAct.OFFER_WITHDRAWN: _("Code withdrawn"),
        StaffAct.SIM_CHANGE_PASSED: _("Code shown although the SIM was changed"),
        StaffAct.APPROVAL_ASKED: _("Approval asked for"),
        StaffAct.APPROVAL_GIVEN: _("Approved"),
        StaffAct.APPROVAL_REFUSED: _("Approval refused"),
        StaffAct.RECEIPT_MADE: _("Receipt made"),
        StaffAct.AUDIT_SEARCHED: _("Audit searched"),
        StaffAct.AUDIT_EXPORTED: _("Audit exported"),
        StaffAct.SETTINGS_CHANGED: _("Office settings changed"),
        StaffAct.IC_ORDERED: _("IC card ordered"),
        StaffAct.IC_KEYS_MADE: _("IC card: keys made on the chip"),
        StaffAct.IC_SIGNED: _("IC card: data signed"),
        StaffAct.IC_PIN_SET: _("IC card: PIN set by the person"),
        StaffAct.IC_LOCKED: _("IC card: locked for writing"),
        StaffAct.IC_ACTIVATED: _("IC card: test read passed, active"),
        StaffAct.IC_REGISTERED: _("IC card entered in the register"),
        StaffAct.IC_STOPPED: _("IC card: making stopped"),
        StaffAct.IC_RESUMED: _("IC card: making taken up again"),
        StaffAct.IC_GIVEN_UP: _("IC card given up"),
        StaffAct.ASKER_REPORT_DECIDED: _("Report about an asker decided"),
        StaffAct.ASKER_REPORTS_DELETED: _("Old reports about askers deleted"),
    }
