"""A person with a card on a phone, over the front desk's world, and what its lists say."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mrc.authority.counter import Counter, Officer
from mrc.authority.desk import IssueOrder
from mrc.authority.loss.carriers import CarrierDesk, NoticeDesk, SignedReports
from mrc.authority.loss.codes import CodeKey, TryCounter, TryLimits
from mrc.authority.loss.holders import CodeDesk, CodeParts, HolderDoor
from mrc.authority.loss.reports import LossReports
from mrc.formats.status_list.bits import Status
from mrc.infra.database.engine import Database
from mrc.infra.database.issuer_tables import card_events, copies
from mrc.infra.keys.software import OpensslVerifier, Pbkdf2, SoftwareSigner, SystemEntropy
from mrc.infra.stores.loss import DatabaseLosses
from mrc.issuer.cards import Order
from mrc.issuer.clients import Access
from mrc.issuer.records import HolderReference, MobileCardId
from mrc.kernel.keys import EcPublicKey
from mrc.protocols.card_loss.lock_code import LockCode, draw_lock_code
from mrc.protocols.card_loss.messages import LINE_REPORT, line_claims
from mrc.protocols.card_loss.signed import SignedReport, make_report
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
    world: FrontDeskWorld, person: Registrant | None = None, *, agreed: bool = False
) -> Carded:
    """The counter's visit: an offer, a code by text message, copies on a phone."""
    chosen = person or (await eligible_people(world))[0]
    order = IssueOrder(registrant=chosen.id, officer=OFFICER, replacement_agreed=agreed)
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


CODE_KEY = b"practice key of the lock codes..!"
LOST_ORIGIN = "https://lost.localhost:8453"
CARRIER = "sandbox"


@dataclass
class Keys:
    """Reporters' keys by name; take one out to end its word."""

    known: dict[str, EcPublicKey]

    def find(self, client_id: str) -> EcPublicKey | None:
        return self.known.get(client_id)


@dataclass
class OthersInMemory:
    """Other issuers that were told; `locked` is how many say that they locked a card."""

    locked: int = 0
    told: list[LockCode] = field(default_factory=list)

    async def tell(self, code: LockCode, *, now: datetime) -> int:
        self.told.append(code)
        return self.locked


@dataclass(kw_only=True)
class LossWorld:
    world: FrontDeskWorld
    held: Carded
    store: DatabaseLosses
    parts: CodeParts
    door: HolderDoor
    others: OthersInMemory
    codes: CodeDesk
    carrier_key: SoftwareSigner
    keys: Keys
    carriers: CarrierDesk
    notices: NoticeDesk

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    async def locked(self) -> bool:
        card = await self.world.issuer.cards.find(self.held.card)
        assert card is not None
        return card.locked

    async def access(self, path: str) -> Access:
        phone = self.held.phone
        phone.world.now = self.now
        headers = await phone.access(path)
        return await self.world.issuer.access(path, headers=headers, now=self.now)

    async def register(self, code: LockCode | None = None) -> LockCode:
        chosen = code or draw_lock_code(SystemEntropy())
        access = await self.access("lock-code")
        await self.door.register_code(access, chosen, now=self.now)
        return chosen

    async def unlock(self) -> None:
        await self.world.counter.unlock(self.held.order("seen in person"), now=self.now)

    async def line_report(self, *, by: SoftwareSigner | None = None, **changes: Any) -> str:
        """A carrier's webhook; changes are of `SignedReport`, `phone`, `occurred_at`, `typ`."""
        phone = changes.pop("phone", self.held.person.phones[0])
        claims = line_claims(phone, changes.pop("occurred_at", self.now))
        claims |= changes.pop("claims", {})
        typ = changes.pop("typ", LINE_REPORT)
        report = SignedReport(
            reporter=CARRIER, audience=LOST_ORIGIN, id="event-1", issued_at=self.now, claims=claims
        )
        changed = replace(report, **changes)
        return await make_report(changed, typ=typ, signer=by or self.carrier_key)


def make_code_parts(database: Database, counter: Counter) -> CodeParts:
    store, key = DatabaseLosses(database), CodeKey(CODE_KEY, Pbkdf2())
    reports = LossReports(store, counter, SystemEntropy())
    tries = TryCounter(store, key, TryLimits())
    return CodeParts(store=store, reports=reports, tries=tries, key=key)


async def make_loss_world(world: FrontDeskWorld, held: Carded) -> LossWorld:
    parts, store = make_code_parts(world.database, world.counter), DatabaseLosses(world.database)
    others, carrier_key = OthersInMemory(), SoftwareSigner.generate()
    keys = Keys({CARRIER: carrier_key.public_key})
    signed = SignedReports(reporters=keys, audience=LOST_ORIGIN, verifier=OpensslVerifier())
    return LossWorld(
        world=world,
        held=held,
        store=store,
        parts=parts,
        door=HolderDoor(parts, world.issuer.store),
        others=others,
        codes=CodeDesk(parts, others),
        carrier_key=carrier_key,
        keys=keys,
        carriers=CarrierDesk(signed, store, parts.reports),
        notices=NoticeDesk(signed, store, parts.reports, parts.tries, parts.key),
    )
