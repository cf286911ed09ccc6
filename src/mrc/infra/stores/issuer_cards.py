"""Mobile cards, their copies and the kept answers. See `mrc.issuer.store.CardTransaction`."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from mrc.formats.catalogue.card_types import CardType
from mrc.formats.status_list.bits import Status
from mrc.infra.database.engine import Transaction
from mrc.infra.database.issuer_tables import (
    card_events,
    cards,
    copies,
    deferred,
    grants,
    responses,
    status_lists,
)
from mrc.infra.stores import issuer_rows as rows
from mrc.issuer.cards import CardAct
from mrc.issuer.records import (
    CardEvent,
    DeferredRecord,
    Grant,
    GrantId,
    HolderReference,
    KeptResponse,
    MobileCard,
    MobileCardId,
    StatusIndex,
)

_P = sa.bindparam
_GRANT = sa.select(grants).where(grants.c.id == _P("of_id")).with_for_update()
_GRANT_OF_CARD = sa.update(grants).where(grants.c.id == _P("of_id")).values(card=_P("new_card"))
_END_GRANTS = (
    sa.update(grants)
    .where(grants.c.card == _P("of_card"), grants.c.ended_at.is_(None))
    .values(ended_at=_P("at"))
)
_RESPONSE = sa.select(responses).where(responses.c.request_digest == _P("digest"))
_KEEP = sa.insert(responses)
_COPIES_GIVEN = sa.select(
    sa.func.coalesce(sa.func.sum(responses.c.copies), 0).label("given")
).where(
    responses.c.grant_id == _P("of_grant"),
    responses.c.configuration_id == _P("configuration"),
    responses.c.created_at >= _P("since"),
)
_NOTIFICATION = sa.select(responses.c.grant_id).where(
    responses.c.notification_digest == _P("digest")
)
_ADD_DEFERRED = sa.insert(deferred)
_DEFERRED = sa.select(deferred).where(deferred.c.transaction_digest == _P("digest"))
_CARD = sa.select(cards).where(cards.c.id == _P("of_id")).with_for_update()
_LIVE = (
    sa.select(cards)
    .where(cards.c.holder == _P("of_holder"), cards.c.ended_at.is_(None))
    .order_by(cards.c.id)
    .with_for_update()
)
_OF_PHONE = (
    sa.select(cards)
    .where(cards.c.phone == _P("of_phone"))
    .order_by(cards.c.issued_at.desc(), cards.c.id)
    .limit(1)
    .with_for_update()
)
_LAST_UNLOCK = (
    sa.select(sa.func.coalesce(sa.func.max(card_events.c.position), 0))
    .where(card_events.c.card == _P("of_card"), card_events.c.act == _P("unlocked"))
    .scalar_subquery()
)
_LOCK_CHANNELS = (
    sa.select(card_events.c.channel)
    .where(
        card_events.c.card == _P("of_card"),
        card_events.c.act == _P("locked"),
        card_events.c.position > _LAST_UNLOCK,
    )
    .distinct()
)
_ADD_CARD = sa.insert(cards)
_CHANGE_CARD = (
    sa.update(cards)
    .where(cards.c.id == _P("of_id"))
    .values(locked=_P("is_locked"), renewal_due=_P("is_due"), ended_at=_P("ended"))
)
_RECORD = sa.insert(card_events)
_LISTS_OF_CARD = sa.select(copies.c.list_id).where(copies.c.card == _P("of_card")).distinct()
_HOLD_LISTS = (
    sa.select(status_lists.c.id)
    .where(
        status_lists.c.id.in_(
            sa.select(copies.c.list_id).where(copies.c.card.in_(_P("of_cards", expanding=True)))
        )
    )
    .order_by(status_lists.c.id)
    .with_for_update(key_share=True)
)
_NEXT_VERSION = (
    sa.update(status_lists)
    .where(status_lists.c.id == _P("of_list"))
    .values(version=status_lists.c.version + 1)
    .returning(status_lists.c.version)
)
_SET_COPIES = (
    sa.update(copies)
    .where(copies.c.card == _P("of_card"), copies.c.list_id == _P("of_list"))
    .values(
        status=sa.case((copies.c.stale, _P("if_stale", type_=sa.Integer)), else_=_P("if_fresh")),
        changed_in=_P("version"),
    )
)
_MARK_STALE = sa.update(copies).where(copies.c.card == _P("of_card")).values(stale=True)
_ADD_COPY = sa.insert(copies)


class CardRecords:
    """`CardTransaction`."""

    _tx: Transaction

    async def get_grant(self, grant: GrantId) -> Grant:
        row = await self._tx.fetch_one(_GRANT, {"of_id": grant})
        if row is None:
            raise ValueError("a grant that was never made")
        return rows.grant_from_row(row)

    async def find_response(self, request_digest: bytes) -> KeptResponse | None:
        row = await self._tx.fetch_one(_RESPONSE, {"digest": request_digest})
        return None if row is None else rows.response_from_row(row)

    async def copies_of_token(self, grant: GrantId, configuration_id: str, since: datetime) -> int:
        values = {"of_grant": grant, "configuration": configuration_id, "since": since}
        row = await self._tx.fetch_one(_COPIES_GIVEN, values)
        return 0 if row is None else int(row["given"])

    async def keep_response(self, response: KeptResponse) -> None:
        await self._tx.execute(_KEEP, rows.response_to_row(response))

    async def add_deferred(self, record: DeferredRecord) -> None:
        await self._tx.execute(_ADD_DEFERRED, rows.deferred_to_row(record))

    async def find_deferred(self, transaction_digest: bytes) -> DeferredRecord | None:
        row = await self._tx.fetch_one(_DEFERRED, {"digest": transaction_digest})
        return None if row is None else rows.deferred_from_row(row)

    async def find_notification(self, notification_digest: bytes) -> GrantId | None:
        row = await self._tx.fetch_one(_NOTIFICATION, {"digest": notification_digest})
        return None if row is None else GrantId(row["grant_id"])

    async def find_card(self, card: MobileCardId) -> MobileCard | None:
        row = await self._tx.fetch_one(_CARD, {"of_id": card})
        return None if row is None else rows.card_from_row(row)

    async def live_cards(
        self, holder: HolderReference, card_type: CardType | None = None
    ) -> list[MobileCard]:
        found = await self._tx.fetch_all(_LIVE, {"of_holder": holder})
        live = [rows.card_from_row(row) for row in found]
        return [card for card in live if card_type in (None, card.card_type)]

    async def find_card_of_phone(self, phone: str) -> MobileCard | None:
        row = await self._tx.fetch_one(_OF_PHONE, {"of_phone": phone})
        return None if row is None else rows.card_from_row(row)

    async def lock_channels(self, card: MobileCardId) -> frozenset[str | None]:
        values = {
            "of_card": card,
            "locked": CardAct.LOCKED.value,
            "unlocked": CardAct.UNLOCKED.value,
        }
        found = await self._tx.fetch_all(_LOCK_CHANNELS, values)
        return frozenset(row["channel"] for row in found)

    async def add_card(self, card: MobileCard, grant: GrantId) -> None:
        await self._tx.execute(_ADD_CARD, rows.card_to_row(card))
        await self._tx.execute(_GRANT_OF_CARD, {"of_id": grant, "new_card": card.id})

    async def change_card(self, card: MobileCard, event: CardEvent) -> None:
        values = {
            "of_id": card.id,
            "is_locked": card.locked,
            "is_due": card.renewal_due,
            "ended": card.ended_at,
        }
        await self._tx.execute(_CHANGE_CARD, values)
        if card.ended_at is not None:
            await self._tx.execute(_END_GRANTS, {"of_card": card.id, "at": card.ended_at})
        record = {
            "card": event.card,
            "act": event.act,
            "actor": event.actor,
            "reason": event.reason,
            "at": event.at,
            "channel": event.channel,
        }
        await self._tx.execute(_RECORD, record)

    async def hold_lists(self, cards: Sequence[MobileCardId]) -> None:
        await self._tx.fetch_all(_HOLD_LISTS, {"of_cards": list(cards)})

    async def set_copies(self, card: MobileCardId, status: Status) -> None:
        """Each list's version moves with it; the lists are held in the order of their ids."""
        lists = await self._tx.fetch_all(_LISTS_OF_CARD, {"of_card": card})
        stale = Status.RENEWAL_NEEDED if status is Status.VALID else status
        for list_id in sorted(str(row["list_id"]) for row in lists):
            row = await self._tx.fetch_one(_NEXT_VERSION, {"of_list": list_id})
            if row is None:
                raise ValueError("a copy on a status list that does not exist")
            values = {
                "of_card": card,
                "of_list": list_id,
                "if_stale": int(stale),
                "if_fresh": int(status),
                "version": row["version"],
            }
            await self._tx.execute(_SET_COPIES, values)

    async def mark_copies_stale(self, card: MobileCardId) -> None:
        await self._tx.execute(_MARK_STALE, {"of_card": card})

    async def add_copies(
        self,
        card: MobileCardId,
        configuration_id: str,
        indices: Sequence[StatusIndex],
        expires_at: datetime,
    ) -> None:
        sets = [
            {
                "list_id": index.list_id,
                "idx": index.idx,
                "card": card,
                "configuration_id": configuration_id,
                "expires_at": expires_at,
                "stale": False,
                "status": int(Status.VALID),
                "changed_in": 0,
            }
            for index in indices
        ]
        await self._tx.execute_many(_ADD_COPY, sets)
