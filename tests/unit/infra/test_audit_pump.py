"""The pump repeats nothing, forgets nothing, and tells trust that came, changed and went."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from mrc.infra.audit_pump import IMMIGRATION_TABLES, ISSUER_TABLES, ActSources, ActTable, AuditPump
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.issuer_tables import card_events, cards
from mrc.infra.database.staff_tables import acts
from mrc.infra.database.upgrade import upgrade
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.stores.audit import AuditLog
from mrc.ledger.timetable import Timetable

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
CARD = {
    "id": "card-1",
    "holder": "registrant-1",
    "card_type": "driving_licence",
    "phone": "phone-1",
    "issued_at": NOW,
    "locked": False,
    "renewal_due": False,
}


class Still:
    def now(self) -> datetime:
        return NOW


@dataclass
class Pumping:
    database: Database
    log: AuditLog
    trust: Path

    def pump(self) -> AuditPump:
        return AuditPump(self.log, self.sources(IMMIGRATION_TABLES), Still(), Timetable())

    def sources(self, tables: Sequence[ActTable]) -> ActSources:
        return ActSources(database=self.database, tables=tables, trust=self.trust)

    async def act(self, position: int) -> None:
        values = {"kind": "search", "actor": "officer-17", "subject": None, "reason": "a visit"}
        async with self.database.transaction() as tx:
            await tx.execute(sa.insert(acts), {"position": position, "at": NOW, **values})


@pytest.fixture
async def pumping(tmp_path: Path) -> AsyncIterator[Pumping]:
    url = f"sqlite:///{tmp_path / 'data.sqlite3'}"
    upgrade(url, "registry", "issuer", "staff")
    log = AuditLog(tmp_path / "audit.sqlite", SystemEntropy())
    async with open_database(url) as database:
        yield Pumping(database, log, tmp_path / "trust")
    log.close()


async def test_pumping_again_and_after_a_restart_appends_nothing(pumping: Pumping) -> None:
    for position in range(1, 4):
        await pumping.act(position)
    await pumping.pump().pump()
    await pumping.pump().pump()
    assert pumping.log.sources("staff") == ["staff:1", "staff:2", "staff:3"]


async def test_an_act_that_was_committed_late_is_not_lost(pumping: Pumping) -> None:
    await pumping.act(2)
    await pumping.pump().pump()
    await pumping.act(1)
    await pumping.pump().pump()
    assert sorted(pumping.log.sources("staff")) == ["staff:1", "staff:2"]


async def test_nobody_stands_in_a_leaf(pumping: Pumping) -> None:
    await pumping.act(1)
    await pumping.pump().pump()
    leaf = pumping.log.leaf(0)
    assert b"staff.search" in leaf
    assert b"officer-17" not in leaf
    assert b"a visit" not in leaf


async def test_trust_that_comes_changes_goes_and_comes_back_is_told_each_time(
    pumping: Pumping,
) -> None:
    root = pumping.trust / "issuer" / "police.pem"
    root.parent.mkdir(parents=True)
    for content in (b"one", b"two", None, b"two"):
        if content is None:
            root.unlink()
        else:
            root.write_bytes(content)
        await pumping.pump().pump()
        await pumping.pump().pump()
    states = [source.split(":")[3][:7] for source in pumping.log.sources("trust")]
    assert len(states) == 4
    assert states[2] == "removed"
    assert states[1] == states[3]


async def test_an_issuer_without_register_and_desk_is_pumped_from_its_cards(
    tmp_path: Path,
) -> None:
    """The police's and the interior's databases hold no register: what they did with cards counts."""
    url = f"sqlite:///{tmp_path / 'police.sqlite3'}"
    upgrade(url, "issuer", "loss")
    log = AuditLog(tmp_path / "audit.sqlite", SystemEntropy())
    values = {"card": "card-1", "act": "issued", "actor": "counter-3", "reason": "a visit"}
    async with open_database(url) as database:
        async with database.transaction() as tx:
            await tx.execute(sa.insert(cards), CARD)
            await tx.execute(sa.insert(card_events), {"position": 1, "at": NOW, **values})
        sources = ActSources(database=database, tables=ISSUER_TABLES, trust=tmp_path / "trust")
        for _ in range(2):
            await AuditPump(log, sources, Still(), Timetable()).pump()
    assert log.sources("card") == ["card:1"]
    leaf = log.leaf(0)
    assert b"card.issued" in leaf
    assert b"counter-3" not in leaf
    log.close()


async def test_a_disk_that_takes_no_head_for_a_while_does_not_end_the_log(pumping: Pumping) -> None:
    await pumping.act(1)
    pump, file = pumping.pump(), pumping.log._db
    file.execute("PRAGMA query_only = ON")
    task = asyncio.create_task(pump.run())
    with capture_logs() as told:
        while "audit_head_not_published" not in [each["event"] for each in told]:
            assert not task.done()
            await asyncio.sleep(0.01)
    file.execute("PRAGMA query_only = OFF")
    while pump.head is None:
        assert not task.done()
        await asyncio.sleep(0.01)
    task.cancel()
    assert pumping.log.size() == 1
