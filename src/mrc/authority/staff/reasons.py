"""Why a member of staff was refused; each one has words on a screen."""

from enum import StrEnum


class StaffReason(StrEnum):
    LINK_UNKNOWN = "link_unknown"
    PASSKEY_UNKNOWN = "passkey_unknown"
    PASSKEY_REFUSED = "passkey_refused"
    PASSKEY_KNOWN = "passkey_already_registered"
    CHALLENGE_UNKNOWN = "challenge_unknown"
    LOCKED = "locked"
    SUSPENDED = "suspended"
    SUPERVISOR_EXISTS = "supervisor_exists"
    UNKNOWN_MEMBER = "unknown_member"
    NOT_YOURSELF = "not_yourself"
    LAST_SUPERVISOR = "last_supervisor"
    VISIT_UNKNOWN = "visit_unknown"
    PERSON_NOT_CHECKED = "person_not_checked"
    OWN_REQUEST = "own_request"
    ALREADY_DECIDED = "already_decided"
    ALREADY_ASKED = "already_asked"
    REASON_MISSING = "reason_missing"
