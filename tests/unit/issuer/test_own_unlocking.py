"""The holder's own unlocking against everybody else's acts, on SQLite and PostgreSQL."""

import asyncio
from dataclasses import replace

import pytest

from mrc.issuer.cards import Order, OwnUnlock
from mrc.issuer.reasons import Reason
from mrc.issuer.records import CardState, HolderReference, MobileCard
from mrc.kernel.errors import Forbidden
from tests.simulators.issuing import HOLDER, SD_JWT, Phone, World

REPORT = Order(holder=HOLDER, actor="caller", reason="lost phone", channel="call_centre")
OFFICER = Order(holder=HOLDER, actor="officer-1", reason="seized")


async def card_on_a_phone(world: World) -> MobileCard:
    phone = Phone(world=world)
    await phone.redeem(await world.offer())
    await phone.collect(await phone.request(SD_JWT))
    (card,) = await world.issuer.cards.live(HOLDER)
    return card


def wish(card: MobileCard) -> OwnUnlock:
    return OwnUnlock(
        holder=card.holder,
        phone=card.phone,
        undoable=frozenset({"call_centre"}),
        actor="holder",
        reason="undone",
        channel="ic_card",
    )


async def refused(world: World, asked: OwnUnlock) -> Reason:
    with pytest.raises(Forbidden) as caught:
        await world.issuer.cards.unlock_own(asked, now=world.now)
    assert isinstance(caught.value.reason, Reason)
    return caught.value.reason


async def test_each_refusal_has_its_own_reason(both: World) -> None:
    cards, card = both.issuer.cards, await card_on_a_phone(both)
    asked = wish(card)
    assert await refused(both, replace(asked, phone="another")) is Reason.NO_CARD_OF_PHONE
    stranger = replace(asked, holder=HolderReference("stranger"))
    assert await refused(both, stranger) is Reason.CARD_OF_ANOTHER
    assert await refused(both, asked) is Reason.NOT_LOCKED
    await cards.lock(REPORT, now=both.now)
    assert await refused(both, stranger) is Reason.CARD_OF_ANOTHER
    assert await refused(both, replace(asked, undoable=frozenset())) is Reason.LOCKED_BY_OFFICE
    await cards.lock(OFFICER, now=both.now)
    assert await refused(both, asked) is Reason.LOCKED_BY_OFFICE
    await cards.unlock(OFFICER, now=both.now)
    await cards.lock(REPORT, now=both.now)
    assert not (await cards.unlock_own(asked, now=both.now)).locked
    await cards.cancel(OFFICER, now=both.now)
    assert await refused(both, asked) is Reason.CARD_ENDED


async def test_a_lock_from_before_channels_were_kept_counts_as_an_officers(both: World) -> None:
    card = await card_on_a_phone(both)
    await both.issuer.cards.lock(replace(REPORT, channel=None), now=both.now)
    assert await refused(both, wish(card)) is Reason.LOCKED_BY_OFFICE


async def test_renewal_that_fell_due_meanwhile_is_still_due_after_unlocking(both: World) -> None:
    cards, card = both.issuer.cards, await card_on_a_phone(both)
    await cards.lock(REPORT, now=both.now)
    await cards.require_renewal(OFFICER, now=both.now)
    await cards.unlock_own(wish(card), now=both.now)
    found = await cards.find(card.id)
    assert found is not None
    assert found.state is CardState.RENEWAL_NEEDED


async def test_an_officer_who_locks_at_the_same_moment_always_wins(both: World) -> None:
    cards, card = both.issuer.cards, await card_on_a_phone(both)
    for _ in range(12):
        await cards.lock(REPORT, now=both.now)
        await asyncio.gather(
            cards.unlock_own(wish(card), now=both.now),
            cards.lock(OFFICER, now=both.now),
            return_exceptions=True,
        )
        (live,) = await cards.live(HOLDER)
        assert live.locked
        assert await refused(both, wish(card)) is Reason.LOCKED_BY_OFFICE
        await cards.unlock(OFFICER, now=both.now)


async def test_a_cancel_at_the_same_moment_is_for_good(both: World) -> None:
    cards, card = both.issuer.cards, await card_on_a_phone(both)
    await cards.lock(REPORT, now=both.now)
    await asyncio.gather(
        cards.unlock_own(wish(card), now=both.now),
        cards.cancel(OFFICER, now=both.now),
        return_exceptions=True,
    )
    found = await cards.find(card.id)
    assert found is not None
    assert found.state is CardState.CANCELLED
