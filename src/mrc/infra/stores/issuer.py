"""The issuer's records in the database. See `mrc.issuer.store`.

Rows are held (`FOR UPDATE`, which SQLite does not need) in one order everywhere: cards, grants,
status lists by id. One transaction class for the whole port, in three parts by subject.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from mrc.formats.catalogue.card_types import CardType
from mrc.infra.database.engine import Database, Transaction, UniqueViolation
from mrc.infra.database.issuer_tables import (
    ONE_PHONE,
    access_tokens,
    authorizations,
    deferred,
    grants,
    offers,
    responses,
    uses,
)
from mrc.infra.stores import issuer_rows as rows
from mrc.infra.stores.issuer_cards import CardRecords
from mrc.infra.stores.issuer_status import StatusRecords
from mrc.issuer.records import (
    AuthorizationRecord,
    Grant,
    GrantId,
    HolderReference,
    LiveToken,
    Offer,
    OfferId,
    OfferState,
    OneTimeUse,
)
from mrc.issuer.store import AnotherPhone, IssuerTransaction

_P = sa.bindparam
_CLAIM = insert_or(uses).on_conflict_do_nothing(index_elements=["digest"])
_ADD_OFFER = sa.insert(offers)
_OFFER = sa.select(offers).where(offers.c.id == _P("of_id"))
_OFFER_BY_REFERENCE = sa.select(offers).where(offers.c.reference_digest == _P("digest"))
_OFFER_BY_STATE = sa.select(offers).where(offers.c.issuer_state_digest == _P("digest"))
_OFFER_BY_CODE = sa.select(offers).where(offers.c.code_digest == _P("digest"))
_OPEN = sa.or_(
    offers.c.state == OfferState.OFFERED.value, offers.c.state == OfferState.FETCHED.value
)
_COUNT_TRY = (
    sa.update(offers)
    .where(
        offers.c.code_digest == _P("digest"),
        _OPEN,
        offers.c.tries < offers.c.max_tries,
        offers.c.expires_at > _P("at"),
    )
    .values(tries=offers.c.tries + 1)
    .returning(*offers.c)
)
_SET_STATE = (
    sa.update(offers)
    .where(offers.c.id == _P("of_id"), offers.c.state.not_in(_P("unless", expanding=True)))
    .values(state=_P("new_state"))
)
_ADD_AUTHORIZATION = sa.insert(authorizations)
_AUTHORIZATION = sa.select(authorizations).where(authorizations.c.request_digest == _P("digest"))
_AUTHORIZE = (
    sa.update(authorizations)
    .where(authorizations.c.request_digest == _P("digest"), authorizations.c.code_digest.is_(None))
    .values(
        holder=_P("new_holder"),
        card_type=_P("new_card_type"),
        offer=_P("new_offer"),
        code_digest=_P("new_code"),
        expires_at=_P("new_expiry"),
    )
)
_TAKE_CODE = (
    sa.delete(authorizations)
    .where(authorizations.c.code_digest == _P("digest"))
    .returning(*authorizations.c)
)
_ADD_GRANT = sa.insert(grants)
_BY_REFRESH = sa.select(grants).where(grants.c.refresh_digest == _P("digest"))
_ADD_TOKEN = sa.insert(access_tokens)
_BY_TOKEN = (
    sa.select(*grants.c, access_tokens.c.expires_at.label("token_expires_at"))
    .join(grants, grants.c.id == access_tokens.c.grant_id)
    .where(access_tokens.c.digest == _P("digest"))
)
_PURGE = [
    sa.delete(table).where(table.c.expires_at <= _P("at"))
    for table in (uses, authorizations, access_tokens, responses, deferred)
]


class _OfferRecords:
    """`OfferTransaction` and `GrantTransaction`."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def claim(self, claimed: Sequence[OneTimeUse]) -> bool:
        fresh = True
        for use in claimed:
            row = {"digest": use.digest, "expires_at": use.expires_at}
            fresh = (await self._tx.execute(_CLAIM, row)) == 1 and fresh
        return fresh

    async def add_offer(self, offer: Offer) -> None:
        await self._tx.execute(_ADD_OFFER, rows.offer_to_row(offer))

    async def find_offer(self, offer: OfferId) -> Offer | None:
        row = await self._tx.fetch_one(_OFFER, {"of_id": offer})
        return None if row is None else rows.offer_from_row(row)

    async def find_offer_by_reference(self, reference_digest: bytes) -> Offer | None:
        row = await self._tx.fetch_one(_OFFER_BY_REFERENCE, {"digest": reference_digest})
        return None if row is None else rows.offer_from_row(row)

    async def find_offer_by_issuer_state(self, digest: bytes) -> Offer | None:
        row = await self._tx.fetch_one(_OFFER_BY_STATE, {"digest": digest})
        return None if row is None else rows.offer_from_row(row)

    async def find_offer_by_code(self, code_digest: bytes) -> Offer | None:
        row = await self._tx.fetch_one(_OFFER_BY_CODE, {"digest": code_digest})
        return None if row is None else rows.offer_from_row(row)

    async def count_try(self, code_digest: bytes, *, now: datetime) -> Offer | None:
        row = await self._tx.fetch_one(_COUNT_TRY, {"digest": code_digest, "at": now})
        return None if row is None else rows.offer_from_row(row)

    async def set_offer_state(
        self, offer: OfferId, state: OfferState, *, unless: Sequence[OfferState] = ()
    ) -> bool:
        values = {
            "of_id": offer,
            "new_state": state.value,
            "unless": [one.value for one in (*unless, state)],
        }
        return await self._tx.execute(_SET_STATE, values) == 1

    async def add_authorization(self, record: AuthorizationRecord) -> None:
        await self._tx.execute(_ADD_AUTHORIZATION, rows.authorization_to_row(record))

    async def find_authorization(self, request_digest: bytes) -> AuthorizationRecord | None:
        row = await self._tx.fetch_one(_AUTHORIZATION, {"digest": request_digest})
        return None if row is None else rows.authorization_from_row(row)

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
        values = {
            "digest": request_digest,
            "new_holder": holder,
            "new_card_type": card_type.value,
            "new_offer": offer,
            "new_code": code_digest,
            "new_expiry": expires_at,
        }
        return await self._tx.execute(_AUTHORIZE, values) == 1

    async def take_code(self, code_digest: bytes) -> AuthorizationRecord | None:
        row = await self._tx.fetch_one(_TAKE_CODE, {"digest": code_digest})
        return None if row is None else rows.authorization_from_row(row)

    async def add_grant(self, grant: Grant) -> None:
        await self._tx.execute(_ADD_GRANT, rows.grant_to_row(grant))

    async def find_by_refresh_token(self, digest: bytes) -> Grant | None:
        row = await self._tx.fetch_one(_BY_REFRESH, {"digest": digest})
        return None if row is None else rows.grant_from_row(row)

    async def add_access_token(self, digest: bytes, grant: GrantId, expires_at: datetime) -> None:
        row = {"digest": digest, "grant_id": grant, "expires_at": expires_at}
        await self._tx.execute(_ADD_TOKEN, row)

    async def find_by_access_token(self, digest: bytes) -> LiveToken | None:
        row = await self._tx.fetch_one(_BY_TOKEN, {"digest": digest})
        if row is None:
            return None
        expires_at = row.pop("token_expires_at")
        return LiveToken(grant=rows.grant_from_row(row), digest=digest, expires_at=expires_at)


class _Records(_OfferRecords, CardRecords, StatusRecords):
    """`IssuerTransaction`."""


class DatabaseIssuerStore:
    """`IssuerStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[IssuerTransaction]:
        try:
            async with self._database.transaction() as tx:
                yield _Records(tx)
        except UniqueViolation as error:
            if error.constraint == ONE_PHONE.name:
                raise AnotherPhone from error
            raise ValueError(f"an identifier was given twice: {error.constraint}") from error

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[IssuerTransaction]:
        async with self._database.reading() as tx:
            yield _Records(tx)

    async def purge(self, *, now: datetime) -> int:
        async with self._database.transaction() as tx:
            return sum([await tx.execute(statement, {"at": now}) for statement in _PURGE])
