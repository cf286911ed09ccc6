"""The chip cards being made at desks, in the database. See `mrc.authority.staff.card_jobs`."""

import sqlalchemy as sa

from mrc.authority.staff.card_jobs import CardJob, CardJobState, Trouble
from mrc.authority.staff.records import Deed
from mrc.infra.database.engine import Database, Row, UniqueViolation
from mrc.infra.database.staff_tables import card_jobs
from mrc.infra.stores import staff_rows as rows
from mrc.infra.stores.staff_people import RECORD
from mrc.registry.people import RegistrantId

_P = sa.bindparam
_CHANGED = ("officer", "state", "step", "trouble", "sealed", "changed_at")
_ADD = sa.insert(card_jobs)
_OPEN = sa.select(card_jobs).where(
    card_jobs.c.registrant == _P("of_registrant"),
    card_jobs.c.state == CardJobState.OPEN.value,
)
_CHANGE = (
    sa.update(card_jobs)
    .where(card_jobs.c.id == _P("of_id"), card_jobs.c.state == CardJobState.OPEN.value)
    .values({name: _P(f"new_{name}", type_=card_jobs.c[name].type) for name in _CHANGED})
)


class DatabaseCardJobs:
    """A `CardJobStore`. What is over is never changed again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_job(self, job: CardJob, deed: Deed) -> bool:
        try:
            async with self._database.transaction() as tx:
                await tx.execute(_ADD, rows.to_row(job))
                await tx.execute(RECORD, rows.to_row(deed))
        except UniqueViolation:
            return False
        return True

    async def find_open_job(self, registrant: RegistrantId) -> CardJob | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_OPEN, {"of_registrant": registrant})
        return None if row is None else _job(row)

    async def change_job(self, job: CardJob, deed: Deed | None = None) -> None:
        row = rows.to_row(job)
        values = {"of_id": job.id, **{f"new_{name}": row[name] for name in _CHANGED}}
        async with self._database.transaction() as tx:
            changed = await tx.execute(_CHANGE, values)
            if changed and deed is not None:
                await tx.execute(RECORD, rows.to_row(deed))


def _job(row: Row) -> CardJob:
    trouble = row["trouble"]
    values = {
        **row,
        "state": CardJobState(row["state"]),
        "trouble": None if trouble is None else Trouble(trouble),
        "sealed": bytes(row["sealed"]),
    }
    return CardJob(**values)
