"""Each issuing authority's audit log: pumped beside its other tasks, its head handed to the ledger's role."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from starlette.routing import Route

from mrc.infra.audit_pump import ActSources, ActTable, AuditPump
from mrc.infra.clock import SystemClock
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.stores.audit import AuditLog
from mrc.infra.tokens import shared_token
from mrc.ledger.timetable import Timetable
from mrc.web.audit_api.app import PublishedHead, head_route
from mrc.wiring.ledger_files import LedgerFiles
from mrc.wiring.server import ServerParts


@contextlib.asynccontextmanager
async def audited(
    parts: ServerParts, role: str, tables: Sequence[ActTable]
) -> AsyncIterator[Route]:
    """The log of the authority's `tables`, written until the context ends; the route to its head."""
    files = LedgerFiles(parts.settings.home)
    path = files.audit_log(role)
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(AuditLog(path, SystemEntropy())) as log:
        timetable = Timetable(period=timedelta(seconds=parts.settings.anchor_seconds))
        trust = parts.settings.home / "trust"
        sources = ActSources(database=parts.database, tables=tables, trust=trust)
        pump = AuditPump(log, sources, SystemClock(), timetable)

        def head() -> PublishedHead | None:
            known = pump.head
            if known is None:
                return None
            return PublishedHead(published_at=known.published_at, size=known.size, root=known.root)

        task = asyncio.create_task(pump.run())
        try:
            yield head_route(head, shared_token(files.audit_token(role)))
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
