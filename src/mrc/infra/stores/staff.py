"""The staff records in the database. See `mrc.authority.staff.store`."""

from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa

from mrc.authority.staff.records import (
    Approval,
    ApprovalId,
    ApprovalState,
    Deed,
    SessionId,
    StaffId,
    Visit,
    VisitId,
)
from mrc.infra.database.engine import Database, UniqueViolation
from mrc.infra.database.staff_tables import approvals, offices, visits
from mrc.infra.stores import staff_rows as rows
from mrc.infra.stores.staff_people import RECORD, MemberRecords, SessionRecords
from mrc.issuer.records import OfferId
from mrc.registry.people import RegistrantId

_P = sa.bindparam


def _new_values(table: sa.Table, record: type) -> dict[str, sa.BindParameter[object]]:
    """Every column but the key, bound as ``new_NAME``."""
    names = [item.name for item in fields(record) if item.name != "id"]
    return {name: _P(f"new_{name}", type_=table.c[name].type) for name in names}


_ADD_VISIT = sa.insert(visits)
_VISIT = sa.select(visits).where(visits.c.id == _P("of_id"))
_CHANGE_VISIT = (
    sa.update(visits).where(visits.c.id == _P("of_id")).values(_new_values(visits, Visit))
)
_MARK_ISSUED = (
    sa.update(visits)
    .where(
        visits.c.id == _P("of_id"),
        visits.c.offer == _P("of_offer"),
        visits.c.issued_at.is_(None),
    )
    .values(issued_at=_P("at", type_=visits.c.issued_at.type), sealed_link=None)
)
_CLOSE_OTHERS = (
    sa.update(visits)
    .where(visits.c.session == _P("of_session"), visits.c.closed_at.is_(None))
    .values(closed_at=_P("at"), sealed_link=None)
)
_VISITS_OF = (
    sa.select(visits)
    .where(visits.c.officer == _P("of_officer"), visits.c.opened_at >= _P("since"))
    .order_by(visits.c.opened_at.desc())
)
_VISITS_TO = (
    sa.select(visits)
    .where(
        visits.c.registrant == _P("of_registrant"),
        visits.c.opened_at >= _P("since"),
        visits.c.closed_at.is_(None),
    )
    .order_by(visits.c.opened_at.desc())
)
_CURRENT = (
    sa.select(visits)
    .where(visits.c.session == _P("of_session"), visits.c.closed_at.is_(None))
    .order_by(visits.c.opened_at.desc())
)
_ASK = sa.insert(approvals)
_APPROVAL = sa.select(approvals).where(approvals.c.id == _P("of_id"))
_APPROVALS = (
    sa.select(approvals)
    .where(
        sa.or_(
            approvals.c.state == ApprovalState.WAITING.value,
            approvals.c.state == ApprovalState.APPROVED.value,
            approvals.c.asked_at >= _P("since"),
        )
    )
    .order_by(approvals.c.asked_at.desc())
)
_DECISION = {
    name: _P(f"new_{name}", type_=approvals.c[name].type)
    for name in ("state", "decided_by", "decided_at", "remark")
}
_DECIDE = (
    sa.update(approvals)
    .where(
        approvals.c.id == _P("of_id"),
        approvals.c.state == ApprovalState.WAITING.value,
        approvals.c.asked_by != _P("by"),
    )
    .values(_DECISION)
)
_SETTLE = (
    sa.update(approvals)
    .where(approvals.c.id == _P("of_id"), approvals.c.state == ApprovalState.APPROVED.value)
    .values(_DECISION)
)
_SPEND = (
    sa.update(approvals)
    .where(
        approvals.c.id == _P("of_id"),
        approvals.c.state == ApprovalState.DONE.value,
        approvals.c.spent_at.is_(None),
    )
    .values(spent_at=_P("at"))
)
_OFFICE = sa.select(offices).where(offices.c.office == _P("of_office"))
_ADD_OFFICE = sa.insert(offices)
_SET_OFFICE = (
    sa.update(offices).where(offices.c.office == _P("of_office")).values(counters=_P("new"))
)


