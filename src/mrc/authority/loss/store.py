"""The ports to wherever losses are kept. Each method is one transaction.

Methods that count or claim decide by what the database decides at once, so they hold across
server processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mrc.authority.loss.records import Case, CaseOutcome, LossReport, Notice, Target
from mrc.issuer.records import HolderReference, MobileCardId
from mrc.registry.phones import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCode:
    """A card and the digest of the code that may lock it; a card has one code."""

    card: MobileCardId
    holder: HolderReference
    digest: bytes = field(repr=False)
    at: datetime


class LossStore(Protocol):
    """Lock codes, tries and reports: what every issuing authority has."""

    async def put_code(self, code: RegisteredCode) -> None:
        """Register the code; an older one of the card is gone."""

    async def targets_of_code(self, digest: bytes) -> list[Target]:
        """The live cards that this code locks."""

    async def count_try(self, bucket: bytes, window: datetime, *, until: datetime) -> int:
        """Count one more try of `bucket` in `window`; how many there were with it."""

    async def add_report(self, report: LossReport) -> LossReport:
        """The report; where its `once` is known, the earlier report instead."""

    async def finish_report(self, reference: str, refused_from: datetime) -> None: ...

    async def unfinished(self, *, before: datetime) -> list[LossReport]:
        """Reports taken before `before` whose cards were never said to be locked."""

    async def purge(self, *, now: datetime) -> int:
        """Forget tries and notices that have run out."""


class NoticeStore(Protocol):
    """Reports on their way to other issuers."""

    async def add_notices(self, notices: Sequence[Notice]) -> None: ...

    async def waiting_notices(self, *, since: datetime) -> list[Notice]: ...

    async def remove_notice(self, notice: str) -> None: ...


class LineStore(Protocol):
    """What joins a phone number with cards: the immigration authority alone knows both."""

    async def targets_of_line(self, number: PhoneNumber, *, lost_at: datetime) -> list[Target]:
        """Live cards of the registrants with this number, except cards issued after `lost_at`
        and cards that an officer unlocked after it: those are another phone, or found again."""


class CaseStore(Protocol):
    """Recognition by telephone."""

    async def open_case(self, case: Case) -> None: ...

    async def take_case(self, case: str, operator: str, *, now: datetime) -> Case | None:
        """The open, unexpired case of this operator; it is closed now, whatever follows."""

    async def close_case(self, case: str, outcome: CaseOutcome, right: int) -> None: ...
