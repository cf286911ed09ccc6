"""What a status of stay says about work (Enforcement Decree of the Immigration Act, art. 23)."""

from enum import StrEnum

from mrc.registry.residence import StatusCode


class WorkPermission(StrEnum):
    """The claim's wire values: any work, work within the status, or none without a permit."""

    FREE = "free"
    WITHIN_STATUS = "within_status"
    PERMIT_NEEDED = "permit_needed"


_FREE = {StatusCode.RESIDENT, StatusCode.OVERSEAS_KOREAN, StatusCode.PERMANENT, StatusCode.MARRIAGE}
_WITHIN = {StatusCode.SHORT_TERM_WORK, StatusCode.WORKING_HOLIDAY, StatusCode.WORKING_VISIT}
_WITHIN_CLASSES = ("A", "E")
_WITHIN_D = {
    StatusCode.NEWS,
    StatusCode.RELIGION,
    StatusCode.INTRA_COMPANY,
    StatusCode.INVESTMENT,
    StatusCode.TRADE,
}


def work_permission(status: StatusCode) -> WorkPermission:
    if status in _FREE:
        return WorkPermission.FREE
    if status in _WITHIN or status in _WITHIN_D or status.value[0] in _WITHIN_CLASSES:
        return WorkPermission.WITHIN_STATUS
    return WorkPermission.PERMIT_NEEDED
