"""A person with a card on a phone, over the front desk's world, and what its lists say."""

from dataclasses import dataclass

import sqlalchemy as sa

from mrc.authority.counter import Officer
from mrc.authority.desk import IssueOrder
from mrc.formats.status_list.bits import Status
from mrc.infra.database.issuer_tables import card_events, copies
from mrc.issuer.cards import Order
from mrc.issuer.records import HolderReference, MobileCardId
from mrc.registry.people import Registrant
from tests.simulators.front_desk_world import FrontDeskWorld, reference_of
from tests.simulators.issuing import Phone

OFFICER = Officer(id="officer-1", office="SEL", session="s-1")
_STATUSES = sa.select(copies.c.status).where(copies.c.card == sa.bindparam("of_card")).distinct()
_ACTS = (
    sa.select(card_events.c.act)
    .where(card_events.c.card == sa.bindparam("of_card"))
    .order_by(card_events.c.position)
)


@dataclass
class Carded:
    """`configuration` is the credential that the phone collected."""

    person: Registrant
    phone: Phone
    card: MobileCardId
    configuration: str

    @property
    def holder(self) -> HolderReference:
        return HolderReference(self.person.id)

    def order(self, reason: str) -> Order:
        return Order(holder=self.holder, actor=OFFICER.id, reason=reason)

    async def acts(self, world: FrontDeskWorld) -> list[str]:
        async with world.database.reading() as tx:
            return [row["act"] for row in await tx.fetch_all(_ACTS, {"of_card": self.card})]


async def eligible_people(world: FrontDeskWorld) -> list[Registrant]:
    found = []
    async for person in world.registry.registrants():
        if person.phones:
            assessed = await world.desk.assess(
                IssueOrder(registrant=person.id, officer=OFFICER), now=world.clock.now()
            )
            if assessed.eligible:
                found.append(person)
    return found


async def give_card(
    world: FrontDeskWorld, person: Registrant | None = None, *, replace: bool = False
) -> Carded:
    """The counter's visit: an offer, a code by text message, copies on a phone."""
    chosen = person or (await eligible_people(world))[0]
    order = IssueOrder(registrant=chosen.id, officer=OFFICER, replacement_agreed=replace)
    issued = await world.desk.offer(order, now=world.clock.now())
    phone = world.phone()
    await world.collect(phone, issued.offer.link, chosen.phones[0])
    (card,) = await world.issuer.cards.live(HolderReference(chosen.id))
    offer = await world.issuer.offers.progress(issued.offer.id, now=world.clock.now())
    assert offer is not None, reference_of(issued.offer.link)
    configuration = issued.offer.offer.credential_configuration_ids[0]
    return Carded(person=chosen, phone=phone, card=card.id, configuration=configuration)


async def statuses(world: FrontDeskWorld, held: Carded) -> set[Status]:
    """What all the lists say about the card's copies."""
    async with world.database.reading() as tx:
        rows = await tx.fetch_all(_STATUSES, {"of_card": held.card})
    return {Status(row["status"]) for row in rows}
