"""A mobile card collected at home with the chip card: the whole way, over HTTP in this process."""

from mrc.wallet.ic_card import TapStep
from tests.simulators.ic_issuance_world import NUMBER, Person


async def test_the_chip_is_the_authorization(world):
    phone, person = await world.phone(), Person()
    tapped = await phone.tap(person)
    assert tapped.round_trips == 4
    assert person.asked_with == [None]
    assert person.seen[-1] is TapStep.COLLECTING
    opened = await phone.wallet()
    received = await opened.receiving.collect(tapped.pending)
    assert set(received.card.types) == {"mso_mdoc", "dc+sd-jwt"}
    assert {name.rsplit("_", 2)[0] for name in received.card.configuration_ids.values()}
    (live,) = await world.live()
    assert live.phone in await world.cards.phones_of(NUMBER)
