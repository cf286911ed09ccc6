"""What every issuing authority's counter does: offers for QR codes, and the life of cards.

ARCHITECTURE 6.1 and 6.4. A lock is published before the act is answered; what could not be
published is made up at the next tick.
"""

from dataclasses import dataclass
from datetime import datetime

from mrc.authority.ports import StatusPublisher
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.cards import Cards, Order, OwnUnlock
from mrc.issuer.offers import MadeOffer, OfferOrder, Offers
from mrc.issuer.records import HolderReference, MobileCard, OfferId, OfferState


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """Who acts, in which office and desk session."""

    id: str
    office: str
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterOrder:
    holder: HolderReference
    card_type: CardType
    officer: Officer


class Counter:
    """The use cases of a counter. Raises `Forbidden` where there is no card to move."""

    def __init__(self, offers: Offers, cards: Cards, publisher: StatusPublisher) -> None:
        self._offers = offers
        self._cards = cards
        self._publisher = publisher

    async def offer(self, order: CounterOrder, *, now: datetime) -> MadeOffer:
        """A new offer; whether the holder may have the card was decided before."""
        wanted = OfferOrder(
            holder=order.holder,
            card_type=order.card_type,
            officer=order.officer.id,
            office=order.officer.office,
            session=order.officer.session,
        )
        return await self._offers.make(wanted, now=now)

    async def progress(self, offer: OfferId, *, now: datetime) -> OfferState:
        return await self._offers.progress(offer, now=now)

    async def withdraw(self, offer: OfferId) -> bool:
        return await self._offers.withdraw(offer)

    async def live_cards(self, holder: HolderReference) -> list[MobileCard]:
        return await self._cards.live(holder)

    async def lock(self, order: Order, *, now: datetime) -> list[MobileCard]:
        """Loss: every copy is locked, and the lists say so before this returns."""
        moved = await self._cards.lock(order, now=now)
        await self._publisher.publish_changes(now=now)
        return moved

    async def unlock(self, order: Order, *, now: datetime) -> list[MobileCard]:
        moved = await self._cards.unlock(order, now=now)
        await self._publisher.publish_changes(now=now)
        return moved

    async def unlockable(
        self, phone: str, *, undoable: frozenset[str], holder: HolderReference | None
    ) -> MobileCard:
        return await self._cards.unlockable(phone, undoable=undoable, holder=holder)

    async def unlock_own(self, wish: OwnUnlock, *, now: datetime) -> MobileCard:
        """The holder's own unlocking; the lists say so before this returns."""
        moved = await self._cards.unlock_own(wish, now=now)
        await self._publisher.publish_changes(now=now)
        return moved

    async def cancel(self, order: Order, *, now: datetime) -> list[MobileCard]:
        moved = await self._cards.cancel(order, now=now)
        await self._publisher.publish_changes(now=now)
        return moved
