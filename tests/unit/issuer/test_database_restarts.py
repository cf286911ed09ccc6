"""The database crashes and comes back while phones collect and cards are locked.

A server of its own: one of its processes is killed, whereupon PostgreSQL ends every connection and
recovers from its log. Whoever was not answered asks again.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import psycopg
import pytest
import sqlalchemy as sa

from mrc.formats.status_list.bits import Status
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.issuer_tables import card_events, cards, copies
from mrc.infra.database.upgrade import upgrade
from mrc.issuer.cards import Order
from mrc.issuer.records import HolderReference, OneTimeUse
from mrc.kernel.errors import Unavailable
from tests import postgres_server
from tests.simulators.issuing import MDOC, Phone, World, make_world

T = TypeVar("T")
CRASHES, TRIES = 4, 400
PEOPLE = [HolderReference(f"person-{number}") for number in range(6)]


@pytest.fixture
async def crashing(postgres: str) -> AsyncIterator[tuple[Database, str]]:
    """A database, and the address of its server for the one who kills it."""
    with postgres_server.own_server("crashing") as url:
        upgrade(url)
        async with open_database(url) as database:
            yield database, url.partition("?")[2]


async def insist(act: Callable[[], Awaitable[T]]) -> T:
    """Ask until the database answers."""
    for _ in range(TRIES):
        try:
            return await act()
        except Unavailable:
            await asyncio.sleep(0.02)
    raise AssertionError("the database did not come back")


def crash(host: str) -> None:
    """Kill one of the server's own processes, as a fault in it would."""
    with psycopg.connect(f"{host} user=postgres dbname=postgres") as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"
        ).fetchone()
    assert row is not None
    os.kill(int(row[0]), signal.SIGKILL)


async def keep_crashing(host: str, done: asyncio.Event) -> int:
    crashes = 0
    while crashes < CRASHES or not done.is_set():
        try:
            await asyncio.to_thread(crash, host)
        except psycopg.OperationalError:
            await asyncio.sleep(0.02)  # still recovering
            continue
        crashes += 1
        await asyncio.sleep(0.15)
    return crashes


async def test_phones_collect_and_cards_are_locked_through_crashes(
    crashing: tuple[Database, str],
) -> None:
    database, host = crashing
    world, done = make_world(database), asyncio.Event()
    phones = {person: [Phone(world=world), Phone(world=world)] for person in PEOPLE}
    for person, pair in phones.items():
        for phone in pair:
            await phone.redeem(await world.offer(holder=person))
    killer = asyncio.create_task(keep_crashing(host, done))
    try:
        await asyncio.gather(*[collect_both(pair) for pair in phones.values()])
        await asyncio.gather(*[insist(locking(world, person)) for person in PEOPLE])
    finally:
        done.set()
    assert await killer >= CRASHES
    await insist(lambda: world.issuer.cards.live(PEOPLE[0]))
    for person in PEOPLE:
        await check(database, person)


async def collect_both(pair: list[Phone]) -> None:
    """One phone after the other; the second ends the first. The same request until an answer."""
    for phone in pair:
        request = await phone.request(MDOC)
        first = await insist(lambda phone=phone, request=request: phone.collect(request))
        again = await insist(lambda phone=phone, request=request: phone.collect(request))
        assert again.credentials == first.credentials, "a repeated request gets the same copies"


def locking(world: World, person: HolderReference) -> Callable[[], Awaitable[object]]:
    """A loss report: once, however often it is taken."""
    once = OneTimeUse(digest=person.encode().ljust(32), expires_at=world.now.replace(year=2100))
    order = Order(holder=person, actor="caller", reason="lost", channel="wallet", once=once)
    return lambda: world.issuer.cards.lock(order, now=world.now)


async def check(database: Database, person: HolderReference) -> None:
    """One live card, locked once; every copy says what its card says; no copy too many."""
    async with database.reading() as tx:
        found = await tx.fetch_all(sa.select(cards).where(cards.c.holder == person))
        (live,) = [row for row in found if row["ended_at"] is None]
        assert len(found) == 2
        assert live["locked"]
        for row in found:
            rows = await tx.fetch_all(sa.select(copies).where(copies.c.card == row["id"]))
            expected = Status.LOCKED if row is live else Status.CANCELLED
            assert [Status(copy["status"]) for copy in rows] == [expected] * 3
            acts = await tx.fetch_all(
                sa.select(card_events.c.act)
                .where(card_events.c.card == row["id"])
                .order_by(card_events.c.position)
            )
            last = "locked" if row is live else "replaced"
            assert [act["act"] for act in acts] == ["issued", last]
