"""The making of chip cards at the desk: what is kept of each, and where.

`sealed` is the personalisation's job (the person's data and public keys, never a PIN or PUK),
encrypted; it is forgotten as soon as the card is made or given up.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from mrc.authority.staff.records import ApprovalId, Deed, StaffId
from mrc.registry.people import RegistrantId

CardJobId = NewType("CardJobId", str)


class CardJobState(StrEnum):
    OPEN = "open"
    MADE = "made"
    GIVEN_UP = "given_up"


class Trouble(StrEnum):
    """Why the making stopped. What it means for the piece of plastic: `spoils`."""

    CARD_AWAY = "card_away"
    READER_MISSING = "reader_missing"
    SIGNER_SILENT = "signer_silent"
    SIGNER_WRONG = "signer_wrong"
    OTHER_CARD = "other_card"
    FOREIGN_BLANK = "foreign_blank"
    SPOILED = "spoiled"
    TEST_READ = "test_read"
    WRONG_PIN = "wrong_pin"
    PIN_BLOCKED = "pin_blocked"
    NO_PIN = "no_pin"
    STOPPED = "stopped"
    REGISTER = "register"
    OTHER = "other"

    @property
    def spoils(self) -> bool:
        """Whether the card must be destroyed: nothing makes it good again."""
        return self in (Trouble.SPOILED, Trouble.TEST_READ, Trouble.PIN_BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardJob:
    """`step` is the personalisation's; `approval` the second person's yes to a further card."""

    id: CardJobId
    registrant: RegistrantId
    officer: StaffId
    office: str
    document_number: str
    approval: ApprovalId | None
    state: CardJobState
    step: int
    trouble: Trouble | None
    sealed: bytes = field(repr=False)
    started_at: datetime
    changed_at: datetime


class CardJobStore(Protocol):
    async def add_job(self, job: CardJob, deed: Deed) -> bool:
        """False where the person has an open job, or the approval served another one."""

    async def find_open_job(self, registrant: RegistrantId) -> CardJob | None: ...

    async def change_job(self, job: CardJob, deed: Deed | None = None) -> None:
        """Write state, step, trouble and content; with the deed, or not at all."""
