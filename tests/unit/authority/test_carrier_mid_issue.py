"""The carrier goes down between the decision and the text message with the code."""

from dataclasses import replace

from mrc.authority.desk import Desk, IssueOrder
from mrc.infra.database.engine import Database
from mrc.issuer.records import HolderReference, OfferState
from mrc.kernel.errors import Unavailable
from tests.simulators.front_desk_world import CarrierInMemory, make_front_desk_world
from tests.simulators.losses import OFFICER, eligible_people


class Mute(CarrierInMemory):
    """Knows whose line it is; `mute` it sends no message."""

    mute = False

    async def send_code(self, number, code):
        if self.mute:
            raise Unavailable("the carrier's messages")
        await super().send_code(number, code)


async def test_a_code_that_could_not_be_sent_issues_nothing_and_a_new_one_does(
    database: Database, tmp_path
) -> None:
    world = await make_front_desk_world(database, tmp_path, people=12)
    carrier = Mute()
    world.desk = Desk(replace(world.desk._parts, carrier=carrier))
    world.carrier = carrier
    person = (await eligible_people(world))[0]
    order = IssueOrder(registrant=person.id, officer=OFFICER)
    carrier.mute = True
    first = await world.desk.offer(order, now=world.clock.now())
    assert not first.code_sent
    assert carrier.sent == {}
    assert await world.issuer.cards.live(HolderReference(person.id)) == []
    carrier.mute = False
    assert await world.counter.withdraw(first.offer.id)
    second = await world.desk.offer(order, now=world.clock.now())
    assert second.code_sent
    await world.collect(world.phone(), second.offer.link, person.phones[0])
    assert len(await world.issuer.cards.live(HolderReference(person.id))) == 1
    ended = await world.counter.progress(first.offer.id, now=world.clock.now())
    assert ended is OfferState.WITHDRAWN
