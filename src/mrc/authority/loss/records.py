"""What is kept about losses: reports, targets, tries and recognition cases.

A lock code is kept as a keyed digest only. Answers to recognition questions are never kept.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mrc.issuer.records import HolderReference, MobileCardId
from mrc.registry.people import RegistrantId


class Channel(StrEnum):
    """By which way a report came."""

    LOCK_CODE = "lock_code"
    WALLET = "wallet"
    CALL_CENTRE = "call_centre"
    CARRIER = "carrier"
    OTHER_OFFICE = "other_office"


class LossReason(StrEnum):
    """Why a report was not taken."""

    CODE_UNKNOWN = "code_unknown"
    TOO_MANY_TRIES = "too_many_tries"
    UNKNOWN_REGISTRANT = "unknown_registrant"
    NOT_ENOUGH_KNOWN = "not_enough_known"
    CASE_UNKNOWN = "case_unknown"
    NOT_RECOGNISED = "not_recognised"
    NO_CARD = "no_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whose cards a report locks: one of them, or all (`card` None)."""

    holder: HolderReference
    card: MobileCardId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """A report as it was taken. `refused_from` is None until its cards are locked.

    `once` is what makes the same report known again: a repeated one changes nothing.
    """

    reference: str
    channel: Channel
    actor: str
    reason: str
    targets: tuple[Target, ...]
    received_at: datetime
    once: bytes | None = field(default=None, repr=False)
    refused_from: datetime | None = None


class CaseOutcome(StrEnum):
    RECOGNISED = "recognised"
    NOT_RECOGNISED = "not_recognised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call: who asked about whom, which questions, and until when they may be answered."""

    id: str
    operator: str
    registrant: RegistrantId
    questions: tuple[str, ...]
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A report with a lock code on its way to another issuer; the code is sealed."""

    id: str
    partner: str
    sealed: bytes = field(repr=False)
    created_at: datetime
