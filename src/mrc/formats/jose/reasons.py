"""Why a JOSE object was rejected."""

from enum import StrEnum


class Reason(StrEnum):
    ALGORITHM_NOT_EXPECTED = "jose_algorithm_not_expected"
    KEY_DOES_NOT_FIT = "jose_key_does_not_fit"
    SIGNATURE_INVALID = "jose_signature_invalid"
    CRITICAL_NOT_UNDERSTOOD = "jose_critical_not_understood"
    TYPE_NOT_EXPECTED = "jose_type_not_expected"
    EXPIRED = "jose_expired"
    NOT_YET_VALID = "jose_not_yet_valid"
    ISSUED_IN_FUTURE = "jose_issued_in_future"
    ENCRYPTION_NOT_SUPPORTED = "jose_encryption_not_supported"
    NOT_DECRYPTABLE = "jose_not_decryptable"
