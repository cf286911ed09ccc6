"""What fails in the middle leaves nothing behind: the wallet's next try starts clean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mrc.infra.stores.issuer import DatabaseIssuerStore
from mrc.issuer.store import IssuerTransaction
from mrc.kernel.errors import Unavailable
from tests.simulators.issuing import HOLDER, Phone, World


class FailingStore(DatabaseIssuerStore):
    """A real store whose next writing transaction dies just before its commit."""

    fail = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[IssuerTransaction]:
        async with super().transaction() as tx:
            yield tx
            if self.fail:
                self.fail = False
                raise Unavailable("database", "power cut before the commit")


def with_failing_store(world: World) -> FailingStore:
    store = FailingStore(world.database)
    for room in (world.issuer.collecting, world.issuer.tokens, world.issuer.cards):
        room._store = store
    return store


async def test_a_token_request_that_dies_leaves_the_code_unused(both: World) -> None:
    store, phone = with_failing_store(both), Phone(world=both)
    made = await both.offer()
    store.fail = True
    with pytest.raises(Unavailable):
        await phone.redeem(made)
    assert await phone.redeem(made)


async def test_an_issue_that_dies_leaves_no_card_and_no_claimed_nonce(both: World) -> None:
    store, first = with_failing_store(both), Phone(world=both)
    await first.redeem(await both.offer())
    await first.collect()
    live = await both.issuer.cards.live(HOLDER)
    second = Phone(world=both)
    await second.redeem(await both.offer())
    request = await second.request()
    store.fail = True
    with pytest.raises(Unavailable):
        await second.collect(request)
    assert await both.issuer.cards.live(HOLDER) == live
    assert await first.collect(await first.request("residence_sd_jwt"))
    assert await second.collect(request)
    assert [card.id for card in await both.issuer.cards.live(HOLDER)] != [live[0].id]