class _VisitRecords:
    """`VisitStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_visit(self, visit: Visit, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_CLOSE_OTHERS, {"of_session": visit.session, "at": visit.opened_at})
            await tx.execute(_ADD_VISIT, rows.to_row(visit))
            await tx.execute(RECORD, rows.to_row(deed))

    async def find_visit(self, visit: VisitId) -> Visit | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_VISIT, {"of_id": visit})
        return None if row is None else rows.visit_from_row(row)

    async def change_visit(self, visit: Visit, deed: Deed | None = None) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_CHANGE_VISIT, rows.changes(visit))
            if deed is not None:
                await tx.execute(RECORD, rows.to_row(deed))

    async def mark_issued(self, visit: VisitId, offer: OfferId, *, at: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_MARK_ISSUED, {"of_id": visit, "of_offer": offer, "at": at})

    async def visits_of(self, officer: StaffId, *, since: datetime) -> list[Visit]:
        return await self._visits(_VISITS_OF, {"of_officer": officer, "since": since})

    async def open_visits_to(self, registrant: RegistrantId, *, since: datetime) -> list[Visit]:
        return await self._visits(_VISITS_TO, {"of_registrant": registrant, "since": since})

    async def current_visit(self, session: SessionId) -> Visit | None:
        found = await self._visits(_CURRENT, {"of_session": session})
        return found[0] if found else None

    async def _visits(self, query: sa.Executable, wanted: dict[str, object]) -> list[Visit]:
        async with self._database.reading() as tx:
            return [rows.visit_from_row(row) for row in await tx.fetch_all(query, wanted)]


class _ApprovalRecords:
    """`ApprovalStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, approval: Approval, deed: Deed) -> bool:
        try:
            async with self._database.transaction() as tx:
                await tx.execute(_ASK, rows.to_row(approval))
                await tx.execute(RECORD, rows.to_row(deed))
        except UniqueViolation:
            return False
        return True

    async def find_approval(self, approval: ApprovalId) -> Approval | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_APPROVAL, {"of_id": approval})
        return None if row is None else rows.approval_from_row(row)

    async def approvals(self, *, since: datetime) -> list[Approval]:
        async with self._database.reading() as tx:
            found = await tx.fetch_all(_APPROVALS, {"since": since})
        return [rows.approval_from_row(row) for row in found]

    async def decide(self, decided: Approval, deed: Deed) -> bool:
        written = {**_decision(decided), "by": decided.decided_by}
        async with self._database.transaction() as tx:
            if not await tx.execute(_DECIDE, written):
                return False
            await tx.execute(RECORD, rows.to_row(deed))
        return True

    async def settle(self, settled: Approval) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_SETTLE, _decision(settled))

    async def spend(self, approval: ApprovalId, deed: Deed, *, at: datetime) -> bool:
        async with self._database.transaction() as tx:
            if not await tx.execute(_SPEND, {"of_id": approval, "at": at}):
                return False
            await tx.execute(RECORD, rows.to_row(deed))
        return True


class DatabaseStaff(MemberRecords, SessionRecords, _VisitRecords, _ApprovalRecords):
    """`StaffStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._database = database

    async def counters(self, office: str) -> int | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_OFFICE, {"of_office": office})
        return None if row is None else int(row["counters"])

    async def set_counters(self, office: str, counters: int, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            if not await tx.execute(_SET_OFFICE, {"of_office": office, "new": counters}):
                await tx.execute(_ADD_OFFICE, {"office": office, "counters": counters})
            await tx.execute(RECORD, rows.to_row(deed))

    async def record(self, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(RECORD, rows.to_row(deed))


def _decision(approval: Approval) -> dict[str, object]:
    row = rows.changes(approval)
    return {name: row[name] for name in ("of_id", *(f"new_{column}" for column in _DECISION))}
