"""Why the issuer said no, where no protocol's own reason fits."""

from enum import StrEnum


class Reason(StrEnum):
    # offers and tokens
    OFFER_UNKNOWN = "offer_unknown"
    CODE_UNKNOWN_OR_USED = "code_unknown_or_used"
    TX_CODE_WRONG = "tx_code_wrong"
    TX_CODE_MISSING = "tx_code_missing"
    TX_CODE_UNEXPECTED = "tx_code_unexpected"
    PROOF_USED_BEFORE = "proof_used_before"
    NONCE_USED_BEFORE = "nonce_used_before"
    DPOP_MISSING = "dpop_missing"
    OTHER_KEY = "token_bound_to_another_key"
    OTHER_INSTANCE = "token_bound_to_another_wallet_instance"
    ATTESTATION_MISSING = "attestation_missing"
    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_EXPIRED = "token_expired"
    GRANT_ENDED = "grant_ended"
    CLIENT_DIFFERS = "client_differs"
    REDIRECT_DIFFERS = "redirect_uri_differs"
    CONFIGURATION_NOT_GRANTED = "configuration_not_granted"
    COPIES_USED_UP = "copies_of_this_token_used_up"
    DATA_REFUSED = "card_data_refused"
    # mobile cards
    NO_LIVE_CARD = "no_live_card"
    NOT_LOCKED = "card_not_locked"
    CARD_LOCKED = "card_locked"
    CARD_ENDED = "card_ended"
    NO_CARD_OF_PHONE = "no_card_of_phone"
    CARD_OF_ANOTHER = "card_of_another"
    LOCKED_BY_OFFICE = "locked_by_office"
