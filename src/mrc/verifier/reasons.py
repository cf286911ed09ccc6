"""Why the verifier itself refused something; formats and protocols have reasons of their own."""

from enum import StrEnum


class Reason(StrEnum):
    UNKNOWN_REQUEST = "request_unknown"
    ALREADY_ANSWERED = "request_already_answered"
    REQUEST_EXPIRED = "request_expired"
    UNKNOWN_PURPOSE = "purpose_unknown"
    QUERY_NOT_SUPPORTED = "query_not_supported"
    RESPONSE_CODE_MISMATCH = "response_code_mismatch"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_document_type"
    SEVERAL_DOCUMENTS = "several_documents"
    NOT_ITS_TYPE = "issuer_may_not_issue_this_type"
    CLAIMS_MISSING = "claims_missing"
    NOT_REACHED = "not_reached"
    STATUS_CANCELLED = "status_cancelled"
    STATUS_LOCKED = "status_locked"
    STATUS_RENEWAL_NEEDED = "status_renewal_needed"
    STATUS_UNKNOWN_VALUE = "status_unknown_value"
    STATUS_NOT_REACHABLE = "status_not_reachable"
    STATUS_NOT_AUTHENTIC = "status_not_authentic"
    STATUS_ROLLED_BACK = "status_rolled_back"
    STATUS_TOO_OLD = "status_too_old"
