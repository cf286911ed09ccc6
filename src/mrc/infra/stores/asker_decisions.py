"""What was decided about reports, in the database. See `mrc.authority.askers.deciding`.

The tables of askers and of staff stand in the authority's one database: a decision and its deed
commit together.
"""

from collections.abc import Callable, Sequence
from datetime import date

import sqlalchemy as sa

from mrc.authority.askers.deciding import Decision, ListedReport, ReportOutcome, ReportQuery
from mrc.authority.askers.reports import ReceivedReport
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import Deed
from mrc.infra.database.asker_tables import decisions, reports
from mrc.infra.database.engine import Database, Row, UniqueViolation
from mrc.infra.database.schema import Instant
from mrc.infra.stores import staff_rows as rows
from mrc.infra.stores.asker_reports import received_from_row
from mrc.infra.stores.staff_people import RECORD
from mrc.kernel.errors import Forbidden

_P = sa.bindparam
_NEWEST = (
    sa.select(decisions.c.outcome)
    .where(decisions.c.reference == reports.c.reference)
    .order_by(decisions.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_DECIDED = sa.exists().where(decisions.c.reference == reports.c.reference)
_LISTED = (
    sa.select(reports, _NEWEST.label("outcome"))
    .where(
        sa.or_(_P("of_asker", type_=sa.Text) == "", reports.c.asker == _P("of_asker")),
        sa.or_(_P("of_complaint", type_=sa.Text) == "", reports.c.complaint == _P("of_complaint")),
        sa.or_(
            _P("state", type_=sa.Text) == "",
            sa.and_(_P("state") == "decided", _DECIDED),
            sa.and_(_P("state") == "open", ~_DECIDED),
        ),
    )
    .order_by(reports.c.received_on.desc(), reports.c.reference)
    .limit(_P("at_most", type_=sa.Integer))
)
_FIND = sa.select(reports).where(reports.c.reference == _P("of_reference"))
_DECISIONS = (
    sa.select(decisions)
    .where(decisions.c.reference == _P("of_reference"))
    .order_by(decisions.c.number)
)
_COLUMNS = ("number", "outcome", "reason", "decided_by", "decided_at")
_DECIDE = sa.insert(decisions).from_select(
    ("reference", *_COLUMNS),
    sa.select(
        reports.c.reference,
        _P("new_number", type_=sa.Integer),
        _P("new_outcome", type_=sa.Text),
        _P("new_reason", type_=sa.Text),
        _P("new_decided_by", type_=sa.Text),
        _P("new_decided_at", type_=Instant),
    ).where(reports.c.reference == _P("of_reference")),
)
_DELETE = sa.delete(reports).where(reports.c.received_on < _P("before", type_=sa.Date))
_DELETE_ORPHANS = sa.delete(decisions).where(
    decisions.c.reference.not_in(sa.select(reports.c.reference))
)


class DatabaseAskerDecisions:
    """`DecisionStore` on a `Database` with the rooms askers and staff."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, query: ReportQuery) -> Sequence[ListedReport]:
        wanted = {
            "of_asker": query.asker or "",
            "of_complaint": query.complaint.value if query.complaint else "",
            "state": {None: "", True: "decided", False: "open"}[query.decided],
            "at_most": query.limit,
        }
        async with self._database.reading() as tx:
            return [_listed(row) for row in await tx.fetch_all(_LISTED, wanted)]

    async def find(self, reference: str) -> ReceivedReport | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_FIND, {"of_reference": reference})
        return None if row is None else received_from_row(row)

    async def decisions(self, reference: str) -> Sequence[Decision]:
        async with self._database.reading() as tx:
            found = await tx.fetch_all(_DECISIONS, {"of_reference": reference})
        return [Decision(**{**row, "outcome": ReportOutcome(row["outcome"])}) for row in found]

    async def decide(self, decision: Decision, deed: Deed) -> None:
        row = rows.to_row(decision)
        values = {f"new_{name}": row[name] for name in _COLUMNS}
        try:
            async with self._database.transaction() as tx:
                if not await tx.execute(_DECIDE, {"of_reference": decision.reference, **values}):
                    raise Forbidden(StaffReason.REPORT_UNKNOWN)
                await tx.execute(RECORD, rows.to_row(deed))
        except UniqueViolation as error:
            raise Forbidden(StaffReason.REPORT_DECIDED) from error

    async def purge(self, before: date, deed: Callable[[int], Deed]) -> int:
        async with self._database.transaction() as tx:
            count = await tx.execute(_DELETE, {"before": before})
            await tx.execute(_DELETE_ORPHANS)
            if count:
                await tx.execute(RECORD, rows.to_row(deed(count)))
        return count


def _listed(row: Row) -> ListedReport:
    outcome = row["outcome"]
    return ListedReport(
        received=received_from_row(row),
        outcome=None if outcome is None else ReportOutcome(outcome),
    )
