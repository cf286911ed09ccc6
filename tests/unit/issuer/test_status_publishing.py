"""Publishing under load: nobody is forgotten, no list is dated far ahead, one signature serves all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from mrc.infra.stores.issuer import DatabaseIssuerStore
from mrc.issuer.cards import Order
from mrc.issuer.records import StatusListId
from mrc.issuer.status import FURTHEST_AHEAD, StatusLists
from mrc.issuer.store import IssuerTransaction
from tests.simulators.issuing import HOLDER, Phone, World, certified
from tests.simulators.pki import practice_pki

LOSS = Order(holder=HOLDER, actor="officer-1", reason="loss_report")


class CountingStore(DatabaseIssuerStore):
    """A real store that counts the publications that were tried."""

    tried = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[IssuerTransaction]:
        self.tried += 1
        async with super().transaction() as tx:
            yield tx


def publisher(world: World, pause: Callable[[float], Awaitable[None]]) -> StatusLists:
    signer = certified(practice_pki().status_signer)
    return StatusLists(
        world.issuer.configuration, CountingStore(world.database), signer, pause=pause
    )


async def no_pause(seconds: float) -> None:
    raise AssertionError(f"{seconds} s")


async def first_list(world: World) -> StatusListId:
    phone = Phone(world=world)
    await phone.redeem(await world.offer())
    await phone.collect()
    (uri,) = await world.issuer.status.uris()
    return StatusListId(uri.rpartition("/")[2])


async def test_a_change_that_a_reader_published_is_announced_all_the_same(world: World) -> None:
    name, lists = await first_list(world), publisher(world, no_pause)
    await lists.refresh(now=world.now)
    await world.issuer.cards.lock(LOSS, now=world.now)
    read = await lists.token(name, now=world.now)
    assert await lists.refresh(now=world.now) == [read]
    assert await lists.refresh(now=world.now) == []


async def test_a_burst_of_changes_waits_before_it_dates_a_list_far_ahead(world: World) -> None:
    waited = timedelta()

    async def pause(seconds: float) -> None:
        nonlocal waited
        waited += timedelta(seconds=seconds)

    name, lists = await first_list(world), publisher(world, pause)
    for _ in range(15):
        for act in (world.issuer.cards.lock, world.issuer.cards.unlock):
            await act(LOSS, now=world.now)
            token = await lists.token(name, now=world.now + waited)
            assert token is not None
            assert token.issued_at <= world.now + waited + FURTHEST_AHEAD
    assert timedelta() < waited < timedelta(seconds=30)


async def test_many_readers_after_a_change_share_one_publication(both: World) -> None:
    name, lists = await first_list(both), publisher(both, no_pause)
    await lists.token(name, now=both.now)
    await both.issuer.cards.lock(LOSS, now=both.now)
    store = lists._store
    assert isinstance(store, CountingStore)
    store.tried = 0
    tokens = await asyncio.gather(*[lists.token(name, now=both.now) for _ in range(30)])
    assert len({token.jwt for token in tokens if token is not None}) == 1
    assert store.tried == 1


async def test_changes_that_never_pause_do_not_keep_a_reader_from_its_list(world: World) -> None:
    """Each time the list is published something else has changed already."""
    name = await first_list(world)

    class RestlessStore(CountingStore):
        @asynccontextmanager
        async def reading(self) -> AsyncIterator[IssuerTransaction]:
            for act in (world.issuer.cards.lock, world.issuer.cards.unlock):
                await act(LOSS, now=world.now)
            async with super().reading() as tx:
                yield tx

    signer = certified(practice_pki().status_signer)
    lists = StatusLists(world.issuer.configuration, RestlessStore(world.database), signer)
    assert await lists.token(name, now=world.now) is not None
