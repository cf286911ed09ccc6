"""Why a COSE message was refused."""

from enum import StrEnum


class Reason(StrEnum):
    ALGORITHM = "algorithm_not_expected"
    CRITICAL_HEADER = "critical_header_unknown"
    PAYLOAD = "payload_not_as_expected"
    """Attached where it must be detached, or the other way round."""
    SIGNATURE = "signature_does_not_verify"
    MAC = "mac_does_not_verify"
