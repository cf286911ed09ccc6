"""The authority with its real issuer, register and steps, a wallet provider, phones and a card.

Everything on one SQLite file; the apps are called by host name in this process. The carrier is the
one party that is played: a test says what it answers.
"""

import contextlib
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import ASGIApp

from mrc.authority.card_source import RegistryCardSource
from mrc.authority.counter import Counter
from mrc.authority.ic_issuance.plastic import ChipCards, MadeCard
from mrc.authority.ic_issuance.ports import FaceStep
from mrc.authority.ic_issuance.steps import IcCardSteps
from mrc.authority.loss.codes import TryCounter, TryLimits
from mrc.authority.loss.holders import CodeParts, HolderDoor
from mrc.authority.loss.unlocking import UnlockParts, UnlockSteps
from mrc.authority.phone_checks import PhoneChecks, RenewalPolicy
from mrc.formats.x509.certificate import encode_pem
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.personalisation.making import CardRecord
from mrc.ic_card.terminal import pipe
from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    Pbkdf2,
    SoftwareKeyMaker,
    SoftwareSigner,
    SystemEntropy,
)
from mrc.infra.portraits import check_portrait
from mrc.infra.practice_faces import draw_face
from mrc.infra.readers.card_file import SoftwareChip
from mrc.infra.settings import Host, Settings
from mrc.infra.status_push import PushingPublisher
from mrc.infra.stores.ic_sessions import DatabaseIcCards
from mrc.infra.stores.phone_checks import DatabasePhoneChecks
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.infra.wallet_host.storage import (
    FileDeviceSecret,
    FileKeyStore,
    FileRecordStore,
    WalletFile,
)
from mrc.issuer.issuer import Issuer
from mrc.issuer.records import HolderReference, MobileCard
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined
from mrc.protocols.ic_issuance.face import Gesture
from mrc.protocols.ic_issuance.messages import (
    MEMBER,
    Answer,
    Begin,
    ChipKey,
    Demand,
    FirstAnswers,
    ForwardFirst,
    ForwardSecond,
    ShowFace,
    decode_demand,
    encode_answer,
)
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.first_party import AuthorizationChallengeRequest, AuthorizationGranted
from mrc.protocols.wallet_provider.messages import Level
from mrc.registry.acts import Act, ActKind
from mrc.registry.countries import decode_nationality
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber, Sex
from mrc.registry.people import Address, Registrant, RegistrantId
from mrc.registry.phones import decode_phone_number
from mrc.registry.residence import Residence, decode_status
from mrc.registry.store import Change
from mrc.wallet.chip_proof import IcCardRefused, TapStep
from mrc.wallet.holdings import Card
from mrc.wallet.ic_card import Tapped
from mrc.wallet.mobile_id import MobileId, OpenWallet, WalletHost
from mrc.wallet.provider_client import ProviderClient, ProviderParts
from mrc.web.issuer_api.app import make_app as make_issuer_app
from mrc.web.issuer_api.limits import RateLimits
from mrc.wiring.ic_cards import make_challenge_steps, make_chip_cards, make_chip_parts
from mrc.wiring.issuers import IMMIGRATION, make_issuer
from mrc.wiring.losses import UNLOCK_WINDOW
from mrc.wiring.providers import make_provider
from mrc.wiring.wallet_process import load_trust
from tests.simulators import ic_card_world as chips
from tests.simulators.holder_world import Network
from tests.simulators.ic_card_world import PIN, Unreliable, World
from tests.simulators.losses import make_code_parts

HOLDER = RegistrantId("P-LAN")
NUMBER = "M12345678"
PHONE_PIN = "493817"
RULES = EligibilityRules()
NO_LIMITS = RateLimits(secrets=0, work=0)


