"""Reports about askers in the database. See `mrc.authority.askers.reports`."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from mrc.authority.askers.reports import ReceivedReport
from mrc.infra.database.asker_tables import reports
from mrc.infra.database.engine import Database, Row
from mrc.protocols.asker_report.messages import AskerReport, Complaint

ROOM = "askers"
MOST = 10_000  # of one reading

_P = sa.bindparam
_ADD = insert_or(reports).on_conflict_do_nothing(index_elements=["reference"])
_FIND = (
    sa.select(reports)
    .where(
        reports.c.received_on >= _P("since", type_=sa.Date()),
        sa.or_(_P("of_asker", type_=sa.Text) == "", reports.c.asker == _P("of_asker")),
    )
    .order_by(reports.c.received_on.desc(), reports.c.reference)
    .limit(MOST)
)


class DatabaseAskerReports:
    """`AskerReportStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, report: AskerReport, *, received_on: date) -> None:
        row = {
            "reference": report.reference,
            "id": report.id,
            "complaint": report.complaint.value,
            "asker": report.asker,
            "name": report.name,
            "registered": report.registered,
            "purpose": report.purpose,
            "kinds": list(report.kinds),
            "happened_on": report.on,
            "received_on": received_on,
        }
        async with self._database.transaction() as tx:
            await tx.execute(_ADD, row)

    async def reports(self, *, since: date | None, asker: str | None) -> Sequence[ReceivedReport]:
        wanted = {"since": since or date.min, "of_asker": asker or ""}
        async with self._database.transaction() as tx:
            return [received_from_row(row) for row in await tx.fetch_all(_FIND, wanted)]


def received_from_row(row: Row) -> ReceivedReport:
    report = AskerReport(
        id=bytes(row["id"]),
        complaint=Complaint(row["complaint"]),
        asker=row["asker"],
        name=row["name"],
        registered=bool(row["registered"]),
        purpose=row["purpose"],
        kinds=tuple(row["kinds"]),
        on=row["happened_on"],
    )
    return ReceivedReport(reference=row["reference"], report=report, received_on=row["received_on"])
