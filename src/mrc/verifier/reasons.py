"""Why the verifier itself refused something; formats and protocols have reasons of their own."""

from enum import StrEnum


class Reason(StrEnum):
    UNKNOWN_REQUEST = "request_unknown"
    ALREADY_ANSWERED = "request_already_answered"
    REQUEST_EXPIRED = "request_expired"
    UNKNOWN_PURPOSE = "purpose_unknown"
    QUERY_NOT_SUPPORTED = "query_not_supported"
    RESPONSE_CODE_MISMATCH = "response_code_mismatch"
    OUTCOME_PENDING = "outcome_pending"
    INTERRUPTED = "checking_interrupted"
    UNDECODABLE = "undecodable"
    WRONG_TYPE = "wrong_type"
    SEVERAL_DOCUMENTS = "several_documents"
    CLAIMS_MISSING = "claims_missing"
    STATUS_CANCELLED = "status_cancelled"
    STATUS_LOCKED = "status_locked"
    STATUS_RENEWAL_NEEDED = "status_renewal_needed"
    STATUS_UNKNOWN_VALUE = "status_unknown_value"
    STATUS_NOT_REACHABLE = "status_not_reachable"
    STATUS_NOT_AUTHENTIC = "status_not_authentic"
    STATUS_TOO_OLD = "status_too_old"
    NO_VALID_PRESENTATION = "no_valid_presentation"
