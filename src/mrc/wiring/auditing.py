"""Each issuing authority's audit log: pumped beside its other tasks, its head anchored with its lists."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

from mrc.infra.audit_pump import ActSources, ActTable, AuditPump
from mrc.infra.clock import SystemClock
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.stores.audit import AuditLog, LogHead
from mrc.ledger.timetable import Timetable
from mrc.wiring.ledger_files import LedgerFiles
from mrc.wiring.repeating import running
from mrc.wiring.server import ServerParts


@contextlib.asynccontextmanager
async def audited(
    parts: ServerParts, role: str, tables: Sequence[ActTable]
) -> AsyncIterator[Callable[[], LogHead | None]]:
    """The log of the authority's `tables`, written until the context ends; its newest head."""
    path = LedgerFiles(parts.settings.home).audit_log(role)
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(AuditLog(path, SystemEntropy())) as log:
        timetable = Timetable(period=timedelta(seconds=parts.settings.anchor_seconds))
        trust = parts.settings.home / "trust"
        sources = ActSources(database=parts.database, tables=tables, trust=trust)
        pump = AuditPump(log, sources, SystemClock(), timetable)
        async with running(f"audit log of {role}", pump.run()):
            yield lambda: pump.head
