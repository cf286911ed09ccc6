"""What the wallet holds: mobile cards, their copies, and what the holder did with them.

A mobile card is what one issue put on this phone: every format, every copy. A copy is shown once;
it is marked used before it leaves the phone, so that a crash never shows it twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from mrc.formats.status_list.reference import StatusReference
from mrc.wallet.ports import KeyId


class Format(StrEnum):
    """Credential format identifiers, OpenID4VCI 1.0 Appendix A."""

    MSO_MDOC = "mso_mdoc"
    SD_JWT_VC = "dc+sd-jwt"


class CardState(StrEnum):
    """What the wallet last learnt about a card from its issuer."""

    USABLE = "usable"
    LOCKED = "locked"
    CANCELLED = "cancelled"
    RENEWAL_NEEDED = "renewal_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One credential with a key of its own. `credential` is the wire form (base64url or text)."""

    id: str
    format: Format
    key_id: KeyId
    credential: str = field(repr=False)
    status: StatusReference | None = None
    used_at: datetime | None = None

    def used(self, at: datetime) -> "Copy":
        return replace(self, used_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A mobile card. `types` maps each format to its doctype or vct."""

    id: str
    credential_issuer: str
    types: Mapping[Format, str]
    configuration_ids: Mapping[Format, str]
    display_name: str
    received_at: datetime
    valid_until: datetime
    state: CardState = CardState.USABLE
    state_at: datetime | None = None
    claims: Mapping[str, object] = field(default_factory=dict, repr=False)
    copies: Sequence[Copy] = field(default=(), repr=False)

    def unused(self, format_: Format) -> Sequence[Copy]:
        return [c for c in self.copies if c.format is format_ and c.used_at is None]

    def with_copy(self, changed: Copy) -> "Card":
        copies = tuple(changed if c.id == changed.id else c for c in self.copies)
        return replace(self, copies=copies)


class ShowOutcome(StrEnum):
    """UX promise 2: the three sentences."""

    SHARED = "shared"
    NOT_SHARED = "not_shared"
    NOT_CERTAIN = "not_certain"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One showing: kinds of data, never values (UX W-19)."""

    id: str
    at: datetime
    asker: str
    asker_name: str
    registered: bool
    purpose: str
    card_id: str
    kinds: Sequence[str]
    outcome: ShowOutcome
