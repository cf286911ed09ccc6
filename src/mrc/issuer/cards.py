"""The life of mobile cards: lock, unlock, renewal needed, cancel.

Each act moves every copy of the card, every list's version and the record of the act in one
transaction. Locked can come back; cancelled cannot.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mrc.formats.catalogue.card_types import CardType
from mrc.formats.status_list.bits import Status
from mrc.issuer.reasons import Reason
from mrc.issuer.records import CardEvent, HolderReference, MobileCard, MobileCardId, OneTimeUse
from mrc.issuer.store import CardTransaction, IssuerStore
from mrc.kernel.errors import Forbidden, Unavailable

TRIES = 3  # of one transaction that the database gives up


class CardAct(StrEnum):
    ISSUED = "issued"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    RENEWAL_NEEDED = "renewal_needed"
    RENEWED = "renewed"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Whose cards shall change, by whom and why; `card_type` and `card` None mean all of them.

    `once` is claimed in the transaction that moves the cards: an order with a claim that was used
    before, by whichever process, moves nothing. `channel` as in `CardEvent`.
    """

    holder: HolderReference
    actor: str
    reason: str
    card_type: CardType | None = None
    card: MobileCardId | None = None
    once: OneTimeUse | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnUnlock:
    """The holder's own unlocking of the card on one phone, proved elsewhere.

    `undoable`: the channels whose locks may be lifted so. A lock that no report made (an
    officer's) has no channel and is never among them.
    """

    holder: HolderReference
    phone: str
    undoable: frozenset[str]
    actor: str
    reason: str
    channel: str


class Cards:
    """The use cases that move mobile cards."""

    def __init__(self, store: IssuerStore) -> None:
        self._store = store

    async def lock(self, order: Order, *, now: datetime) -> list[MobileCard]:
        """Lock every live card; harmless where one is locked already."""
        return await self._move(order, CardAct.LOCKED, lambda card: replace(card, locked=True), now)

    async def unlock(self, order: Order, *, now: datetime) -> list[MobileCard]:
        """Raises `Forbidden` unless every card is locked: nothing else may be lifted."""

        def change(card: MobileCard) -> MobileCard:
            if not card.locked:
                raise Forbidden(Reason.NOT_LOCKED)
            return replace(card, locked=False)

        return await self._move(order, CardAct.UNLOCKED, change, now)

    async def unlockable(
        self, phone: str, *, undoable: frozenset[str], holder: HolderReference | None
    ) -> MobileCard:
        """The card of this phone, if it may be unlocked so; `Forbidden` as `unlock_own`.

        `holder` None: who asks is not known yet, and step 2 is left for later.
        """
        async with self._store.transaction() as tx:
            return await _check_unlockable(tx, phone, undoable, holder)

    async def unlock_own(self, wish: OwnUnlock, *, now: datetime) -> MobileCard:
        """Unlock the card of one phone; what is checked is held until the act is committed.

        Raises `Forbidden`: 1. `NO_CARD_OF_PHONE`: no card was ever issued to this phone. 2.
        `CARD_OF_ANOTHER`: its card is another holder's. 3. `CARD_ENDED`: cancelled, which never
        comes back. 4. `NOT_LOCKED`. 5. `LOCKED_BY_OFFICE`: one of the locks since the last
        unlocking came by a channel that is not in `undoable`.
        """
        for _ in range(TRIES - 1):
            try:
                return await self._unlock_own(wish, now)
            except Unavailable:
                continue
        return await self._unlock_own(wish, now)

    async def _unlock_own(self, wish: OwnUnlock, now: datetime) -> MobileCard:
        async with self._store.transaction() as tx:
            card = await _check_unlockable(tx, wish.phone, wish.undoable, wish.holder)
            await tx.hold_lists([card.id])
            event = CardEvent(
                card=card.id,
                act=CardAct.UNLOCKED,
                actor=wish.actor,
                reason=wish.reason,
                at=now,
                channel=wish.channel,
            )
            unlocked = replace(card, locked=False)
            await apply(tx, unlocked, event)
        return unlocked

    async def require_renewal(self, order: Order, *, now: datetime) -> list[MobileCard]:
        """The data is no longer right: present copies are stale until new ones are fetched."""
        due = CardAct.RENEWAL_NEEDED
        return await self._move(
            order, due, lambda card: replace(card, renewal_due=True), now, stale=True
        )

    async def offer_update(self, order: Order, *, now: datetime) -> list[MobileCard]:
        """There is newer data: the wallet shall fetch it, and present copies hold until then."""
        due = CardAct.RENEWAL_NEEDED
        return await self._move(order, due, lambda card: replace(card, renewal_due=True), now)

    async def cancel(self, order: Order, *, now: datetime) -> list[MobileCard]:
        return await self._move(
            order, CardAct.CANCELLED, lambda card: replace(card, ended_at=now), now
        )

    async def live(self, holder: HolderReference) -> list[MobileCard]:
        async with self._store.transaction() as tx:
            return await tx.live_cards(holder)

    async def find(self, card: MobileCardId) -> MobileCard | None:
        async with self._store.transaction() as tx:
            return await tx.find_card(card)

    async def _move(
        self,
        order: Order,
        act: CardAct,
        change: Callable[[MobileCard], MobileCard],
        now: datetime,
        *,
        stale: bool = False,
    ) -> list[MobileCard]:
        """As `_move_once`; tried again where the database gave the transaction up (a deadlock)."""
        for _ in range(TRIES - 1):
            try:
                return await self._move_once(order, act, change, now, stale=stale)
            except Unavailable:
                continue
        return await self._move_once(order, act, change, now, stale=stale)

    async def _move_once(
        self,
        order: Order,
        act: CardAct,
        change: Callable[[MobileCard], MobileCard],
        now: datetime,
        *,
        stale: bool,
    ) -> list[MobileCard]:
        """Raises `Forbidden` with `NO_LIVE_CARD` where there is nothing to move."""
        async with self._store.transaction() as tx:
            if order.once is not None and not await tx.claim([order.once]):
                return []
            found = await tx.live_cards(order.holder, order.card_type)
            moved = [change(card) for card in found if order.card in (None, card.id)]
            await tx.hold_lists([card.id for card in moved])
            for card in moved:
                event = CardEvent(
                    card=card.id,
                    act=act,
                    actor=order.actor,
                    reason=order.reason,
                    at=now,
                    channel=order.channel,
                )
                if stale:
                    await tx.mark_copies_stale(card.id)
                await apply(tx, card, event)
        if not moved:
            raise Forbidden(Reason.NO_LIVE_CARD)
        return moved


