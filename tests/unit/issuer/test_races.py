"""Many at the same moment: every phone gets its turn, the last one keeps its card."""

import asyncio
from collections.abc import Awaitable

from mrc.formats.catalogue.card_types import CardType
from mrc.infra.database.engine import open_database
from mrc.issuer.cards import Order
from mrc.issuer.configuration import StatusPolicy
from mrc.issuer.reasons import Reason
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Unavailable
from tests.simulators.issuing import HOLDER, MDOC, SD_JWT, Phone, World, make_world


async def test_eight_phones_at_once_each_get_copies_and_one_card_lives(both: World) -> None:
    phones = [Phone(world=both) for _ in range(8)]
    for phone in phones:
        await phone.redeem(await both.offer())
    requests = [await phone.request() for phone in phones]
    pairs = zip(phones, requests, strict=True)
    answers = await asyncio.gather(*[phone.collect(request) for phone, request in pairs])
    assert {len(answer.credentials) for answer in answers} == {3}
    assert len(await both.issuer.cards.live(HOLDER)) == 1


async def test_cards_on_the_same_lists_are_moved_at_the_same_time(postgresql_url: str) -> None:
    """Two people with two cards each, whose copies stand on two lists in opposite orders."""
    policy = StatusPolicy(list_size=24, decoys=8, reserve=3)
    async with open_database(postgresql_url) as database:
        world = make_world(database, status=policy)
        holders = [HolderReference(f"person-{number}") for number in range(6)]
        for turn in range(2):
            for number, holder in enumerate(holders):
                types = [CardType.RESIDENCE, CardType.PERMANENT]
                chosen = types[(turn + number) % 2]
                phone = Phone(world=world)
                await phone.redeem(await world.offer(holder=holder, card_type=chosen))
                await phone.collect(await phone.request(f"{chosen.value}_mdoc"))
        for _ in range(15):
            for act in (world.issuer.cards.lock, world.issuer.cards.unlock):
                orders = [Order(holder=one, actor="officer", reason="race") for one in holders]
                await asyncio.gather(*[act(order, now=world.now) for order in orders])


async def test_both_formats_at_once_on_several_phones_never_deadlock(both: World) -> None:
    """A phone's second request may find that its first made the card, while others end it."""
    for _ in range(12):
        phones = [Phone(world=both) for _ in range(4)]
        for phone in phones:
            await phone.redeem(await both.offer())
        asked = [
            phone.collect(await phone.request(name)) for phone in phones for name in (MDOC, SD_JWT)
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        failures = [one for one in answers if isinstance(one, BaseException)]
        assert {getattr(one, "cause", one) for one in failures} <= {
            Reason.CARD_ENDED,
            Reason.GRANT_ENDED,
        }
        assert len(await both.issuer.cards.live(HOLDER)) == 1


async def test_cards_of_both_types_are_issued_while_all_of_them_move(postgresql_url: str) -> None:
    """An issue holds the person's cards once: a card that came meanwhile is held by its own act."""
    async with open_database(postgresql_url) as database:
        world = make_world(database)
        order = Order(holder=HOLDER, actor="officer", reason="race")
        moves = (world.issuer.cards.lock, world.issuer.cards.unlock, world.issuer.cards.lock)
        for _ in range(40):
            acts: list[Awaitable[object]] = [move(order, now=world.now) for move in moves * 2]
            for card_type in (CardType.RESIDENCE, CardType.PERMANENT) * 3:
                phone = Phone(world=world)
                await phone.redeem(await world.offer(card_type=card_type))
                acts.append(phone.collect(await phone.request(f"{card_type.value}_mdoc")))
            answers = await asyncio.gather(*acts, return_exceptions=True)
            assert not [one for one in answers if isinstance(one, Unavailable)]
