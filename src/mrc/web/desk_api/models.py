"""What goes in and out of the counter's management API."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mrc.authority.desk import Assessment
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.records import MobileCard
from mrc.kernel.findings import Finding
from mrc.registry.eligibility import Method

ID = Field(min_length=1, max_length=100)
REASON = Field(min_length=1, max_length=500)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OfferBody(Strict):
    """`card_type` is decided by the register at the immigration office, and asked for elsewhere."""

    registrant: str = ID
    officer: str = Field(default="officer-1", min_length=1, max_length=100)
    office: str = Field(default="SEL", min_length=1, max_length=20)
    method: Method = Method.COUNTER_QR
    phone: str | None = None
    replacement_agreed: bool = False
    card_type: CardType | None = None


class CardBody(Strict):
    """`card_type` None moves every card of the person at this authority."""

    registrant: str = ID
    officer: str = Field(default="officer-1", min_length=1, max_length=100)
    reason: str = REASON
    card_type: CardType | None = None


class FindingView(Strict):
    check: str
    outcome: str
    reason: str | None
    clause: str

    @classmethod
    def of(cls, finding: Finding) -> "FindingView":
        return cls(
            check=finding.check,
            outcome=finding.outcome.value,
            reason=finding.reason,
            clause=finding.clause,
        )


class AssessmentView(Strict):
    registrant: str
    card_type: CardType
    eligible: bool
    outcome: str
    findings: list[FindingView]

    @classmethod
    def of(cls, assessment: Assessment) -> "AssessmentView":
        return cls(
            registrant=assessment.registrant.id,
            card_type=assessment.card_type,
            eligible=assessment.eligible,
            outcome=assessment.decision.outcome.value,
            findings=[FindingView.of(finding) for finding in assessment.decision.findings],
        )


class OfferView(Strict):
    """`transaction_code` only in practice mode: otherwise it goes to the holder's phone alone."""

    id: str
    link: str
    expires_at: datetime
    code_sent: bool
    transaction_code: str | None = None
    assessment: AssessmentView | None = None


class ProgressView(Strict):
    id: str
    state: str


class CardView(Strict):
    id: str
    card_type: CardType
    state: str
    issued_at: datetime

    @classmethod
    def of(cls, card: MobileCard) -> "CardView":
        return cls(
            id=card.id,
            card_type=card.card_type,
            state=card.state.value,
            issued_at=card.issued_at,
        )


class Problem(Strict):
    error: str
    detail: str
