"""What making a chip card at the desk stands on: the reader's port, the steps, and what went wrong."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final, Protocol

from mrc.authority.ic_issuance.holder_pad import HolderPad, PadSilent
from mrc.authority.ic_issuance.plastic import ChipCards
from mrc.authority.ic_issuance.ports import IcCardStore
from mrc.authority.staff.card_jobs import CardJob, CardJobId, CardJobStore, Trouble
from mrc.authority.staff.records import SessionId
from mrc.authority.staff.store import StaffStore
from mrc.ic_card.lds.face import FaceImage
from mrc.ic_card.personalisation.job import JobStore, Step
from mrc.ic_card.personalisation.making import Office, PinPad
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import TagLost
from mrc.kernel.errors import Forbidden, MrcError, Rejected, Unavailable
from mrc.kernel.ports import Cipher, Clock, Entropy
from mrc.registry.people import RegistrantId
from mrc.registry.store import RegistryStore


class Lack(StrEnum):
    """What a desk needs before it can make a card, and has not."""

    READER_SOFTWARE = "reader_software"
    READER = "reader"
    SIGNER = "signer"
    TRANSPORT_KEY = "transport_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """What is printed on the blank card."""

    document_number: str
    can: str = field(repr=False)


class CardOffice(Protocol):
    """The desk's reader, document signer and transport key."""

    def lacks(self) -> Sequence[Lack]:
        """What is missing; asked before anything is begun."""

    def next_blank(self) -> Blank | None:
        """What practice prints on its emulated blanks; None for real ones."""

    def connect(self, job: CardJobId) -> CardConnection:
        """The way to the card in the reader. Raises `Unavailable`."""

    def release(self, connection: CardConnection) -> None:
        """Power the card off."""

    def office(self, pad: PinPad, jobs: JobStore) -> Office:
        """What the personalisation needs. Raises `Unavailable` and `Rejected`."""

    def face(self, jpeg: bytes) -> FaceImage: ...


class Phase(IntEnum):
    """What is being done; each one is an item of the step bar."""

    KEYS = 0
    SIGNING = 1
    WRITING = 2
    PIN = 3
    TEST_READ = 4
    DONE = 5


AFTER: Final = {
    Step.ORDERED: Phase.KEYS,
    Step.KEYS_MADE: Phase.SIGNING,
    Step.SIGNED: Phase.WRITING,
    Step.LOADED: Phase.PIN,
    Step.LOCKING: Phase.TEST_READ,
    Step.ACTIVE: Phase.DONE,
}


@dataclass(slots=True)
class Making:
    """A card being made now, in this process."""

    job: CardJobId
    registrant: RegistrantId
    session: SessionId
    pad: HolderPad
    phase: Phase = Phase.KEYS
    since: datetime | None = None
    connection: CardConnection | None = field(default=None, repr=False)
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self.task is not None and not self.task.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeHere:
    """A card that was finished in this process: for the last screen of a visit."""

    document_number: str
    checks: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """What the officer's page shows: a running making, an open job that stands still, or none."""

    making: Making | None
    job: CardJob | None
    made: MadeHere | None

    @property
    def phase(self) -> Phase:
        if self.making is not None:
            return self.making.phase
        return Phase.KEYS if self.job is None else AFTER[Step(self.job.step)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCardParts:
    """`key` (32 bytes) seals the jobs."""

    store: StaffStore
    jobs: CardJobStore
    cards: IcCardStore
    register: ChipCards
    registry: RegistryStore
    office: CardOffice
    clock: Clock
    entropy: Entropy
    cipher: Cipher
    key: bytes = field(repr=False)


_REASONS: Final = {
    Reason.CARD_NOT_BLANK: Trouble.OTHER_CARD,
    Reason.TRANSPORT_AUTHENTICATION: Trouble.FOREIGN_BLANK,
    Reason.DISCARD_CARD: Trouble.SPOILED,
    Reason.READ_BACK: Trouble.TEST_READ,
    Reason.WRONG_PASSWORD: Trouble.WRONG_PIN,
    Reason.LAST_TRY: Trouble.PIN_BLOCKED,
    Reason.PIN_SUSPENDED: Trouble.PIN_BLOCKED,
    Reason.PIN_BLOCKED: Trouble.PIN_BLOCKED,
}


def find_trouble(error: MrcError, phase: Phase, *, office: bool) -> Trouble:
    """What an error means to the officer. `office`: it came before a card was asked for."""
    signer = office or phase is Phase.SIGNING
    match error:
        case PadSilent():
            return Trouble.NO_PIN
        case TagLost():
            return Trouble.CARD_AWAY
        case Unavailable() if signer:
            return Trouble.SIGNER_SILENT
        case Unavailable(what="PC/SC"):
            return Trouble.READER_MISSING
        case Unavailable(what="card"):
            return Trouble.CARD_AWAY
        case Rejected(reason=Reason() as reason):
            return _REASONS.get(reason, Trouble.OTHER)
        case Rejected() if signer:
            return Trouble.SIGNER_WRONG
        case Forbidden():
            return Trouble.REGISTER
        case _:
            return Trouble.OTHER
