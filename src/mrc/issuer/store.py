"""The port to wherever the issuer keeps its records.

A transaction commits everything or nothing, durably, before its block is left. Methods that count
or claim decide by what the database decides at once, so they hold across server processes. A
refusal is returned or raised after the block, never inside it, where it would undo the count.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from mrc.formats.catalogue.card_types import CardType
from mrc.formats.status_list.bits import Status
from mrc.issuer.records import (
    AuthorizationRecord,
    CardEvent,
    DeferredRecord,
    Grant,
    GrantId,
    HolderReference,
    KeptResponse,
    LiveToken,
    MobileCard,
    MobileCardId,
    Offer,
    OfferId,
    OfferState,
    OneTimeUse,
    PublishedToken,
    StatusIndex,
    StatusListId,
    StatusListRecord,
)


class AnotherPhone(Exception):
    """Two phones were activated at the same moment and the other one won; try again."""


class OfferTransaction(Protocol):
    """Offers and one-time uses."""

    async def claim(self, uses: Sequence[OneTimeUse]) -> bool:
        """True where none of `uses` was ever claimed; all are claimed now in any case."""

    async def add_offer(self, offer: Offer) -> None: ...

    async def find_offer(self, offer: OfferId) -> Offer | None: ...

    async def find_offer_by_reference(self, reference_digest: bytes) -> Offer | None: ...

    async def find_offer_by_issuer_state(self, digest: bytes) -> Offer | None: ...

    async def find_offer_by_code(self, code_digest: bytes) -> Offer | None: ...

    async def count_try(self, code_digest: bytes, *, now: datetime) -> Offer | None:
        """The offer with one more try counted; None unless it is open, unexpired, not spent."""

    async def set_offer_state(
        self, offer: OfferId, state: OfferState, *, unless: Sequence[OfferState] = ()
    ) -> bool:
        """False where the offer is in one of `unless`."""


class GrantTransaction(Protocol):
    """Pushed requests, codes, grants and access tokens."""

    async def add_authorization(self, record: AuthorizationRecord) -> None: ...

    async def find_authorization(self, request_digest: bytes) -> AuthorizationRecord | None: ...

    async def authorize(
        self,
        request_digest: bytes,
        *,
        holder: HolderReference,
        card_type: CardType,
        offer: OfferId | None,
        code_digest: bytes,
        expires_at: datetime,
    ) -> bool:
        """Put a code on a pushed request; False where it has one already."""

    async def take_code(self, code_digest: bytes) -> AuthorizationRecord | None:
        """The request that `code_digest` authorizes; it is gone for everyone else."""

    async def add_grant(self, grant: Grant) -> None: ...

    async def find_by_refresh_token(self, digest: bytes) -> Grant | None: ...

    async def add_access_token(
        self, digest: bytes, grant: GrantId, expires_at: datetime
    ) -> None: ...

    async def find_by_access_token(self, digest: bytes) -> LiveToken | None: ...


class CardTransaction(Protocol):
    """Mobile cards, copies and kept answers."""

    async def get_grant(self, grant: GrantId) -> Grant:
        """The grant, held against other transactions until this one ends."""

    async def find_response(self, request_digest: bytes) -> KeptResponse | None: ...

    async def copies_of_token(self, grant: GrantId, configuration_id: str, since: datetime) -> int:
        """How many copies were given since `since`."""

    async def keep_response(self, response: KeptResponse) -> None: ...

    async def add_deferred(self, record: DeferredRecord) -> None: ...

    async def find_deferred(self, transaction_digest: bytes) -> DeferredRecord | None: ...

    async def find_notification(self, notification_digest: bytes) -> GrantId | None: ...

    async def find_card(self, card: MobileCardId) -> MobileCard | None:
        """The card, held against other transactions until this one ends."""

    async def live_cards(
        self, holder: HolderReference, card_type: CardType | None = None
    ) -> list[MobileCard]:
        """Cards that have not ended, held against other transactions until this one ends."""

    async def find_card_of_phone(self, phone: str) -> MobileCard | None:
        """The newest card of this phone, ended or not, held until this transaction ends."""

    async def lock_channels(self, card: MobileCardId) -> frozenset[str | None]:
        """By which channels the card was locked since it was last unlocked, or ever."""

    async def add_card(self, card: MobileCard, grant: GrantId) -> None:
        """Raises `AnotherPhone` where the holder has a live card of the type: then it is over."""

    async def change_card(self, card: MobileCard, event: CardEvent) -> None:
        """Write the card's new state and its record; ending a card ends its grant."""

    async def hold_lists(self, cards: Sequence[MobileCardId]) -> None:
        """Hold the lists of all these cards' copies, in one order, before any of them moves."""

    async def set_copies(self, card: MobileCardId, status: Status) -> None:
        """Every copy of the card; stale copies go to `RENEWAL_NEEDED` instead of `VALID`."""

    async def mark_copies_stale(self, card: MobileCardId) -> None: ...

    async def add_copies(
        self,
        card: MobileCardId,
        configuration_id: str,
        indices: Sequence[StatusIndex],
        expires_at: datetime,
    ) -> None: ...


class StatusTransaction(Protocol):
    """Status lists and their publications."""

    async def add_status_list(self, record: StatusListRecord) -> None: ...

    async def status_lists(self) -> list[StatusListRecord]: ...

    async def find_status_list(self, list_id: StatusListId) -> StatusListRecord | None: ...

    async def take_positions(self, list_id: StatusListId, count: int) -> int | None:
        """The first of up to `count` fresh positions; None where the list is used up."""

    async def changes(self, list_id: StatusListId, *, after: int) -> list[tuple[int, Status]]:
        """Entries changed in versions later than `after`."""

    async def find_token(self, list_id: StatusListId) -> PublishedToken | None:
        """The newest publication."""

    async def add_token(self, token: PublishedToken) -> bool:
        """False where a token with that `issued_at` exists, or a newer version was published."""


class IssuerTransaction(
    OfferTransaction, GrantTransaction, CardTransaction, StatusTransaction, Protocol
):
    """One open transaction on all of the issuer's records."""


class IssuerStore(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[IssuerTransaction]:
        """A write transaction. Raises `Unavailable`."""

    def reading(self) -> AbstractAsyncContextManager[IssuerTransaction]:
        """A snapshot; its writing methods must not be called."""

    async def purge(self, *, now: datetime) -> int:
        """Remove what has run out (uses, tokens, kept answers, pushed requests); how many."""
