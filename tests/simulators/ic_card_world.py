"""An office, its CSCA and cards, in memory and with real keys: what a test of the IC card needs."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count

from mrc.formats.x509.certificate import Certificate
from mrc.formats.x509.issuing import CertificateRequest, issue_leaf_now, issue_root_now
from mrc.formats.x509.profiles import Purpose
from mrc.ic_card import scp03
from mrc.ic_card.chip.card import Card
from mrc.ic_card.chip.state import CardState, ChipProfile, blank
from mrc.ic_card.crypto.pure import PureCiphers
from mrc.ic_card.lds.face import FaceImage, ImageType
from mrc.ic_card.lds.residence import Residence
from mrc.ic_card.mrz import Mrz
from mrc.ic_card.passive_authentication import PRACTICE_UNIT, CscaTrust
from mrc.ic_card.personalisation.building import DocumentSigner
from mrc.ic_card.personalisation.job import Job, decode_job, encode_job
from mrc.ic_card.personalisation.making import CardRecord, Office, make_card
from mrc.ic_card.personalisation.order import Order
from mrc.ic_card.server.dialogue import ChipDialogue, FirstBatch
from mrc.ic_card.server.verdict import CardStatus, ChipProof, RegisteredCard
from mrc.ic_card.terminal import opening, pipe
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import TagLost
from mrc.infra.keys.software import OpensslVerifier, SoftwareKeyMaker, SoftwareSigner, SystemEntropy
from mrc.infra.readers.card_file import SoftwareChip
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.infra.readers.in_process import InProcessTransport
from mrc.kernel.errors import Unavailable

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
CAN, PIN, MASTER = "123457", "280417", bytes(range(16))
CIPHERS, ENTROPY, VERIFIER = OpensslCiphers(), SystemEntropy(), OpensslVerifier()
_numbers = count(1)


def csca(*, unit: str | None = None, country: str = "KR") -> tuple[SoftwareSigner, Certificate]:
    """A country signing CA; all of them bear the same name but for the unit."""
    signer = SoftwareSigner.generate()
    subject = {"country_name": country, "organization_name": "MOJ", "common_name": "CSCA"}
    if unit is not None:
        subject["organizational_unit_name"] = unit
    return signer, issue_root_now(
        CertificateRequest(
            purpose=Purpose.CSCA,
            subject=subject,
            public_key=signer.public_key,
            serial=next(_numbers),
            not_before=datetime(2026, 1, 1, tzinfo=UTC),
            not_after=datetime(2041, 1, 1, tzinfo=UTC),
        ),
        signer,
    )


def document_signer(
    root: tuple[SoftwareSigner, Certificate], country: str = "KR"
) -> DocumentSigner:
    signer = SoftwareSigner.generate()
    certificate = issue_leaf_now(
        CertificateRequest(
            purpose=Purpose.LDS_DOCUMENT_SIGNER,
            subject={"country_name": country, "common_name": "DS 1"},
            public_key=signer.public_key,
            serial=next(_numbers),
            not_before=datetime(2026, 1, 1, tzinfo=UTC),
            not_after=datetime(2037, 1, 1, tzinfo=UTC),
        ),
        issuer=root[1],
        signer=root[0],
    )
    return DocumentSigner(signer=signer, certificate=certificate)


def order(number: str = "M12345678", **changes: object) -> Order:
    made = Order(
        order_id=f"order-{number}",
        zone=Mrz(
            document_code="IR",
            issuing_state="KOR",
            document_number=number,
            birth_date="900412",
            sex="F",
            expiry_date="310101",
            nationality="VNM",
            primary_name="NGUYEN",
            secondary_name="THI<LAN",
        ),
        full_name="응우옌 티 란",
        authority="서울출입국·외국인청",
        issued=date(2026, 5, 1),
        residence=Residence(
            registration_number="9004126123456",
            status_of_stay="E-7-1",
            stay_from=date(2026, 1, 1),
            stay_until=date(2028, 12, 31),
            address="서울특별시 양천구 목동동로 151",
        ),
        can=CAN,
        face=FaceImage(
            image=b"\xff\x4f\xff\x51" + bytes(900), image_type=ImageType.JPEG2000, width=240,
            height=320,
        ),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass
class Pad:
    """The holder at the counter."""

    pin: str = PIN
    puk: str = ""
    entered: int = 0

    async def choose(self, rule):
        return self.pin

    async def enter(self, tries_left):
        self.entered += 1
        return self.pin

    async def hand_out(self, puk):
        self.puk = puk


class Transports:
    async def find_keys(self, serial):
        return scp03.derive_transport_keys(CIPHERS, MASTER, serial)


@dataclass
class Jobs:
    """Keeps the encoded job, so that a resumed one went through its encoding."""

    last: bytes = b""
    saved: int = 0

    async def save(self, job: Job) -> None:
        self.last, self.saved = encode_job(job), self.saved + 1

    def load(self) -> Job:
        return decode_job(self.last)


class Unreliable:
    """A transport that loses the card at chosen commands (counted from 1, over its whole life)."""

    def __init__(self, card: Card, lose_at=(), *, answered=False, extended=False) -> None:
        self.inner = InProcessTransport(card, extended_length=extended)
        self.lose_at, self.answered, self.count = set(lose_at), answered, 0
        self.extended_length = extended

    async def connect(self):
        return await self.inner.connect()

    async def transceive(self, command):
        self.count += 1
        if self.count in self.lose_at:
            if self.answered:  # the card did it, the answer is lost
                await self.inner.transceive(command)
            raise TagLost("out of the field")
        return await self.inner.transceive(command)


class PowerCut(SoftwareChip):
    """A memory that fails at the n-th write, before or after it holds."""

    cut_at: int = 0
    writes: int = 0
    after: bool = False

    def _write(self, state, keys):
        self.writes += 1
        if self.writes == self.cut_at and not self.after:
            raise Unavailable("power")

    def save(self, state):
        super().save(state)
        if self.writes == self.cut_at and self.after:
            raise Unavailable("power")


def blank_state(profile: ChipProfile | None = None) -> CardState:
    serial = next(_numbers).to_bytes(scp03.SERIAL_BYTES)
    keys = scp03.derive_transport_keys(CIPHERS, MASTER, serial)
    return blank(serial, keys, profile or ChipProfile())


def power_on(chip: SoftwareChip) -> Card:
    return Card(storage=chip, keys=chip, ciphers=CIPHERS, entropy=ENTROPY)


@dataclass
class World:
    """One environment: a CSCA, a document signer, and an office that makes cards."""

    root: tuple[SoftwareSigner, Certificate] = field(default_factory=csca)
    jobs: Jobs = field(default_factory=Jobs)
    pad: Pad = field(default_factory=Pad)
    production: bool = False

    def __post_init__(self) -> None:
        self.signer = document_signer(self.root)
        self.trust = CscaTrust(production=self.production, anchors=[self.root[1]])

    @property
    def office(self) -> Office:
        return Office(
            transport_keys=Transports(),
            document_signer=self.signer,
            trust=self.trust,
            verifier=VERIFIER,
            entropy=ENTROPY,
            pin_pad=self.pad,
            jobs=self.jobs,
        )

    async def make(
        self, chip: SoftwareChip | None = None, job: Job | None = None
    ) -> tuple[SoftwareChip, CardRecord]:
        chip = chip or SoftwareChip(blank_state())
        job = job or Job(order=order())
        connection = CardConnection(InProcessTransport(power_on(chip)), CIPHERS)
        return chip, await make_card(connection, job, self.office, at=NOW)


def practice_world() -> World:
    return World(root=csca(unit=PRACTICE_UNIT))


async def connect(chip: SoftwareChip, ciphers=CIPHERS, **options) -> CardConnection:
    connection = CardConnection(InProcessTransport(power_on(chip), **options), ciphers)
    await connection.connect()
    return connection


async def open_pin(connection: CardConnection, pin: str = PIN, **options) -> None:
    info = opening.choose_pace(await opening.read_card_access(connection))
    await opening.open_with_pin(connection, info, pin, entropy=ENTROPY, **options)


async def open_can(connection: CardConnection, can: str = CAN) -> None:
    info = opening.choose_pace(await opening.read_card_access(connection))
    secret = opening.credential(opening.Password.CAN, can)
    await opening.run_pace(connection, info, secret, entropy=ENTROPY)


PURE = PureCiphers()


@dataclass
class MemorySessions:
    """Stages as bytes, so that a dialogue goes through their encoding at every step."""

    kept: dict[str, bytes] = field(default_factory=dict)

    async def put(self, session_id, stage):
        self.kept[session_id] = stage

    async def claim(self, session_id):
        return self.kept.pop(session_id, None)


@dataclass
class MemoryRegister:
    """The register's cards and the last counter of each."""

    cards: dict[str, RegisteredCard] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def add(self, record: CardRecord, status: CardStatus = CardStatus.ACTIVE) -> None:
        self.cards[record.document_number] = RegisteredCard(
            status=status, dg1_hash=record.dg1_hash, issuance_key=record.issuance_key
        )

    async def find_card(self, document_number):
        return self.cards.get(document_number)

    async def claim_counter(self, document_number, counter):
        if counter <= self.counters.get(document_number, 0):
            return False
        self.counters[document_number] = counter
        return True


