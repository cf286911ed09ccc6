"""Phones with a locked card and IC cards to unlock it with, over the world of IC issuance."""

from datetime import date

from mrc.authority.loss.records import Channel, Target
from mrc.authority.loss.reports import NewReport
from mrc.ic_card.lds.residence import Residence as ChipResidence
from mrc.ic_card.personalisation.job import Job
from mrc.infra.database.engine import Row
from mrc.infra.database.issuer_tables import card_events
from mrc.infra.practice_faces import draw_face
from mrc.infra.readers.card_file import SoftwareChip
from mrc.issuer.cards import Order
from mrc.issuer.records import HolderReference, MobileCardId
from mrc.protocols.card_loss.unlock import Unlocked, UnlockRequest
from mrc.protocols.ic_issuance.messages import Answer, Demand, decode_demand, encode_answer
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.registry.acts import Act, ActKind
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber
from mrc.registry.people import RegistrantId
from mrc.registry.phones import decode_phone_number
from mrc.registry.store import Change
from mrc.wallet.holdings import Card
from mrc.wallet.unlocking import UnlockedByTap
from tests.simulators import ic_card_world as chips
from tests.simulators.ic_card_world import Unreliable
from tests.simulators.ic_issuance_world import (
    HOLDER,
    IcPhone,
    IcWorld,
    Person,
    Talk,
    made_card,
    person,
)

OTHER = RegistrantId("P-OTHER")


async def report(
    world: IcWorld, channel: Channel = Channel.CALL_CENTRE, holder: RegistrantId = HOLDER
) -> None:
    """Somebody reported the phone lost, by `channel`."""
    targets = [Target(holder=HolderReference(holder))]
    new = NewReport(channel=channel, actor="reporter", reason="lost phone", targets=targets)
    await world.losses.reports.take(new, now=world.clock.now())


async def lock_as_officer(world: IcWorld) -> None:
    await world.counter.lock(order("seized"), now=world.clock.now())


def order(reason: str) -> Order:
    return Order(holder=HolderReference(HOLDER), actor="officer-1", reason=reason)


async def locked_phone(world: IcWorld, channel: Channel = Channel.CALL_CENTRE) -> IcPhone:
    """A phone whose card was collected by IC card and then reported lost."""
    phone = await world.phone()
    await phone.receive()
    await report(world, channel)
    return phone


async def card_of(phone: IcPhone) -> Card:
    (card,) = await (await phone.wallet()).records.cards()
    return card


async def unlock(
    phone: IcPhone, who: Person | None = None, *, chip: SoftwareChip | None = None, lose_at=()
) -> UnlockedByTap:
    """The holder taps at home."""
    transport = Unreliable(chips.power_on(chip or phone.world.chip), lose_at)
    card = chips.CardConnection(transport, chips.CIPHERS)
    opened = await phone.wallet()
    return await opened.unlocking.unlock((await card_of(phone)).id, card, who or Person())


async def is_locked(world: IcWorld, holder: RegistrantId = HOLDER) -> bool:
    (card,) = await world.live(holder)
    return card.locked


async def events(world: IcWorld, card: MobileCardId) -> list[Row]:
    """The record of what happened to a card."""
    wanted = card_events.select().where(card_events.c.card == card)
    async with world.database.reading() as tx:
        return await tx.fetch_all(wanted.order_by(card_events.c.position), {})


async def another_person(world: IcWorld) -> SoftwareChip:
    """Another registrant with a genuine IC card of their own, PIN known."""
    number = "M0OTHER01"
    residence = ChipResidence(
        registration_number="9004126999999",
        status_of_stay="E-7-1",
        stay_from=date(2026, 1, 1),
        stay_until=date(2028, 12, 31),
        address="서울특별시",
    )
    chip, record = await world.office.make(
        job=Job(order=chips.order(number, residence=residence, full_name="다른 사람"))
    )
    other = person(
        id=OTHER,
        number=RegistrationNumber("9004126999999"),
        name=PersonName(family="TRẦN", given="MAI"),
        phones=(decode_phone_number("010-0000-0002"),),
    )
    act = Act(
        registrant=OTHER,
        kind=ActKind.ENTERED,
        actor="test",
        reason="test",
        at=world.clock.now(),
    )
    await world.registry.commit([Change(registrant=other, act=act, new=True, jpeg=draw_face(3))])
    await world.chip_cards.register(made_card(record), OTHER, actor="office", now=world.clock.now())
    return chip


class UnlockTalk(Talk):
    """The unlock endpoint's other side, message by message."""

    @classmethod
    async def at(cls, phone: IcPhone) -> "UnlockTalk":
        """With the key that the phone's card was issued to."""
        talk = await cls.of(phone)
        opened = await phone.wallet()
        kept = await opened.pending.find_token((await card_of(phone)).id)
        assert kept is not None
        talk.key = await phone.mobile_id._host.keys.signer(kept.token_key)
        return talk

    async def say(self, answer: Answer, **changes: object) -> Demand | Unlocked:
        request = UnlockRequest(
            client_id=None if self.client is None else self.client.client_id,
            auth_session=self.session,
            answer=encode_answer(answer),
        )
        try:
            return await self._issuers.unlock(
                self.issuer, request, key=self.key, client=self.client
            )
        except OAuthError as error:
            if error.code is not OAuthErrorCode.INSUFFICIENT_AUTHORIZATION:
                raise
            self.session = str(error.members["auth_session"])
            return decode_demand(error.members)
