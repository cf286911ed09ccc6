"""Register events reach the cards: once, in time, through kills and races."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from mrc.authority.events import CarriedAct, EventParts, RegisterEvents, default_policy
from mrc.formats.status_list.bits import Status
from mrc.infra.database.engine import Database
from mrc.infra.stores.register_events import DatabaseEvents
from mrc.issuer.cards import Cards
from mrc.issuer.records import CardState, HolderReference, MobileCard
from mrc.kernel.errors import Forbidden, Unavailable
from mrc.registry.consequences import EventRecord, record_event
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.events import AddressChanged, RegisterEvent, RegistrationEnded, StayShortened
from mrc.registry.people import Address
from mrc.registry.residence import EndReason
from tests.simulators.front_desk_world import FrontDeskWorld, QuietPublisher, make_front_desk_world
from tests.simulators.losses import Carded, give_card, make_loss_world, statuses

DEPARTED = RegistrationEnded(on=date(2026, 2, 1), reason=EndReason.DEPARTURE)


@dataclass
class Scene:
    world: FrontDeskWorld
    events: RegisterEvents
    held: Carded

    async def card(self) -> MobileCard:
        found = await self.world.issuer.cards.find(self.held.card)
        assert found is not None
        return found

    def record(self, event: RegisterEvent) -> EventRecord:
        return EventRecord(
            registrant=self.held.person.id,
            event=event,
            actor="officer-1",
            reason="reported",
            at=self.world.clock.now(),
        )

    async def commit_only(self, event: RegisterEvent) -> None:
        """The register commits; the process is killed before it touches a card."""
        await record_event(
            self.record(event),
            store=self.world.registry,
            policy=default_policy(),
            rules=EligibilityRules(),
        )


def events_of(world: FrontDeskWorld, cards: Cards | None = None) -> RegisterEvents:
    return RegisterEvents(
        EventParts(
            registry=world.registry,
            store=DatabaseEvents(world.database),
            cards=cards or world.issuer.cards,
            publisher=QuietPublisher(world.issuer),
            rules=EligibilityRules(),
        )
    )


@pytest.fixture
async def scene(database: Database, tmp_path: Path) -> Scene:
    world = await make_front_desk_world(database, tmp_path, people=12)
    held = await give_card(world)
    return Scene(world, events_of(world), held)


async def test_a_departure_cancels_every_copy(scene: Scene) -> None:
    await scene.events.record(scene.record(DEPARTED))
    assert (await scene.card()).state is CardState.CANCELLED
    assert await statuses(scene.world, scene.held) == {Status.CANCELLED}


async def test_a_shortened_stay_makes_the_copies_stale(scene: Scene) -> None:
    person = scene.held.person
    assert person.residence.permitted_until is not None
    earlier = person.residence.permitted_until - timedelta(days=1)
    await scene.events.record(scene.record(StayShortened(until=earlier)))
    assert await statuses(scene.world, scene.held) == {Status.RENEWAL_NEEDED}


async def test_a_new_address_leaves_the_copies_good(scene: Scene) -> None:
    today = scene.world.clock.now().date()
    moved = AddressChanged(address=Address(text="부산광역시 중구 중앙대로 1", since=today))
    await scene.events.record(scene.record(moved))
    assert (await scene.card()).renewal_due
    assert await statuses(scene.world, scene.held) == {Status.VALID}


async def test_a_kill_between_register_and_cards_loses_nothing(scene: Scene) -> None:
    await scene.commit_only(DEPARTED)
    assert (await scene.card()).state is CardState.ACTIVE
    assert await events_of(scene.world).carry_out(now=scene.world.clock.now()) == 1
    assert (await scene.card()).state is CardState.CANCELLED


class DyingCards(Cards):
    """The process dies after the card moved and before the act is marked."""

    async def require_renewal(self, order, *, now):  # type: ignore[no-untyped-def]
        await super().require_renewal(order, now=now)
        raise Unavailable("the process", "killed")


async def test_a_kill_after_the_card_moved_does_not_move_it_again(scene: Scene) -> None:
    until = scene.held.person.residence.permitted_until
    assert until is not None
    await scene.commit_only(StayShortened(until=until - timedelta(days=1)))
    now = scene.world.clock.now()
    dying = events_of(scene.world, DyingCards(scene.world.issuer.store))
    with pytest.raises(Unavailable):
        await dying.carry_out(now=now)
    scene.world.clock.forward(timedelta(hours=1))
    now = scene.held.phone.world.now = scene.world.clock.now()
    await scene.held.phone.refresh()
    await scene.held.phone.collect(await scene.held.phone.request(scene.held.configuration))
    await events_of(scene.world).carry_out(now=now)
    assert not (await scene.card()).renewal_due, "the renewed card was marked again"


async def test_two_processes_move_a_card_once(scene: Scene) -> None:
    await scene.commit_only(DEPARTED)
    now = scene.world.clock.now()
    await asyncio.gather(*(events_of(scene.world).carry_out(now=now) for _ in range(4)))
    acts = await scene.held.acts(scene.world)
    assert acts.count("cancelled") == 1


async def test_an_announced_departure_waits_for_its_day(scene: Scene) -> None:
    day = scene.world.clock.now().date() + timedelta(days=10)
    await scene.events.record(scene.record(replace(DEPARTED, on=day)))
    assert (await scene.card()).state is CardState.ACTIVE
    scene.world.clock.forward(timedelta(days=11))
    await scene.events.carry_out(now=scene.world.clock.now())
    assert (await scene.card()).state is CardState.CANCELLED


class ForgetfulEvents(DatabaseEvents):
    async def mark_carried(self, act: CarriedAct) -> None:
        """Nothing is remembered: the act goes on waiting."""


async def test_an_act_that_goes_on_waiting_is_carried_once_a_call(scene: Scene) -> None:
    await scene.commit_only(DEPARTED)
    parts = EventParts(
        registry=scene.world.registry,
        store=ForgetfulEvents(scene.world.database),
        cards=scene.world.issuer.cards,
        publisher=QuietPublisher(scene.world.issuer),
        rules=EligibilityRules(),
    )
    assert await RegisterEvents(parts).carry_out(now=scene.world.clock.now()) == 1


async def test_nothing_is_carried_out_twice(scene: Scene) -> None:
    now = scene.world.clock.now()
    await scene.events.record(scene.record(DEPARTED))
    assert await scene.events.carry_out(now=now) == 0


async def test_a_person_without_a_card_is_no_error(scene: Scene) -> None:
    await scene.world.counter.cancel(scene.held.order("cancel first"), now=scene.world.clock.now())
    await scene.events.record(scene.record(DEPARTED))
    with pytest.raises(Forbidden):
        await scene.events.record(scene.record(DEPARTED))
    assert await scene.world.issuer.cards.live(HolderReference(scene.held.person.id)) == []


async def test_the_wallet_hears_of_newer_data_until_it_has_fetched_it(scene: Scene) -> None:
    losses = await make_loss_world(scene.world, scene.held)
    today = scene.world.clock.now().date()
    assert not await losses.door.update_waits(await losses.access("card"))
    moved = AddressChanged(address=Address(text="부산광역시 중구 중앙대로 1", since=today))
    await scene.events.record(scene.record(moved))
    assert await losses.door.update_waits(await losses.access("card"))
    scene.world.clock.forward(timedelta(hours=1))
    scene.held.phone.world.now = scene.world.clock.now()
    await scene.held.phone.refresh()
    await scene.held.phone.collect(await scene.held.phone.request(scene.held.configuration))
    assert not await losses.door.update_waits(await losses.access("card"))
