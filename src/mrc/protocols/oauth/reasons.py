"""Why a check of this package said no. The wire code of an answer is chosen by the endpoint."""

from enum import StrEnum


class Reason(StrEnum):
    # PKCE, RFC 7636
    VERIFIER_MALFORMED = "pkce_verifier_malformed"
    VERIFIER_MISMATCH = "pkce_verifier_mismatch"
    # server nonces and challenges
    NONCE_MISSING = "nonce_missing"
    NONCE_NOT_OURS = "nonce_not_ours"
    NONCE_EXPIRED = "nonce_expired"
    # every JWT
    KEY_MISSING = "key_missing"
    PRIVATE_KEY_IN_HEADER = "private_key_in_header"
    ISSUED_OUTSIDE_WINDOW = "issued_outside_window"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    # DPoP, RFC 9449
    DPOP_METHOD_MISMATCH = "dpop_htm_mismatch"
    DPOP_URL_MISMATCH = "dpop_htu_mismatch"
    DPOP_TOKEN_MISMATCH = "dpop_ath_mismatch"
    DPOP_KEY_MISMATCH = "dpop_key_mismatch"
    # client attestation
    ATTESTER_UNKNOWN = "attester_unknown"
    ATTESTATION_TOO_OLD = "attestation_too_old"
    AUDIENCE_MISMATCH = "audience_mismatch"
    CLIENT_MISMATCH = "client_id_mismatch"
    X5C_REQUIRED = "x5c_required"
    SELF_SIGNED = "signer_certificate_is_the_anchor"
    # metadata and redirects
    ISSUER_MISMATCH = "issuer_mismatch"
