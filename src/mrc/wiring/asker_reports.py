"""Reports about askers at the office: who reads them, and their end after the set time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog

from mrc.authority.askers.deciding import ReportBook
from mrc.infra.database.engine import Database
from mrc.infra.settings import Settings
from mrc.infra.stores.asker_decisions import DatabaseAskerDecisions
from mrc.kernel.errors import MrcError
from mrc.kernel.ports import Clock

PURGE_SECONDS: Final = 3600.0
_log = structlog.get_logger(__name__)


def make_report_book(settings: Settings, database: Database) -> ReportBook:
    """`database` is the authority's, with the rooms askers and staff."""
    return ReportBook(DatabaseAskerDecisions(database), kept_days=settings.asker_report_days)


@contextlib.asynccontextmanager
async def forgetting(book: ReportBook, clock: Clock) -> AsyncIterator[None]:
    """Delete from time to time, beginning now, what was kept long enough."""

    async def forever() -> None:
        while True:
            try:
                await book.purge(now=clock.now())
            except MrcError as error:
                _log.warning("asker_reports.purge_failed", what=type(error).__name__)
            await asyncio.sleep(PURGE_SECONDS)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
