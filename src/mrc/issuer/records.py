"""What the issuer keeps: offers, grants, mobile cards, copies, status lists.

Secrets are kept as digests only. The holder is a reference into whatever source of card data the
issuer has (a registrant's id, a licence number's key); it never leaves the issuer.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from mrc.formats.catalogue.card_types import CardType
from mrc.formats.status_list.bits import Status

OfferId = NewType("OfferId", str)
GrantId = NewType("GrantId", str)
MobileCardId = NewType("MobileCardId", str)
StatusListId = NewType("StatusListId", str)
HolderReference = NewType("HolderReference", str)


class OfferState(StrEnum):
    """How far an offer has come; the desk follows it live."""

    OFFERED = "offered"
    FETCHED = "fetched"
    REDEEMED = "redeemed"
    ISSUED = "issued"
    ACCEPTED = "accepted"
    FAILED = "failed"
    TRIES_SPENT = "tries_spent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer: for one holder and card type, by one officer, to one phone, once."""

    id: OfferId
    holder: HolderReference
    card_type: CardType
    configuration_ids: tuple[str, ...]
    officer: str
    office: str
    session: str
    code_digest: bytes = field(repr=False)
    reference_digest: bytes = field(repr=False)
    issuer_state_digest: bytes = field(repr=False)
    tx_code_digest: bytes | None = field(repr=False)
    tries: int
    max_tries: int
    state: OfferState
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one phone was allowed: to collect, and later renew, one mobile card.

    `jkt` binds every token of the grant; None only where the issuer admits bearer tokens.
    """

    id: GrantId
    holder: HolderReference
    card_type: CardType
    configuration_ids: tuple[str, ...]
    use_identifiers: bool
    client_id: str | None
    jkt: str | None
    instance_jkt: str | None
    offer: OfferId | None
    card: MobileCardId | None
    refresh_digest: bytes | None = field(repr=False)
    refresh_expires_at: datetime | None
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def phone(self) -> str:
        """To the issuer a phone is the DPoP key of one issue."""
        return self.jkt or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveToken:
    """A grant found by an access token, and when that token ends."""

    grant: Grant
    digest: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRecord:
    """A pushed request, and after the holder's authorization its code."""

    request_digest: bytes = field(repr=False)
    client_id: str
    redirect_uri: str | None
    state: str | None
    configuration_ids: tuple[str, ...]
    use_identifiers: bool
    code_challenge: str
    jkt: str | None
    instance_jkt: str | None
    offer: OfferId | None
    holder: HolderReference | None
    card_type: CardType | None
    code_digest: bytes | None = field(repr=False)
    expires_at: datetime


class CardState(StrEnum):
    """What a mobile card's copies say together; the wire value is `Status`."""

    ACTIVE = "active"
    LOCKED = "locked"
    RENEWAL_NEEDED = "renewal_needed"
    CANCELLED = "cancelled"


STATUS_OF = {
    CardState.ACTIVE: Status.VALID,
    CardState.LOCKED: Status.LOCKED,
    CardState.RENEWAL_NEEDED: Status.RENEWAL_NEEDED,
    CardState.CANCELLED: Status.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileCard:
    """What one issue put on one phone: all formats, all copies.

    Locked and renewal due are kept apart, so that unlocking brings back what was there before.
    """

    id: MobileCardId
    holder: HolderReference
    card_type: CardType
    phone: str
    issued_at: datetime
    locked: bool = False
    renewal_due: bool = False
    ended_at: datetime | None = None

    @property
    def state(self) -> CardState:
        if self.ended_at is not None:
            return CardState.CANCELLED
        if self.locked:
            return CardState.LOCKED
        return CardState.RENEWAL_NEEDED if self.renewal_due else CardState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusIndex:
    """One reserved entry of one list; used for one copy or wasted, never given again."""

    list_id: StatusListId
    idx: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListRecord:
    """A list's bookkeeping. `version` counts the changes that every reader must see in order."""

    id: StatusListId
    size: int
    decoys: int
    used: int
    key: bytes = field(repr=False)
    version: int
    published_version: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedToken:
    """One publication of a list, in both forms; `issued_at` is unique within the list."""

    list_id: StatusListId
    version: int
    issued_at: datetime
    expires_at: datetime
    jwt: bytes = field(repr=False)
    cwt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptResponse:
    """An answered credential request, sealed under its access token, for a lost response."""

    request_digest: bytes = field(repr=False)
    nonce_digest: bytes = field(repr=False)
    grant: GrantId
    configuration_id: str
    notification_digest: bytes = field(repr=False)
    copies: int
    sealed: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredRecord:
    """A credential request that waits for its data; the keys as uncompressed points."""

    transaction_digest: bytes = field(repr=False)
    grant: GrantId
    configuration_id: str
    keys: tuple[bytes, ...]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvent:
    """An act on a mobile card; committed with the change it names.

    `channel` names the way a report came by; None where no report stands behind the act.
    """

    card: MobileCardId
    act: str
    actor: str
    reason: str
    at: datetime
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeUse:
    """Something that may be used once: a nonce, a proof's `jti`, a challenge."""

    digest: bytes = field(repr=False)
    expires_at: datetime
