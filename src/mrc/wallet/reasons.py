"""Why the wallet refuses: one code per check, shown to the holder in words by the front end."""

from enum import StrEnum


class Reason(StrEnum):
    """Refusals that the wallet itself decides."""

    WEAK_PIN = "weak_pin"
    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    PIN_BLOCKED = "pin_blocked"
    ALREADY_ACTIVATED = "already_activated"
    NOT_ACTIVATED = "not_activated"
    OFFER_UNUSABLE = "offer_unusable"
    ISSUER_MISMATCH = "issuer_mismatch"
    ISSUER_UNSUPPORTED = "issuer_unsupported"
    TRANSACTION_CODE_NEEDED = "transaction_code_needed"
    ISSUER_REFUSED = "issuer_refused"
    CARD_KEY_MISMATCH = "card_key_mismatch"
    CARD_TYPE_MISMATCH = "card_type_mismatch"
    CARD_COPIES_DIFFER = "card_copies_differ"
    CARD_NOT_TRUSTED = "card_not_trusted"
    NOTHING_RECEIVED = "nothing_received"
    REQUEST_UNUSABLE = "request_unusable"
    NO_MATCHING_CARD = "no_matching_card"
    NO_COPY_LEFT = "no_copy_left"
    CARD_NOT_USABLE = "card_not_usable"
    ASKER_SUSPENDED = "asker_suspended"
    PROVIDER_REFUSED = "provider_refused"
    NO_SUCH_CARD = "no_such_card"
    REPORT_REFUSED = "report_refused"
