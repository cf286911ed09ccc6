"""Pumps what was done into the audit log: acts of the register, of cards and of the staff, and trust.

Every act comes with a source that its own store gave it for ever, so that repeating appends nothing. Acts
are read from a little before the last one seen: with several writers a lower number may be
committed after a higher one.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import structlog

from mrc.infra.database import issuer_tables, registry_tables, staff_tables
from mrc.infra.database.engine import Database, Row
from mrc.infra.stores.audit import AuditedAct, AuditLog, LogHead
from mrc.kernel.errors import MrcError
from mrc.kernel.ports import Clock
from mrc.ledger.timetable import Timetable

OVERLAP = 200
BATCH = 500
PUMP_SECONDS = 2.0
HEAD_LEAD_SECONDS = 2.0  # a head is published a little before the tick that anchors it
_TRUST = "trust"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActTable:
    """One append-only table of acts. `act` and `subject` name its columns."""

    name: str
    table: sa.Table
    act: str
    subject: str

    def after(self) -> sa.Select[tuple[object, ...]]:
        position = self.table.c.position
        chosen = sa.select(self.table).where(position > sa.bindparam("after"))
        return chosen.order_by(position).limit(BATCH)

    def audited(self, row: Row) -> AuditedAct:
        return AuditedAct(
            source=f"{self.name}:{row['position']}",
            kind=f"{self.name}.{row[self.act]}",
            at=row["at"],
            actor=row["actor"],
            subject=row[self.subject] or "",
            detail=row["reason"],
        )


CARD_ACTS = ActTable(name="card", table=issuer_tables.card_events, act="act", subject="card")

ISSUER_TABLES: Sequence[ActTable] = (CARD_ACTS,)
"""What every issuer does."""

IMMIGRATION_TABLES: Sequence[ActTable] = (
    ActTable(name="register", table=registry_tables.acts, act="kind", subject="registrant"),
    CARD_ACTS,
    ActTable(name="staff", table=staff_tables.acts, act="kind", subject="subject"),
)
"""What the authority does that also keeps the register and a front desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActSources:
    """Where acts stand: tables of a database, and the folder of trusted roots."""

    database: Database
    tables: Sequence[ActTable]
    trust: Path


class AuditPump:
    """The log's one writer in a running authority."""

    def __init__(
        self, log: AuditLog, sources: ActSources, clock: Clock, timetable: Timetable
    ) -> None:
        self._log = log
        self._database = sources.database
        self._tables = sources.tables
        self._trust = sources.trust
        self._clock = clock
        self._timetable = timetable
        self.head: LogHead | None = None  # the newest published one

    async def run(self) -> None:
        """Pump, and publish a head for every tick, until cancelled."""
        self.head = await asyncio.to_thread(self._newest_head)
        due = self._due()
        while True:
            await self._pump_safely()
            if self.head is None or self._clock.now() >= due:
                await self._publish_safely()
                due = self._due()
            wait = (due - self._clock.now()).total_seconds()
            await asyncio.sleep(min(PUMP_SECONDS, max(wait, 0.05)))

    async def pump(self) -> None:
        """Append everything that is not in the log yet."""
        for table in self._tables:
            await self._pump_table(table)
        await asyncio.to_thread(self._pump_trust)

    async def _publish_safely(self) -> None:
        """A full disk leaves the head as it was: the next tick tries again."""
        try:
            self.head = await asyncio.to_thread(self._log.publish, self._clock.now())
        except sqlite3.Error as error:
            _log.warning("audit_head_not_published", detail=str(error))

    async def _pump_safely(self) -> None:
        try:
            await self.pump()
        except (MrcError, sqlite3.Error) as error:
            _log.warning("audit_not_pumped", error=type(error).__name__, detail=str(error))

    async def _pump_table(self, table: ActTable) -> None:
        after = max(0, await asyncio.to_thread(self._log.last_number, table.name) - OVERLAP)
        statement = table.after()
        while True:
            async with self._database.reading() as tx:
                rows = await tx.fetch_all(statement, {"after": after})
            if rows:
                acts = [table.audited(row) for row in rows]
                await asyncio.to_thread(self._log.append, *acts)
                after = int(rows[-1]["position"])
            if len(rows) < BATCH:
                return

    def _pump_trust(self) -> None:
        """Roots that came, changed or went; the last known state is read from the log itself."""
        known = self._log.sources(_TRUST)
        states, counts = _fold(known)
        now, acts = self._clock.now(), []
        current = {
            str(path.relative_to(self._trust)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self._trust.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        for name in sorted({*current, *states}):
            state = current.get(name, "removed")
            if states.get(name, "removed") != state:
                number = counts.get(name, 0)
                acts.append(_trust_act(name, state, number, now))
        if acts:
            self._log.append(*acts)

    def _newest_head(self) -> LogHead | None:
        heads = self._log.heads()
        return heads[-1] if heads else None

    def _due(self) -> datetime:
        """A little before the next tick."""
        now = self._clock.now()
        lead = min(HEAD_LEAD_SECONDS, self._timetable.period.total_seconds() / 4)
        due = self._timetable.next_after(now).timestamp() - lead
        if due <= now.timestamp():
            due += self._timetable.period.total_seconds()
        return datetime.fromtimestamp(due, now.tzinfo)


def _fold(sources: Sequence[str]) -> tuple[Mapping[str, str], Mapping[str, int]]:
    """The last state of each root, and how often it changed."""
    states: dict[str, str] = {}
    counts: dict[str, int] = {}
    for source in sources:
        _, name, _, state = source.split(":")
        states[name] = state
        counts[name] = counts.get(name, 0) + 1
    return states, counts


def _trust_act(name: str, state: str, number: int, at: datetime) -> AuditedAct:
    kind = "trust.removed" if state == "removed" else "trust.set"
    return AuditedAct(
        source=f"{_TRUST}:{name}:{number}:{state}",
        kind=kind,
        at=at,
        actor="operator",
        subject=name,
        detail=state,
    )