def dialogue(world: World, register: MemoryRegister, **changes: object) -> ChipDialogue:
    made = ChipDialogue(
        issuer_id="https://issuer.localhost:8442",
        sessions=MemorySessions(),
        register=register,
        trust=world.trust,
        verifier=VERIFIER,
        entropy=ENTROPY,
        key_maker=SoftwareKeyMaker(),
        ciphers=CIPHERS,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


PHONE = bytes(range(32))  # the thumbprint of the phone's DPoP key


@dataclass
class Phone:
    """A phone with a card on it. Each step is a method, so that a test can come in between."""

    connection: CardConnection
    server: ChipDialogue
    session: str = "session-1"
    thumbprint: bytes = PHONE
    at: datetime = NOW
    extended: bool = False
    round_trips: int = 0

    async def start(self) -> None:
        self.round_trips += 1
        await self.server.start(
            self.session,
            dpop_thumbprint=self.thumbprint,
            extended_length=self.extended,
            at=self.at,
        )

    async def send_dg14(self, dg14: bytes | None = None) -> FirstBatch:
        dg14 = dg14 or await pipe.read_chip_key(self.connection)
        self.round_trips += 1
        return await self.server.take_dg14(
            self.session, dg14, dpop_thumbprint=self.thumbprint, at=self.at
        )

    async def send_first(self, answers: list[bytes]) -> list[bytes]:
        self.round_trips += 1
        return await self.server.take_first(
            self.session, answers, dpop_thumbprint=self.thumbprint, at=self.at
        )

    async def send_second(self, answers: list[bytes]) -> ChipProof:
        self.round_trips += 1
        return await self.server.take_second(
            self.session, answers, dpop_thumbprint=self.thumbprint, at=self.at
        )

    async def prove(self) -> ChipProof:
        """The whole dialogue with a card that is open."""
        await self.start()
        first = await self.send_dg14()
        answers = await pipe.forward_first(self.connection, first.plain, first.wrapped)
        second = await self.send_first(answers)
        return await self.send_second(await pipe.forward(self.connection, second))
