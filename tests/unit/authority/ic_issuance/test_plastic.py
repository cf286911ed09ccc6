"""Loss, expiry and replacement of the plastic card, and what hangs on it."""

from datetime import date, timedelta

import pytest

from mrc.authority.ic_issuance.plastic import (
    ChipCards,
    PlasticEnd,
    PlasticParts,
    PlasticPolicy,
    PlasticReason,
    Report,
)
from mrc.authority.ic_issuance.ports import IcCardStatus
from mrc.formats.catalogue.card_types import CardType
from mrc.ic_card.personalisation.job import Job
from mrc.issuer.offers import OfferOrder
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden
from mrc.registry.consequences import CardAction
from tests.simulators.ic_card_world import order
from tests.simulators.ic_issuance_world import HOLDER, NUMBER, made_card, refused


def report(because: PlasticEnd = PlasticEnd.LOST, number: str = NUMBER) -> Report:
    return Report(document_number=number, because=because, actor="kim", reason="test")


async def test_personalising_enters_the_card_in_the_register(world):
    holder = await world.registry.find(HOLDER)
    assert holder.card.document_number == NUMBER
    assert (await world.cards.find(NUMBER)).status is IcCardStatus.ACTIVE


async def test_the_same_record_again_changes_nothing(world):
    before = await world.registry.find(HOLDER)
    await world.chip_cards.register(
        made_card(world.record), HOLDER, actor="office", now=world.clock.now()
    )
    assert (await world.registry.find(HOLDER)).version == before.version


async def test_a_lost_card_issues_nothing_and_its_mobile_card_ends(world):
    await (await world.phone()).receive()
    moved = await world.chip_cards.end(report(), now=world.clock.now())
    assert len(moved) == 1
    assert await world.live() == []
    phone = await world.phone()
    assert await refused(phone.tap()) == "card_lost"
    await world.chip_cards.found(NUMBER, now=world.clock.now())
    await phone.receive()


async def test_policy_may_leave_the_mobile_card(world):
    await (await world.phone()).receive()
    policy = PlasticPolicy(actions={PlasticEnd.LOST: CardAction.NONE})
    parts = PlasticParts(
        cards=world.cards, registry=world.registry, mobile=world.issuer.cards, policy=policy
    )
    assert await ChipCards(parts).end(report(), now=world.clock.now()) == ()
    assert len(await world.live()) == 1


async def test_policy_may_ask_for_a_renewal(world):
    await (await world.phone()).receive()
    policy = PlasticPolicy(actions={PlasticEnd.LOST: CardAction.RENEWAL_NEEDED})
    parts = PlasticParts(
        cards=world.cards, registry=world.registry, mobile=world.issuer.cards, policy=policy
    )
    (moved,) = await ChipCards(parts).end(report(), now=world.clock.now())
    assert moved.renewal_due


async def test_a_mobile_card_from_the_counter_does_not_hang_on_plastic(world):
    await (await world.phone()).tap()  # cleared, never collected
    offer = await world.issuer.offers.make(
        OfferOrder(
            holder=HolderReference(HOLDER),
            card_type=CardType.RESIDENCE,
            officer="kim",
            office="SEL",
            session="desk-1",
        ),
        now=world.clock.now(),
    )
    receiving = (await (await world.phone()).wallet()).receiving
    offered = await receiving.look_at(offer.link)
    await receiving.collect(await receiving.redeem(offered, tx_code=offer.tx_code))
    assert await world.chip_cards.end(report(), now=world.clock.now()) == ()
    assert len(await world.live()) == 1


async def test_a_replaced_card_ends_with_what_hangs_on_it(world):
    await (await world.phone()).receive()
    chip, record = await world.office.make(job=Job(order=order("M0NEWCARD")))
    await world.chip_cards.register(
        made_card(record), HOLDER, actor="office", now=world.clock.now()
    )
    assert await world.live() == []
    assert (await world.cards.find(NUMBER)).status is IcCardStatus.ENDED
    holder = await world.registry.find(HOLDER)
    assert holder.card.document_number == "M0NEWCARD"
    assert [card.ended_on is not None for card in holder.cards] == [True, False]
    phone = await world.phone()
    assert await refused(phone.tap()) == "card_not_active"
    await phone.receive(chip=chip)


async def test_an_expired_card_ends_by_the_calendar(world):
    await (await world.phone()).receive()
    later = world.clock.now() + timedelta(days=365 * 6)
    assert await world.chip_cards.end_expired(now=later) == 1
    assert await world.chip_cards.end_expired(now=later) == 0
    assert (await world.cards.find(NUMBER)).status is IcCardStatus.ENDED
    assert await world.issuer.cards.live(HolderReference(HOLDER)) == []


async def test_an_expired_card_issues_nothing(world):
    chip, record = await world.office.make(job=Job(order=order("M0OLDCARD")))
    await world.chip_cards.register(
        made_card(record, date(2026, 6, 30)), HOLDER, actor="office", now=world.clock.now()
    )
    assert await refused((await world.phone()).tap(chip=chip)) == "card_expired"


@pytest.mark.parametrize(
    ("because", "number", "reason"),
    [(PlasticEnd.LOST, "M-NOBODY", PlasticReason.UNKNOWN_CARD)],
)
async def test_unknown_cards_are_told(world, because, number, reason):
    with pytest.raises(Forbidden) as caught:
        await world.chip_cards.end(report(because, number), now=world.clock.now())
    assert caught.value.reason is reason


async def test_an_ended_card_is_neither_lost_nor_found(world):
    now = world.clock.now()
    await world.chip_cards.end(report(PlasticEnd.HANDED_BACK), now=now)
    with pytest.raises(Forbidden):
        await world.chip_cards.end(report(), now=now)
    with pytest.raises(Forbidden):
        await world.chip_cards.found(NUMBER, now=now)


async def test_a_number_or_key_of_another_card_is_refused(world):
    from dataclasses import replace

    made, now = made_card(world.record), world.clock.now()
    for changed, reason in (
        (replace(made, sod_hash=b"other"), PlasticReason.ANOTHER_CARD_OF_THIS_NUMBER),
        (replace(made, document_number="M-COPY"), None),
    ):
        with pytest.raises(Forbidden) as caught:
            await world.chip_cards.register(changed, HOLDER, actor="office", now=now)
        assert reason is None or caught.value.reason is reason