def person(**changes: object) -> Registrant:
    """The holder of `ic_card_world.order()` as the register has her."""
    made = Registrant(
        id=HOLDER,
        number=RegistrationNumber("9004126123456"),
        name=PersonName(family="NGUYỄN", given="THỊ LAN", family_hangul="응우옌"),
        birth_date=date(1990, 4, 12),
        sex=Sex.FEMALE,
        nationality=decode_nationality("VNM"),
        residence=Residence(
            status=decode_status("E-7-1"),
            permitted_until=date(2028, 12, 31),
            registered_on=date(2026, 1, 1),
            office="SEL",
        ),
        portrait=check_portrait(draw_face(3)).portrait,
        addresses=(Address(text="서울특별시 양천구 목동동로 151", since=date(2026, 1, 1)),),
        phones=(decode_phone_number("010-0000-0001"),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass(kw_only=True)
class Lines:
    """A carrier that answers what a test wants; `answers` are used up before `outcome`."""

    outcome: Outcome = Outcome.PASSED
    reason: str = "no_answer"
    answers: list[Outcome] = field(default_factory=list)
    renewal: Outcome = Outcome.PASSED

    async def in_own_name(self, number, registrant, *, at) -> Finding:
        return self._said(self.answers.pop(0) if self.answers else self.outcome)

    async def still_own_number(self, number, registrant, *, checked_at, at) -> Finding:
        return self._said(self.renewal)

    def _said(self, outcome: Outcome) -> Finding:
        match outcome:
            case Outcome.PASSED:
                return passed("line", "test")
            case Outcome.FAILED:
                return failed("line", "test", "name_differs")
        return undetermined("line", "test", self.reason)

    async def send_code(self, number, code) -> None:
        raise AssertionError("no code is sent here")


GESTURES = (Gesture.STRAIGHT, Gesture.TURN_LEFT, Gesture.LOOK_UP, Gesture.TURN_RIGHT)


@dataclass(kw_only=True)
class Matcher:
    """A face comparison outside the project: it says what a test wants of the frames."""

    outcome: Outcome
    reason: str = "blurred"
    name: str = "another-matcher"
    compared: int = 0

    async def draw(self, registrant, entropy):
        return GESTURES

    async def compare(self, registrant, capture, *, at) -> Finding:
        assert capture.gestures == GESTURES
        self.compared += 1
        match self.outcome:
            case Outcome.PASSED:
                return passed("face", "test")
            case Outcome.FAILED:
                return failed("face", "test", "another_person")
        return undetermined("face", "test", self.reason)


@dataclass(kw_only=True)
class ShiftedClock:
    by: timedelta = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.by


NOT_AHEAD = timedelta()


@dataclass
class AheadClock:
    other: ShiftedClock
    ahead: timedelta

    def now(self) -> datetime:
        return self.other.now() + self.ahead


class QuickHash(Pbkdf2):
    async def derive(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        return await super().derive(password, salt, min(iterations, 100))


@dataclass(kw_only=True)
class Person:
    """The holder before the phone."""

    typed: str = PIN
    printed: str | None = chips.CAN
    agrees: bool = False
    selfies: Mapping[Gesture, bytes] | None = None
    patient: bool = False
    asked_with: list[int | None] = field(default_factory=list)
    seen: list[TapStep] = field(default_factory=list)
    waited_for: list[str] = field(default_factory=list)
    shown: list[ShowFace] = field(default_factory=list)

    async def pin(self, tries_left):
        self.asked_with.append(tries_left)
        return self.typed

    async def can(self):
        return self.printed

    async def agrees_to_last_try(self):
        return self.agrees

    async def show_face(self, asked):
        self.shown.append(asked)
        return None if self.selfies is None else [self.selfies[one] for one in asked.gestures]

    async def waits(self, reason):
        self.waited_for.append(reason.value)
        return self.patient

    def sees(self, step):
        self.seen.append(step)


@dataclass
class Current:
    """The steps as the world has them when a request comes: a test may change them meanwhile."""

    steps: Callable[[], Any]

    async def step(self, request: Any, headers: Any) -> Any:
        return await self.steps().step(request, headers)


@dataclass(kw_only=True)
class IcWorld:
    settings: Settings
    database: Database
    issuer: Issuer
    registry: DatabaseRegistry
    cards: DatabaseIcCards
    chip_cards: ChipCards
    steps: IcCardSteps
    counter: Counter
    losses: CodeParts
    unlocking: UnlockSteps
    carrier: Lines
    clock: ShiftedClock
    office: World
    chip: SoftwareChip
    record: CardRecord
    provider_app: ASGIApp
    folder: Path
    phones: int = 0

    @property
    def app(self) -> ASGIApp:
        return make_issuer_app(
            self.issuer,
            clock=self.clock,
            limits=NO_LIMITS,
            challenge=Current(lambda: self.steps),
            loss=HolderDoor(self.losses, self.issuer.store),
            unlocking=Current(lambda: self.unlocking),
        )

    def network(self) -> Network:
        hosts = {Host.ISSUER: self.app, Host.PROVIDER: self.provider_app}
        urls = {host: self.settings.url_of(host) for host in hosts}
        return Network(
            apps={urlsplit(urls[host]).netloc: app for host, app in hosts.items()},
            clock=self.clock,
        )

    def with_face(self, face: FaceStep) -> None:
        chip = replace(self.steps._parts.chip, face=face)
        self.steps = IcCardSteps(replace(self.steps._parts, chip=chip))
        self.unlocking = UnlockSteps(replace(self.unlocking._parts, chip=chip))

    async def live(self, holder: RegistrantId = HOLDER) -> list[MobileCard]:
        return await self.issuer.cards.live(HolderReference(holder))

    async def change(self, **changes: object) -> None:
        """Another state of the person in the register."""
        before = await self.registry.find(HOLDER)
        assert before is not None
        after = replace(before, version=before.version + 1, **changes)  # type: ignore[arg-type]
        await self.registry.commit([Change(registrant=after, act=_act(self.clock.now()))])

    async def phone(self, **options: object) -> "IcPhone":
        self.phones += 1
        folder = self.folder / f"phone-{self.phones}"
        folder.mkdir()
        phone = IcPhone(self, folder, **options)  # type: ignore[arg-type]
        await phone.mobile_id.activate(PHONE_PIN)
        return phone


class IcPhone:
    """A wallet of this process; `tap` puts the card on it."""

    def __init__(
        self, world: IcWorld, folder: Path, *, attested: bool = True, ahead: timedelta = NOT_AHEAD
    ) -> None:
        """`ahead`: how far the phone's clock is before everybody else's."""
        self.world = world
        self.clock = AheadClock(world.clock, ahead)
        self.network = world.network()
        self.file = WalletFile(folder / "wallet.sqlite3")
        device = FileDeviceSecret(folder / "device.key")
        records, keys = FileRecordStore(self.file), FileKeyStore(self.file, device)
        host = WalletHost(
            keys=keys,
            records=records,
            device=device,
            key_maker=SoftwareKeyMaker(),
            cipher=OpensslCipher(),
            password_hash=QuickHash(),
            verifier=OpensslVerifier(),
            http=self.network,
            clock=self.clock,
            entropy=SystemEntropy(),
        )
        provider = ProviderClient(
            ProviderParts(
                url=world.settings.url_of(Host.PROVIDER),
                http=self.network,
                keys=keys,
                records=records,
                clock=self.clock,
                level=Level.SOFTWARE,
            )
        )
        trust = load_trust(world.settings)
        self.mobile_id = MobileId(host, trust, provider if attested else None)

    async def wallet(self) -> OpenWallet:
        return await self.mobile_id.unlock(PHONE_PIN)

    async def tap(
        self, person: Person | None = None, *, chip: SoftwareChip | None = None, lose_at=(), **kw
    ) -> Tapped:
        transport = Unreliable(chips.power_on(chip or self.world.chip), lose_at, **kw)
        card = chips.CardConnection(transport, chips.CIPHERS)
        opened = await self.wallet()
        url = self.world.settings.url_of(Host.ISSUER)
        return await opened.ic_card.begin(url, card, person or Person())

    async def receive(self, person: Person | None = None, **kw) -> Card:
        tapped = await self.tap(person, **kw)
        opened = await self.wallet()
        return await opened.receiving.accept(await opened.receiving.collect(tapped.pending))


def _act(at: datetime) -> Act:
    return Act(registrant=HOLDER, kind=ActKind.CORRECTED, actor="test", reason="test", at=at)


def made_card(record: CardRecord, expires_on: date = date(2031, 1, 1)) -> MadeCard:
    return MadeCard(
        document_number=record.document_number,
        serial=record.serial,
        sod_hash=record.sod_hash,
        dg1_hash=record.dg1_hash,
        chip_key=record.chip_key,
        issuance_key=record.issuance_key,
        document_signer=record.document_signer,
        issued_on=date(2026, 5, 1),
        expires_on=expires_on,
    )


@contextlib.asynccontextmanager
async def ic_world(folder: Path, *, office: World | None = None) -> AsyncIterator[IcWorld]:
    settings = Settings(home=folder / "home")
    url = f"sqlite:///{folder / 'world.sqlite3'}"
    upgrade(url)
    office = office or World()
    chip, record = await office.make(job=Job(order=chips.order(NUMBER)))
    TrustStore(settings.home / "trust").add(TrustKind.CSCA, "office", encode_pem(office.root[1]))
    clock, carrier = ShiftedClock(), Lines()
    async with open_database(url) as database:
        registry = DatabaseRegistry(database)
        jpeg, act = draw_face(3), _act(clock.now())
        await registry.commit([Change(registrant=person(), act=act, new=True, jpeg=jpeg)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # practice keys announce themselves
            at = clock.now()
            provider_app = make_provider(settings, database, at=at)
            always = RenewalPolicy(recheck_after=timedelta())  # not once a week: at every copy
            phones = PhoneChecks(DatabasePhoneChecks(database), carrier, always)
            source = RegistryCardSource(registry, RULES, phones)
            issuer = make_issuer(IMMIGRATION, settings, database, source, at=at)
        chip_parts = make_chip_parts(
            settings, database, issuer=issuer, registry=registry, clock=clock
        )
        steps = make_challenge_steps(chip_parts, carrier=carrier, rules=RULES)
        network = Network(apps={})
        publisher = PushingPublisher(issuer.status, network, settings.home / "subscriptions")
        counter = Counter(issuer.offers, issuer.cards, publisher)
        losses = make_code_parts(database, counter)
        daily = TryCounter(losses.store, losses.key, TryLimits(window=UNLOCK_WINDOW))
        chip_cards = make_chip_cards(database, registry)
        await chip_cards.register(made_card(record), HOLDER, actor="office", now=at)
        yield IcWorld(
            settings=settings,
            database=database,
            issuer=issuer,
            registry=registry,
            cards=DatabaseIcCards(database),
            chip_cards=chip_cards,
            steps=steps,
            counter=counter,
            losses=losses,
            unlocking=UnlockSteps(UnlockParts(chip=chip_parts, counter=counter, tries=daily)),
            carrier=carrier,
            clock=clock,
            office=office,
            chip=chip,
            record=record,
            provider_app=provider_app,
            folder=folder,
        )


class Talk:
    """The endpoint's other side, message by message, so that a test can make each one wrong."""

    def __init__(self, opened: OpenWallet, issuer, client, key: SoftwareSigner) -> None:
        self._issuers = opened.receiving._parts.issuers
        self.issuer, self.client, self.key = issuer, client, key
        self.verifier = pkce.make_verifier(SystemEntropy())
        self.session: str | None = None

    @classmethod
    async def of(cls, phone: IcPhone, key: SoftwareSigner | None = None) -> "Talk":
        opened = await phone.wallet()
        url = phone.world.settings.url_of(Host.ISSUER)
        issuer = await opened.receiving._parts.issuers.discover(url)
        client = await opened.receiving.client_for(issuer)
        return cls(opened, issuer, client, key or SoftwareSigner.generate())

    async def say(self, answer: Answer, **changes: object) -> Demand | AuthorizationGranted:
        first = self.session is None
        request = AuthorizationChallengeRequest(
            client_id=None if self.client is None else self.client.client_id,
            scope=" ".join(self.issuer.metadata.configurations) if first else None,
            auth_session=self.session,
            code_challenge=pkce.challenge_of(self.verifier) if first else None,
            code_challenge_method=pkce.METHOD if first else None,
            answers={MEMBER: encode_answer(answer)},
        )
        try:
            return await self._issuers.challenge(
                self.issuer,
                replace(request, **changes),  # type: ignore[arg-type]
                key=self.key,
                client=self.client,
            )
        except OAuthError as error:
            if error.code is not OAuthErrorCode.INSUFFICIENT_AUTHORIZATION:
                raise
            self.session = str(error.members["auth_session"])
            return decode_demand(error.members)

    async def begin(self, card: CardConnection) -> ForwardFirst:
        """Up to the first batch."""
        dg14 = await pipe.read_chip_key(card)
        await self.say(Begin(extended_length=False))
        first = await self.say(ChipKey(dg14=dg14))
        assert isinstance(first, ForwardFirst)
        return first

    async def answers_of_first(self, card: CardConnection) -> list[bytes]:
        first = await self.begin(card)
        return await pipe.forward_first(card, first.plain, first.wrapped)

    async def last_answers(self, card: CardConnection) -> list[bytes]:
        """Up to the last message, which is not sent."""
        second = await self.say(FirstAnswers(answers=await self.answers_of_first(card)))
        assert isinstance(second, ForwardSecond)
        return await pipe.forward(card, second.wrapped)


async def opened_card(world: IcWorld, chip: SoftwareChip | None = None) -> CardConnection:
    card = await chips.connect(chip or world.chip)
    await chips.open_pin(card)
    return card


async def refused(awaitable) -> str:
    """The reason that the holder is told."""
    with pytest.raises((OAuthError, IcCardRefused)) as caught:
        await awaitable
    error = caught.value
    return error.reason.value if isinstance(error, IcCardRefused) else str(error.members["reason"])
