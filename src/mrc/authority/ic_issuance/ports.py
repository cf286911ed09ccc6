"""What issuance by IC card needs of others: its store, a face comparison, the chip's dialogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from mrc.authority.face_matching.capture import Capture
from mrc.ic_card.server.dialogue import Sessions
from mrc.ic_card.server.verdict import CardRegister
from mrc.kernel.findings import Finding
from mrc.kernel.ports import Entropy
from mrc.protocols.ic_issuance.face import Gesture
from mrc.registry.people import Registrant, RegistrantId


class FacePolicy(StrEnum):
    """What is done about the holder's face when a card is issued by IC card."""

    NOT_REQUIRED = "not_required"
    """Practice only: recorded as such with every decision."""
    COUNTER = "counter"
    """No comparison here: the person is sent to the counter."""
    MATCHER = "matcher"
    """A guided capture compared with the register's portrait; whoever is not alike goes there."""


class FaceStep(Protocol):
    """Whether the person before the phone is the one in the register."""

    @property
    def name(self) -> str:
        """How the record of a decision names what was done."""

    async def draw(self, registrant: Registrant, entropy: Entropy) -> tuple[Gesture, ...]:
        """The gestures to ask for, by lot; none where no picture is taken or none would help."""

    async def compare(
        self, registrant: Registrant, capture: Capture | None, *, at: datetime
    ) -> Finding:
        """Passed; failed where somebody says it is another person; or undetermined.

        Undetermined with a `FaceProblem` can be tried again, with `FaceReason.AT_COUNTER` only
        there. Raises `Unavailable` where a matcher does not answer.
        """


class IcCardStatus(StrEnum):
    ACTIVE = "active"
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class IcCard:
    """What the register keeps of a chip card: no secret, nothing that stands on it."""

    document_number: str
    registrant: RegistrantId
    serial: bytes
    sod_hash: bytes
    dg1_hash: bytes
    chip_key: bytes
    issuance_key: bytes
    document_signer: bytes
    expires_on: date
    status: IcCardStatus = IcCardStatus.ACTIVE
    registered_at: datetime


class ProofPurpose(StrEnum):
    """What a chip's proof was good for; it serves nothing else."""

    ISSUE = "issue"
    UNLOCK = "unlock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The chip's signature over one session's context: what an audit can verify later."""

    context: bytes
    document_number: str
    registrant: RegistrantId
    phone: str
    """Thumbprint of the DPoP key, as the issuer knows the phone."""
    counter: int
    signature: bytes = field(repr=False)
    issuance_key: bytes
    sod_hash: bytes
    face: str
    at: datetime
    purpose: ProofPurpose


class IcCardStore(CardRegister, Protocol):
    """The register of chip cards; also what the chip's checks ask."""

    async def add(self, card: IcCard) -> None:
        """Raises `Forbidden` where the number or the key is registered already."""

    async def find(self, document_number: str) -> IcCard | None: ...

    async def of(self, registrant: RegistrantId) -> Sequence[IcCard]:
        """Every card of one person, the first one first."""

    async def expired(self, today: date) -> Sequence[IcCard]:
        """Cards that are not ended and whose last day was before `today`."""

    async def move(
        self, document_number: str, status: IcCardStatus, *, unless: IcCardStatus, at: datetime
    ) -> bool:
        """Change the status; False where it is that one already or `unless`. Atomic."""

    async def keep(self, evidence: Evidence) -> None: ...

    async def phones_of(self, document_number: str) -> frozenset[str]:
        """Every phone that was ever cleared for an issue with this card."""


class StepSessions(Sessions, Protocol):
    """Sealed records by session, kept for a short time; `claim` takes and removes at once."""
