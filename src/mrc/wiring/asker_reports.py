"""Reports about askers at the office: who reads them, and their end after the set time."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final

from mrc.authority.askers.deciding import ReportBook
from mrc.infra.database.engine import Database
from mrc.infra.settings import Settings
from mrc.infra.stores.asker_decisions import DatabaseAskerDecisions
from mrc.kernel.ports import Clock
from mrc.wiring.repeating import repeating

PURGE_EVERY: Final = timedelta(hours=1)


def make_report_book(settings: Settings, database: Database) -> ReportBook:
    """`database` is the authority's, with the rooms askers and staff."""
    return ReportBook(DatabaseAskerDecisions(database), kept_days=settings.asker_report_days)


def forgetting(book: ReportBook, clock: Clock) -> AbstractAsyncContextManager[None]:
    """Delete from time to time, beginning now, what was kept long enough."""
    return repeating(
        "asker_reports", lambda now: book.purge(now=now), every=PURGE_EVERY, clock=clock
    )
