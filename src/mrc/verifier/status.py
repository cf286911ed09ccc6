"""Asking a status list, and telling "could not find out" from "no".

Token Status List, 7.1 and 8.3. The list itself is fetched, checked and cached behind the port; a
list that did not come, or that nobody can believe, says nothing about the card: undetermined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reasons import Reason as ListReason
from mrc.formats.status_list.reference import StatusReference
from mrc.formats.status_list.token import TrustedStatusList
from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.verifier.reasons import Reason

CHECK = "status"
CLAUSE = "TSL 8.3"

_FAILURES = {
    Status.CANCELLED: Reason.STATUS_CANCELLED,
    Status.LOCKED: Reason.STATUS_LOCKED,
    Status.RENEWAL_NEEDED: Reason.STATUS_RENEWAL_NEEDED,
}


class StatusLists(Protocol):
    async def get_list(
        self, uri: str, *, anchors: Sequence[Certificate], at: datetime
    ) -> TrustedStatusList:
        """The list at `uri`, signed below one of `anchors`, as fresh as its own words demand.

        Raises `Unavailable` where it cannot be had, `Malformed` or `Rejected` where it cannot be
        believed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """What was found out, and how old the word is. `as_of` None: nothing was."""

    finding: Finding
    as_of: datetime | None = None


async def look_up(
    lists: StatusLists,
    reference: StatusReference | None,
    *,
    anchors: Sequence[Certificate],
    at: datetime,
) -> StatusAnswer:
    """What the issuer's list says about a card whose reference was authenticated.

    A card whose issuer signed no reference has no status to ask for: passed, and said so.
    """
    if reference is None:
        return StatusAnswer(finding=passed(CHECK, "TSL 6", "the issuer keeps no status"))
    try:
        found = await lists.get_list(reference.uri, anchors=anchors, at=at)
        value = found.get(reference)
    except Unavailable as error:
        return _unknown(Reason.STATUS_NOT_REACHABLE, error.detail)
    except Rejected as error:
        if error.reason is ListReason.INDEX_OUT_OF_RANGE:
            return StatusAnswer(finding=failed(CHECK, CLAUSE, error.reason.value, error.detail))
        return _unknown(Reason.STATUS_NOT_AUTHENTIC, error.reason.value)
    except Malformed as error:
        return _unknown(Reason.STATUS_NOT_AUTHENTIC, error.what)
    return StatusAnswer(finding=_judge(value), as_of=found.issued_at)


def _unknown(reason: Reason, detail: str) -> StatusAnswer:
    return StatusAnswer(finding=undetermined(CHECK, CLAUSE, reason.value, detail))


def _judge(value: int) -> Finding:
    """7.1: 0 is valid; every other value refuses, also one that we do not know."""
    if value == Status.VALID:
        return passed(CHECK, "TSL 7.1")
    known = _FAILURES.get(Status(value)) if value in set(Status) else None
    reason = known or Reason.STATUS_UNKNOWN_VALUE
    return failed(CHECK, "TSL 7.1", reason.value, f"value {value}")
