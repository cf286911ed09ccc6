"""Why a check of this package said no; the wire code is chosen by `errors.CredentialErrorCode`."""

from enum import StrEnum


class Reason(StrEnum):
    ISSUER_MISMATCH = "credential_issuer_mismatch"
    PROOF_KEY_AMBIGUOUS = "proof_key_ambiguous"
    PROOF_KEY_TYPE = "proof_key_type_not_supported"
    PROOF_CLIENT_MISMATCH = "proof_iss_mismatch"
    NONCE_MISSING = "proof_nonce_missing"
    NONCE_DIFFERS = "proof_nonces_differ"
    KEY_TWICE = "proof_key_twice"
    TOO_MANY_KEYS = "too_many_keys"
    KEY_ATTESTATION_REQUIRED = "key_attestation_required"
    KEY_NOT_ATTESTED = "key_not_attested"
    KEY_STORAGE_TOO_WEAK = "key_storage_not_accepted"
    USER_AUTHENTICATION_TOO_WEAK = "user_authentication_not_accepted"
    KEY_ATTESTATION_WITHOUT_EXPIRY = "key_attestation_without_expiry"
    ENCRYPTION_REQUIRED = "encryption_required"
    ENCRYPTION_KEY_UNKNOWN = "encryption_key_unknown"
    ENCRYPTION_KEY_UNUSABLE = "encryption_key_unusable"
    ENCRYPTION_NOT_OFFERED = "encryption_not_offered"
