"""Why a lock code or a signed report is refused."""

from enum import StrEnum


class Reason(StrEnum):
    LOCK_CODE_MISTYPED = "lock_code_mistyped"
    REPORT_TYPE = "report_type"
    REPORTER_UNKNOWN = "reporter_unknown"
    AUDIENCE_DIFFERS = "audience_differs"
    ISSUED_IN_FUTURE = "issued_in_future"
    REPORT_TOO_OLD = "report_too_old"
