"""The audit search: who did what to whom, over everything that records acts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Who recorded an act."""

    REGISTER = "register"
    CARDS = "cards"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`kind` is the wire value of the source's own enum of acts."""

    source: Source
    kind: str
    actor: str
    subject: str | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """None means any. `since` is inclusive, `until` is not."""

    limit: int
    actor: str | None = None
    subject: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
