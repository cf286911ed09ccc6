"""The verifier's questions and answers in the database: `TransactionStore` on one table."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mrc.infra.database.engine import Database, Row
from mrc.infra.database.verifier_tables import verifier_transactions as table
from mrc.infra.stores.verifier_documents import (
    decode_key,
    decode_outcome,
    decode_question,
    encode_key,
    encode_outcome,
    encode_question,
)
from mrc.verifier.transactions import (
    ClaimedTransaction,
    FinishedTransaction,
    OpenTransaction,
    RequestId,
    Stage,
    TransactionId,
)

CHECKING_LIMIT = timedelta(seconds=60)
"""A check takes milliseconds; after this the process that claimed the question has died."""

_ADD = table.insert()
_OPEN = (
    sa.select(table)
    .where(table.c.request_id == sa.bindparam("request"))
    .where(table.c.stage == Stage.OPEN.value)
)
_KNOWN = sa.select(table.c.id).where(table.c.request_id == sa.bindparam("request"))
_OPEN_LOCKED = _OPEN.with_for_update()
_CLAIM = (
    table.update()
    .where(table.c.request_id == sa.bindparam("request"))
    .where(table.c.stage == Stage.OPEN.value)
    .values(
        stage=Stage.CHECKING.value,
        claimed_at=sa.bindparam("at", type_=table.c.claimed_at.type),
        nonce=None,
        state=None,
        sealed_key=None,
    )
)
_FINISH = (
    table.update()
    .where(table.c.id == sa.bindparam("transaction"))
    .where(table.c.stage == Stage.CHECKING.value)
    .values(
        stage=Stage.FINISHED.value,
        finished_at=sa.bindparam("at", type_=table.c.finished_at.type),
        outcome=sa.bindparam("found", type_=table.c.outcome.type),
        claims=sa.bindparam("said", type_=table.c.claims.type),
        response_code_hash=sa.bindparam("code", type_=table.c.response_code_hash.type),
        keep_until=sa.bindparam("until", type_=table.c.keep_until.type),
    )
)
_STAGE = sa.select(table.c.stage, table.c.expires_at, table.c.claimed_at).where(
    table.c.id == sa.bindparam("transaction")
)
_FINISHED = (
    sa.select(table)
    .where(table.c.id == sa.bindparam("transaction"))
    .where(table.c.stage == Stage.FINISHED.value)
)
_FORGET = (
    table.update()
    .where(table.c.id == sa.bindparam("transaction"))
    .where(table.c.claims.is_not(None))
    .values(claims=None)
)
_FORGET_KEPT = (
    table.update()
    .where(table.c.keep_until <= sa.bindparam("at", type_=table.c.keep_until.type))
    .where(table.c.claims.is_not(None))
    .values(claims=None)
)
_PURGE = (
    table.delete()
    .where(table.c.opened_at < sa.bindparam("before", type_=table.c.opened_at.type))
    .where(table.c.claims.is_(None) | table.c.keep_until.is_(None))
)


class DatabaseTransactionStore:
    """A `TransactionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, transaction: OpenTransaction) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_ADD, _open_row(transaction))

    async def find_open(self, request_id: RequestId) -> OpenTransaction | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_OPEN, {"request": request_id})
        return None if row is None else _open(row)

    async def knows(self, request_id: RequestId) -> bool:
        async with self._database.reading() as tx:
            return await tx.fetch_one(_KNOWN, {"request": request_id}) is not None

    async def claim(self, request_id: RequestId, *, at: datetime) -> ClaimedTransaction | None:
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(_OPEN_LOCKED, {"request": request_id})
            if row is None or row["expires_at"] <= at:
                return None
            if not await tx.execute(_CLAIM, {"request": request_id, "at": at}):
                return None
        return ClaimedTransaction(transaction=_open(row), claimed_at=at)

    async def finish(self, finished: FinishedTransaction) -> None:
        documents = encode_outcome(finished.outcome)
        parameters: Mapping[str, Any] = {
            "transaction": finished.id,
            "at": finished.finished_at,
            "found": documents.findings,
            "said": documents.claims,
            "code": finished.response_code_hash,
            "until": finished.keep_until,
        }
        async with self._database.transaction() as tx:
            if not await tx.execute(_FINISH, parameters):
                raise ValueError("only a claimed question can be finished, and once")

    async def find_stage(self, transaction_id: TransactionId, *, at: datetime) -> Stage | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_STAGE, {"transaction": transaction_id})
        if row is None:
            return None
        stage = Stage(row["stage"])
        if stage is Stage.OPEN and row["expires_at"] <= at:
            return Stage.EXPIRED
        if stage is Stage.CHECKING and row["claimed_at"] + CHECKING_LIMIT <= at:
            return Stage.EXPIRED
        return stage

    async def find_finished(self, transaction_id: TransactionId) -> FinishedTransaction | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_FINISHED, {"transaction": transaction_id})
        if row is None:
            return None
        return FinishedTransaction(
            id=transaction_id,
            outcome=decode_outcome(row["outcome"], row["claims"]),
            finished_at=row["finished_at"],
            response_code_hash=row["response_code_hash"],
            keep_until=row["keep_until"],
        )

    async def forget_claims(self, transaction_id: TransactionId) -> bool:
        async with self._database.transaction() as tx:
            return bool(await tx.execute(_FORGET, {"transaction": transaction_id}))

    async def purge(self, *, opened_before: datetime, at: datetime) -> int:
        async with self._database.transaction() as tx:
            forgotten = await tx.execute(_FORGET_KEPT, {"at": at})
            return forgotten + await tx.execute(_PURGE, {"before": opened_before})


def _open_row(transaction: OpenTransaction) -> Row:
    key = transaction.key
    return {
        "id": transaction.id,
        "request_id": transaction.request_id,
        "stage": Stage.OPEN.value,
        "question": encode_question(transaction.question),
        "key": None if key is None else encode_key(key),
        "nonce": transaction.nonce,
        "state": transaction.state,
        "sealed_key": None if key is None else key.sealed,
        "opened_at": transaction.opened_at,
        "expires_at": transaction.expires_at,
        "claimed_at": None,
        "finished_at": None,
        "outcome": None,
        "claims": None,
        "response_code_hash": None,
        "keep_until": None,
    }


def _open(row: Row) -> OpenTransaction:
    return OpenTransaction(
        id=TransactionId(row["id"]),
        request_id=RequestId(row["request_id"]),
        question=decode_question(row["question"]),
        nonce=row["nonce"],
        state=row["state"],
        key=decode_key(row["key"], row["sealed_key"]),
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
    )