async def _check_unlockable(
    tx: CardTransaction, phone: str, undoable: frozenset[str], holder: HolderReference | None
) -> MobileCard:
    """The steps of `Cards.unlock_own`."""
    card = await tx.find_card_of_phone(phone)
    if card is None:  # 1
        raise Forbidden(Reason.NO_CARD_OF_PHONE)
    if holder not in (None, card.holder):  # 2, before a stranger is told the card's state
        raise Forbidden(Reason.CARD_OF_ANOTHER)
    if card.ended_at is not None:  # 3
        raise Forbidden(Reason.CARD_ENDED)
    if not card.locked:  # 4
        raise Forbidden(Reason.NOT_LOCKED)
    channels = await tx.lock_channels(card.id)
    if not channels or not channels <= undoable:  # 5
        raise Forbidden(Reason.LOCKED_BY_OFFICE)
    return card


async def apply(tx: CardTransaction, card: MobileCard, event: CardEvent) -> None:
    """Write the card's new state, its copies' and the record of the act."""
    await tx.change_card(card, event)
    if card.ended_at is not None:
        await tx.set_copies(card.id, Status.CANCELLED)
    else:
        await tx.set_copies(card.id, Status.LOCKED if card.locked else Status.VALID)


async def end_others(tx: CardTransaction, others: Sequence[MobileCard], now: datetime) -> None:
    """One phone per person and card type: end the live cards, held already, before a new one.

    A card that came after they were held is not looked for: the store refuses the second one.
    """
    for card in others:
        event = CardEvent(
            card=card.id, act=CardAct.REPLACED, actor="issuer", reason="another_phone", at=now
        )
        await apply(tx, replace(card, ended_at=now), event)
