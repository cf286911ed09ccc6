"""Why a wallet provider refuses."""

from enum import StrEnum


class Reason(StrEnum):
    INSTANCE_UNKNOWN = "instance_unknown"
    INSTANCE_REVOKED = "instance_revoked"
    LEVEL_NOT_ADMITTED = "level_not_admitted"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_REFUSED = "evidence_refused"
    TOO_MANY_KEYS = "too_many_keys"
    KEY_TWICE = "key_twice"
    CHALLENGE_USED = "challenge_used"
