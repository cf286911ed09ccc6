"""Others that do not answer: wallet provider and carrier, before, in the middle and afterwards.

Nothing is half-issued, nothing is lost, and what could not be done is done at the next try.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mrc.infra.settings import Host
from mrc.kernel.errors import Rejected, Unavailable
from mrc.kernel.findings import Outcome
from mrc.wallet.holdings import Card, CardState
from tests.simulators.ic_issuance_world import IcPhone, IcWorld, ic_world
from tests.simulators.unlocking import unlock

WEEK = timedelta(days=7)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IcWorld]:
    async with ic_world(tmp_path) as made:
        yield made


def provider_of(world: IcWorld) -> str:
    return urlsplit(world.settings.url_of(Host.PROVIDER)).netloc


async def the_card(phone: IcPhone) -> Card:
    (card,) = await (await phone.wallet()).records.cards()
    return card


def ids(card: Card) -> set[str]:
    return {copy.id for copy in card.copies}


# The wallet provider.


async def test_a_provider_that_is_down_stops_a_collection_before_the_card_is_needed(
    world: IcWorld,
) -> None:
    phone = await world.phone()
    phone.network.down.add(provider_of(world))
    with pytest.raises(Unavailable):
        await phone.tap()
    assert world.chip.load().pin_left == 5
    assert await world.live() == []
    phone.network.down.clear()
    await phone.receive()
    assert len(await world.live()) == 1


async def test_a_provider_that_goes_down_in_the_middle_leaves_a_card_on_its_way(
    world: IcWorld,
) -> None:
    """Between the token and the attestation of the copies' keys."""
    phone = await world.phone()
    tapped = await phone.tap()
    phone.network.down.add(provider_of(world))
    opened = await phone.wallet()
    with pytest.raises(Unavailable):
        await opened.receiving.collect(tapped.pending)
    assert await world.live() == [], "nothing is half-issued"
    (waiting,) = await opened.pending.all()
    phone.network.down.clear()
    received = await opened.receiving.collect(waiting)
    await opened.receiving.accept(received)
    assert len(await world.live()) == 1
    kept = {key for batch in tapped.pending.batches for key in batch.key_ids}
    assert {copy.key_id for copy in received.card.copies} <= kept, "with the same keys"


async def test_a_renewal_without_a_provider_keeps_the_copies_and_is_made_up_for(
    world: IcWorld,
) -> None:
    phone = await world.phone()
    card = await phone.receive()
    opened = await phone.wallet()
    phone.network.down.add(provider_of(world))
    with pytest.raises(Unavailable):
        await opened.renewing.renew(card.id)
    kept = await the_card(phone)
    assert (kept.state, ids(kept)) == (CardState.USABLE, ids(card))
    phone.network.down.clear()
    await opened.look_after_cards()
    after = await the_card(phone)
    assert ids(after).isdisjoint(ids(card))
    assert len(await world.live()) == 1


async def test_a_card_is_locked_and_unlocked_while_no_provider_answers(world: IcWorld) -> None:
    """The attestation in force is enough: a loss waits for nobody."""
    phone = await world.phone()
    card = await phone.receive()
    phone.network.down.add(provider_of(world))
    opened = await phone.wallet()
    await opened.locking.lock(card.id)
    (live,) = await world.live()
    assert live.locked
    await unlock(phone)
    (live,) = await world.live()
    assert not live.locked


# The carrier, before copies are made anew.


async def test_a_number_that_is_anothers_now_gets_no_new_copies(world: IcWorld) -> None:
    phone = await world.phone()
    card = await phone.receive()
    opened = await phone.wallet()
    world.carrier.renewal = Outcome.FAILED
    with pytest.raises(Rejected):
        await opened.renewing.renew(card.id)
    kept = await the_card(phone)
    assert ids(kept) == ids(card)
    (live,) = await world.live()
    assert not live.locked, "a comparison may err: the copies run out, the card is not locked"


async def test_a_silent_carrier_gives_copies_that_end_within_a_week(world: IcWorld) -> None:
    phone = await world.phone()
    card = await phone.receive()
    assert card.valid_until > world.clock.now() + WEEK
    opened = await phone.wallet()
    world.carrier.renewal = Outcome.UNDETERMINED
    renewed = await opened.renewing.renew(card.id)
    assert renewed.card.valid_until <= world.clock.now() + WEEK
    world.carrier.renewal = Outcome.PASSED
    again = await opened.renewing.renew(renewed.card.id)
    assert again.card.valid_until > world.clock.now() + WEEK


async def test_a_carrier_that_goes_down_between_chip_and_copies_gives_short_ones(
    world: IcWorld,
) -> None:
    """Mid-issue: the line's owner was known when the chip was proved."""
    phone = await world.phone()
    tapped = await phone.tap()
    world.carrier.renewal = Outcome.UNDETERMINED
    opened = await phone.wallet()
    received = await opened.receiving.collect(tapped.pending)
    card = await opened.receiving.accept(received)
    assert card.valid_until <= world.clock.now() + WEEK
    assert len(await world.live()) == 1


async def test_a_number_that_is_found_to_be_anothers_mid_issue_issues_nothing(
    world: IcWorld,
) -> None:
    phone = await world.phone()
    tapped = await phone.tap()
    world.carrier.renewal = Outcome.FAILED
    with pytest.raises(Rejected):
        await (await phone.wallet()).receiving.collect(tapped.pending)
    assert await world.live() == []
