"""The IC card's records in the database: sealed sessions, the card register, evidence.

A session is found by the digest of its name and sealed with AES-GCM under the authority's key; a
claim deletes it and returns it in one statement, so two requests can never both have it. The
signature counter moves in one statement too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from mrc.authority.ic_issuance.ports import Evidence, IcCard, IcCardStatus, ProofPurpose
from mrc.ic_card.server.verdict import CardStatus, RegisteredCard
from mrc.infra.database.engine import Database, Row, UniqueViolation
from mrc.infra.database.ic_tables import ic_cards, ic_proofs, ic_sessions
from mrc.kernel.errors import Forbidden
from mrc.kernel.ports import Cipher, Clock, Entropy
from mrc.registry.people import RegistrantId
from mrc.registry.store import Conflict

KEPT = timedelta(minutes=10)
_IV_BYTES = 12
_P = sa.bindparam
_FORGET = sa.delete(ic_sessions).where(ic_sessions.c.expires_at <= _P("at"))
_DROP = sa.delete(ic_sessions).where(ic_sessions.c.digest == _P("of_digest"))
_PUT = sa.insert(ic_sessions)
_CLAIM = _DROP.returning(ic_sessions.c.sealed, ic_sessions.c.expires_at)
_ADD = sa.insert(ic_cards)
_CARD = sa.select(ic_cards).where(ic_cards.c.document_number == _P("number"))
_OF = (
    sa.select(ic_cards)
    .where(ic_cards.c.registrant == _P("of_registrant"))
    .order_by(ic_cards.c.registered_at, ic_cards.c.document_number)
)
_EXPIRED = sa.select(ic_cards).where(
    ic_cards.c.expires_on < _P("today"), ic_cards.c.status != IcCardStatus.ENDED.value
)
_MOVE = (
    sa.update(ic_cards)
    .where(
        ic_cards.c.document_number == _P("number"),
        ic_cards.c.status != _P("new_status"),
        ic_cards.c.status != _P("unless"),
    )
    .values(status=_P("new_status"), changed_at=_P("at"))
)
_COUNT = (
    sa.update(ic_cards)
    .where(ic_cards.c.document_number == _P("number"), ic_cards.c.last_counter < _P("counter"))
    .values(last_counter=_P("counter"))
)
_KEEP = sa.insert(ic_proofs)
_PHONES = sa.select(ic_proofs.c.phone).where(
    ic_proofs.c.document_number == _P("number"),
    ic_proofs.c.purpose == ProofPurpose.ISSUE.value,
)
_STATUS = {
    IcCardStatus.ACTIVE: CardStatus.ACTIVE,
    IcCardStatus.LOST: CardStatus.LOST,
    IcCardStatus.ENDED: CardStatus.NOT_ACTIVE,
}


class DatabaseIcSessions:
    """A `StepSessions`."""

    def __init__(
        self, database: Database, *, key: bytes, cipher: Cipher, entropy: Entropy, clock: Clock
    ) -> None:
        self._database = database
        self._key = hashlib.sha256(b"mrc ic card sessions" + key).digest()
        self._cipher = cipher
        self._entropy = entropy
        self._clock = clock

    def __repr__(self) -> str:
        return "DatabaseIcSessions()"

    async def put(self, session_id: str, stage: bytes) -> None:
        digest, now = _digest(session_id), self._clock.now()
        iv = self._entropy.token(_IV_BYTES)
        sealed = iv + await self._cipher.seal(self._key, iv, stage, digest)
        row = {"digest": digest, "sealed": sealed, "expires_at": now + KEPT}
        async with self._database.transaction() as tx:
            await tx.execute(_FORGET, {"at": now})
            await tx.execute(_DROP, {"of_digest": digest})
            await tx.execute(_PUT, row)

    async def claim(self, session_id: str) -> bytes | None:
        digest = _digest(session_id)
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(_CLAIM, {"of_digest": digest})
        if row is None or row["expires_at"] <= self._clock.now():
            return None
        sealed: bytes = row["sealed"]
        return await self._cipher.open(self._key, sealed[:_IV_BYTES], sealed[_IV_BYTES:], digest)


def _digest(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode()).digest()


class DatabaseIcCards:
    """An `IcCardStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, card: IcCard) -> None:
        row = {item.name: getattr(card, item.name) for item in fields(card)}
        row |= {"status": card.status.value, "last_counter": 0, "changed_at": card.registered_at}
        try:
            async with self._database.transaction() as tx:
                await tx.execute(_ADD, row)
        except UniqueViolation as error:
            raise Forbidden(Conflict.ALREADY_REGISTERED, error.constraint) from error

    async def find(self, document_number: str) -> IcCard | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_CARD, {"number": document_number})
        return None if row is None else _card(row)

    async def find_card(self, document_number: str) -> RegisteredCard | None:
        card = await self.find(document_number)
        if card is None:
            return None
        return RegisteredCard(
            status=_STATUS[card.status], dg1_hash=card.dg1_hash, issuance_key=card.issuance_key
        )

    async def claim_counter(self, document_number: str, counter: int) -> bool:
        async with self._database.transaction() as tx:
            return await tx.execute(_COUNT, {"number": document_number, "counter": counter}) > 0

    async def of(self, registrant: RegistrantId) -> Sequence[IcCard]:
        async with self._database.reading() as tx:
            rows = await tx.fetch_all(_OF, {"of_registrant": registrant})
        return [_card(row) for row in rows]

    async def expired(self, today: date) -> Sequence[IcCard]:
        async with self._database.reading() as tx:
            return [_card(row) for row in await tx.fetch_all(_EXPIRED, {"today": today})]

    async def move(
        self, document_number: str, status: IcCardStatus, *, unless: IcCardStatus, at: datetime
    ) -> bool:
        wanted = {"number": document_number, "new_status": status.value, "unless": unless.value}
        async with self._database.transaction() as tx:
            return await tx.execute(_MOVE, {**wanted, "at": at}) > 0

    async def keep(self, evidence: Evidence) -> None:
        row = {item.name: getattr(evidence, item.name) for item in fields(evidence)}
        async with self._database.transaction() as tx:
            await tx.execute(_KEEP, row | {"purpose": evidence.purpose.value})

    async def phones_of(self, document_number: str) -> frozenset[str]:
        async with self._database.reading() as tx:
            rows = await tx.fetch_all(_PHONES, {"number": document_number})
        return frozenset(row["phone"] for row in rows)


def _card(row: Row) -> IcCard:
    values = {item.name: row[item.name] for item in fields(IcCard)}
    values |= {
        "registrant": RegistrantId(row["registrant"]),
        "status": IcCardStatus(row["status"]),
    }
    return IcCard(**values)
