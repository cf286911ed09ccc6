"""The front desk over real services: register, issuer and staff on one database, and a carrier.

The carrier is the other party in memory: it knows whose line is whose and keeps the codes that it
was asked to send. `clock` is everybody's.
"""

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette

from mrc.authority.card_source import RegistryCardSource
from mrc.authority.counter import Counter
from mrc.authority.desk import Desk, DeskParts
from mrc.authority.face_matching.reading import FaceReader
from mrc.authority.ic_issuance.desk_parts import CardOffice
from mrc.authority.staff.administration import Administration
from mrc.formats.catalogue.ages import seoul_date
from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.practice_faces import draw_face
from mrc.infra.settings import Host, Settings
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.infra.stores.staff import DatabaseStaff
from mrc.issuer.issuer import Issuer
from mrc.issuer.offers import MadeOffer
from mrc.issuer.records import OfferId
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.protocols.openid4vci.credential import NotificationEvent
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.importing import CheckedPortrait, Import, Line, import_lines
from mrc.registry.numbers import CheckDigits
from mrc.registry.people import Portrait, Registrant
from mrc.registry.phones import PhoneNumber
from mrc.registry.practice.people import practice_people
from mrc.web.front_desk.desk import NoAdvice
from mrc.wiring.front_desk import make_front_desk
from tests.simulators.issuing import Phone, World, configuration, make_issuer
from tests.simulators.pki import NOW

CLAUSE = "CAMARA KYC Match"
CARDS = (CardType.RESIDENCE, CardType.PERMANENT, CardType.OVERSEAS_KOREAN)


class MovableClock:
    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, step: timedelta) -> None:
        self.at += step


@dataclass
class CarrierInMemory:
    """A `Carrier`. `strangers` are lines in another person's name, `new_sims` were moved lately."""

    strangers: set[str] = field(default_factory=set)
    new_sims: set[str] = field(default_factory=set)
    sent: dict[str, str] = field(default_factory=dict)
    silent: bool = False

    async def in_own_name(
        self, number: PhoneNumber, registrant: Registrant, *, at: datetime
    ) -> Finding:
        if self.silent:
            return undetermined("carrier.name", CLAUSE, "no_answer")
        if number in self.strangers:
            return failed("carrier.name", CLAUSE, "another_person")
        if number in self.new_sims:
            return undetermined("carrier.sim_change", CLAUSE, "sim_changed_recently")
        return passed("carrier.name", CLAUSE)

    async def send_code(self, number: PhoneNumber, code: str) -> None:
        if self.silent:
            raise Unavailable("the carrier")
        self.sent[number] = code


class DrawnPortraits:
    """A `PortraitSource` that draws what is asked for."""

    def get(self, name: str) -> CheckedPortrait:
        seed = "".join(character for character in name if character.isdigit())
        if not seed:
            raise Malformed("portrait", "no such file")
        jpeg = _face(int(seed))
        portrait = Portrait(sha256=_digest(jpeg), width=480, height=600, size=len(jpeg))
        return CheckedPortrait(portrait=portrait, jpeg=jpeg)


class QuietPublisher:
    """A `StatusPublisher` that signs the lists and tells nobody."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def publish_changes(self, *, now: datetime) -> None:
        await self._issuer.status.refresh(now=now)


@dataclass(kw_only=True)
class FrontDeskWorld:
    database: Database
    settings: Settings
    registry: DatabaseRegistry
    issuer: Issuer
    counter: Counter
    desk: Desk
    carrier: CarrierInMemory
    clock: MovableClock
    staff: DatabaseStaff
    administration: Administration
    advice: FaceReader | NoAdvice = NoAdvice.OFF

    def app(self, card_office: CardOffice | None = None) -> Starlette:
        return make_front_desk(
            self.settings,
            self.database,
            desk=self.desk,
            counter=self.counter,
            registry=self.registry,
            clock=self.clock,
            advice=self.advice,
            card_office=card_office,
        )

    async def enrolment_path(self, name: str = "김하늘") -> str:
        """Where the first supervisor registers a passkey."""
        made = await self.administration.bootstrap(name, "SES", now=self.clock.now())
        return f"/enrol/{made.link}"

    def phone(self) -> Phone:
        """A wallet in the holder's hand."""
        world = World(
            database=self.database,
            issuer=self.issuer,
            source=None,  # type: ignore[arg-type]  # the issuer has the register
            now=self.clock.now(),
        )
        return Phone(world=world)

    async def collect(self, phone: Phone, link: str, number: str, **stop: bool) -> None:
        """What a wallet does with the code on the screen, up to where it is told to stop."""
        offer = await self.issuer.offers.fetch(reference_of(link), now=self.clock.now())
        if stop.get("fetch_only"):
            return
        made = MadeOffer(
            id=OfferId("-"), link=link, offer=offer, tx_code=None, expires_at=self.clock.now()
        )
        phone.world.now = self.clock.now()
        await phone.redeem(made, tx_code=self.carrier.sent[number])
        issued = await phone.collect(
            await phone.request(offer.credential_configuration_ids[0], keys=None)
        )
        assert issued.notification_id is not None
        await phone.notify(issued.notification_id, NotificationEvent.ACCEPTED)


def reference_of(link: str) -> str:
    """The last part of the offer's address in the code."""
    return link.rpartition("%2F")[2]


async def make_front_desk_world(
    database: Database, home: Path, *, port: int = 8441, people: int = 60
) -> FrontDeskWorld:
    """Practice people, nobody on the staff yet. The desk's origin is at `port`."""
    settings = Settings(home=home, first_port=port - 1)
    assert settings.port_of(Host.DESK) == port
    clock, rules = MovableClock(), EligibilityRules()
    registry, staff = DatabaseRegistry(database), DatabaseStaff(database)
    await fill(registry, people, clock.now())
    chosen = configuration(cards=tuple(STANDARD.get(card) for card in CARDS))
    issuer = make_issuer(database, RegistryCardSource(registry, rules), chosen)  # type: ignore[arg-type]
    counter = Counter(issuer.offers, issuer.cards, QuietPublisher(issuer))
    carrier = CarrierInMemory(strangers={"+821000000004"})
    parts = DeskParts(registry=registry, counter=counter, carrier=carrier, rules=rules)
    return FrontDeskWorld(
        database=database,
        settings=settings,
        registry=registry,
        issuer=issuer,
        counter=counter,
        desk=Desk(parts),
        carrier=carrier,
        clock=clock,
        staff=staff,
        administration=Administration(staff, SystemEntropy()),
    )


async def fill(registry: DatabaseRegistry, people: int, now: datetime) -> None:
    made = practice_people(seed=1, count=people, today=seoul_date(now), faces=12)
    lines = [Line(number, dict(person.fields)) for number, person in enumerate(made, start=1)]
    order = Import(
        store=registry,
        portraits=DrawnPortraits(),
        entropy=SystemEntropy(),
        check_digits=CheckDigits.UNTIL_OCTOBER_2020,
        actor="import",
        reason="practice people",
        at=now - timedelta(days=30),
    )
    async for result in import_lines(order, lines):
        assert not result.errors, result


@functools.cache
def _face(seed: int) -> bytes:
    return draw_face(seed)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
