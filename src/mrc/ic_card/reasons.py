"""Why a card, a chip or a terminal was turned down."""

from enum import StrEnum


class Reason(StrEnum):
    """Reason codes of the ic_card room; stable, shown in reports and tests."""

    # talking to the chip
    STATUS_WORD = "status_word"
    SECURE_MESSAGING = "secure_messaging"
    FILE_MISSING = "file_missing"
    FILE_TOO_LARGE = "file_too_large"
    # opening the card
    WRONG_PASSWORD = "wrong_password"
    LAST_TRY = "last_try"
    PIN_SUSPENDED = "pin_suspended"
    PIN_BLOCKED = "pin_blocked"
    REFLECTED_KEY = "reflected_key"
    NO_COMMON_PROTOCOL = "no_common_protocol"
    BAC_OFF = "bac_off"
    # authenticity
    SOD_SIGNATURE = "sod_signature"
    SOD_CONTENT = "sod_content"
    SIGNER_UNTRUSTED = "signer_untrusted"
    SIGNER_UNKNOWN = "signer_unknown"
    OTHER_ENVIRONMENT = "other_environment"
    HASH_MISMATCH = "hash_mismatch"
    NOT_IN_SOD = "not_in_sod"
    NOT_READ = "not_read"
    UNSUPPORTED_ALGORITHM = "unsupported_algorithm"
    CARD_ACCESS_DIFFERS = "card_access_differs"
    CHIP_AUTHENTICATION = "chip_authentication"
    ACTIVE_AUTHENTICATION = "active_authentication"
    COUNTRY_DIFFERS = "country_differs"
    EXPIRY_UNREADABLE = "expiry_unreadable"
    # server-driven chip authentication
    SESSION_CLOSED = "session_closed"
    SESSION_EXPIRED = "session_expired"
    DEVICE_KEY_DIFFERS = "device_key_differs"
    ANSWERS_MISSING = "answers_missing"
    RESIDENCE_FILE_DIFFERS = "residence_file_differs"
    REGISTER_DIFFERS = "register_differs"
    CARD_UNKNOWN = "card_unknown"
    CARD_LOST = "card_lost"
    CARD_EXPIRED = "card_expired"
    CARD_NOT_ACTIVE = "card_not_active"
    ISSUANCE_SIGNATURE = "issuance_signature"
    COUNTER_NOT_FRESH = "counter_not_fresh"
    FACE_DIFFERS = "face_differs"
    PHONE_NOT_OWN = "phone_not_own"
    # personalisation
    TRANSPORT_AUTHENTICATION = "transport_authentication"
    ORDER_SIGNATURE = "order_signature"
    FOUR_EYES = "four_eyes"
    CARD_NOT_BLANK = "card_not_blank"
    DISCARD_CARD = "discard_card"
    READ_BACK = "read_back"
    PIN_RULE = "pin_rule"
