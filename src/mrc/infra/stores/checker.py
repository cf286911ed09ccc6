"""Checks in person and sign-ins in the database: `CheckStore` and `SignInStore`."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mrc.infra.database.checker_tables import checks, sign_in_tries, sign_ins
from mrc.infra.database.engine import Database, Row
from mrc.verifier.in_person.answers import Answer, Answered, Question
from mrc.verifier.in_person.checks import Check, CheckId, Ending, Face, PostId, Way
from mrc.verifier.online.sign_ins import Device, End, SignIn, SignInId, Wish
from mrc.verifier.policy import Decision
from mrc.verifier.transactions import TransactionId

_P = sa.bindparam
_NO_NUMBER = 0


def _set(table: sa.Table, *names: str) -> dict[str, sa.BindParameter[Any]]:
    return {name: _P(f"new_{name}", type_=table.c[name].type) for name in names}


_ADD = sa.insert(checks)
_ONE = sa.select(checks).where(checks.c.id == _P("of_id"))
_FINISH = (
    sa.update(checks)
    .where(checks.c.id == _P("of_id"), checks.c.ending.is_(None))
    .values(
        _set(checks, "ending", "decision", "answer", "reason", "data_as_of", "finished_at")
        | {"link": ""}
    )
)
_EXTEND = (
    sa.update(checks)
    .where(checks.c.id == _P("of_id"), checks.c.ending.is_(None))
    .values(_set(checks, "closes_at"))
)
_NUMBER = (
    sa.update(checks)
    .where(checks.c.id == _P("of_id"), checks.c.number == _NO_NUMBER)
    .values(_set(checks, "number"))
)
_COMPARE = (
    sa.update(checks)
    .where(checks.c.id == _P("of_id"), checks.c.ending.is_not(None))
    .values(_set(checks, "face"))
)
_OF_POST = (
    sa.select(checks)
    .where(checks.c.post == _P("of_post"))
    .where(checks.c.opened_at >= _P("since", type_=checks.c.opened_at.type))
    .order_by(checks.c.opened_at.desc())
    .limit(_P("at_most", type_=sa.Integer))
)
_COUNT_OPEN = (
    sa.select(sa.func.count().label("n"))
    .where(checks.c.post == _P("of_post"), checks.c.ending.is_(None))
    .where(checks.c.closes_at > _P("at", type_=checks.c.closes_at.type))
)
_ADD_TRY = sa.insert(sign_in_tries)
_TRIES = sa.select(sa.func.count().label("n")).where(
    sign_in_tries.c.at >= _P("since", type_=sign_in_tries.c.at.type)
)
_FORGET_TRIES = sa.delete(sign_in_tries)

_ADD_SIGN_IN = sa.insert(sign_ins)
_SIGN_IN = sa.select(sign_ins).where(sign_ins.c.id == _P("of_id"))
_CHANGE_SIGN_IN = (
    sa.update(sign_ins)
    .where(sign_ins.c.id == _P("of_id"), sign_ins.c.end.is_(None))
    .values(_set(sign_ins, "device", "transaction", "link", "closes_at", "codes", "end", "reason"))
)
_PURGE = sa.delete(sign_ins).where(
    sign_ins.c.opened_at < _P("before", type_=sign_ins.c.opened_at.type)
)


class DatabaseChecks:
    """`CheckStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, check: Check) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_ADD, _check_row(check))

    async def find(self, check: CheckId) -> Check | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_ONE, {"of_id": check})
        return None if row is None else _check(row)

    async def finish(self, check: Check) -> bool:
        row = _check_row(check)
        names = ("ending", "decision", "answer", "reason", "data_as_of", "finished_at")
        wanted = {"of_id": check.id} | {f"new_{name}": row[name] for name in names}
        async with self._database.transaction() as tx:
            return await tx.execute(_FINISH, wanted) == 1

    async def extend(self, check: CheckId, *, closes_at: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_EXTEND, {"of_id": check, "new_closes_at": closes_at})

    async def number(self, check: CheckId, number: int) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_NUMBER, {"of_id": check, "new_number": number})

    async def compare(self, check: CheckId, face: Face) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_COMPARE, {"of_id": check, "new_face": face.value})

    async def of_post(self, post: PostId, *, since: datetime, limit: int) -> list[Check]:
        wanted = {"of_post": post, "since": since, "at_most": limit}
        async with self._database.reading() as tx:
            return [_check(row) for row in await tx.fetch_all(_OF_POST, wanted)]

    async def count_open(self, post: PostId, *, at: datetime) -> int:
        return await self._number(_COUNT_OPEN, {"of_post": post, "at": at})

    async def add_try(self, *, at: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_ADD_TRY, {"at": at})

    async def tries(self, *, since: datetime) -> int:
        return await self._number(_TRIES, {"since": since})

    async def forget_tries(self) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_FORGET_TRIES)

    async def _number(self, query: sa.Executable, wanted: dict[str, object]) -> int:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(query, wanted)
        return 0 if row is None else int(row["n"])


class DatabaseSignIns:
    """`SignInStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, sign_in: SignIn) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_ADD_SIGN_IN, _sign_in_row(sign_in))

    async def find(self, sign_in: SignInId) -> SignIn | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_SIGN_IN, {"of_id": sign_in})
        return None if row is None else _sign_in(row)

    async def change(self, sign_in: SignIn) -> None:
        await self._change(sign_in)

    async def finish(self, sign_in: SignIn) -> bool:
        return await self._change(sign_in) == 1

    async def purge(self, *, opened_before: datetime) -> int:
        async with self._database.transaction() as tx:
            return await tx.execute(_PURGE, {"before": opened_before})

    async def _change(self, sign_in: SignIn) -> int:
        row = _sign_in_row(sign_in)
        names = ("device", "transaction", "link", "closes_at", "codes", "end", "reason")
        wanted = {"of_id": sign_in.id} | {f"new_{name}": row[name] for name in names}
        async with self._database.transaction() as tx:
            return await tx.execute(_CHANGE_SIGN_IN, wanted)


def _check_row(check: Check) -> Row:
    answered = check.answered
    return {
        "id": check.id,
        "post": check.post,
        "place": check.place,
        "way": check.way.value,
        "question": check.question.value,
        "opened_at": check.opened_at,
        "closes_at": check.closes_at,
        "number": check.number or _NO_NUMBER,
        "transaction": check.transaction,
        "link": check.link,
        "ending": None if check.ending is None else check.ending.value,
        "decision": None if answered is None else answered.decision.value,
        "answer": None if answered is None else answered.answer.value,
        "reason": None if answered is None else answered.reason,
        "data_as_of": check.data_as_of,
        "finished_at": check.finished_at,
        "face": None if check.face is None else check.face.value,
    }


def _check(row: Row) -> Check:
    answered = None
    if row["decision"] is not None:
        answered = Answered(
            decision=Decision(row["decision"]), answer=Answer(row["answer"]), reason=row["reason"]
        )
    return Check(
        id=CheckId(row["id"]),
        post=PostId(row["post"]),
        place=row["place"],
        way=Way(row["way"]),
        question=Question(row["question"]),
        opened_at=row["opened_at"],
        closes_at=row["closes_at"],
        number=row["number"] or None,
        transaction=None if row["transaction"] is None else TransactionId(row["transaction"]),
        link=row["link"],
        ending=None if row["ending"] is None else Ending(row["ending"]),
        answered=answered,
        data_as_of=row["data_as_of"],
        finished_at=row["finished_at"],
        face=None if row["face"] is None else Face(row["face"]),
    )


def _sign_in_row(sign_in: SignIn) -> Row:
    return {
        "id": sign_in.id,
        "browser": sign_in.browser,
        "wish": sign_in.wish.value,
        "opened_at": sign_in.opened_at,
        "device": None if sign_in.device is None else sign_in.device.value,
        "transaction": sign_in.transaction,
        "link": sign_in.link,
        "closes_at": sign_in.closes_at,
        "codes": sign_in.codes,
        "end": None if sign_in.end is None else sign_in.end.value,
        "reason": sign_in.reason,
    }


def _sign_in(row: Row) -> SignIn:
    return SignIn(
        id=SignInId(row["id"]),
        browser=row["browser"],
        wish=Wish(row["wish"]),
        opened_at=row["opened_at"],
        device=None if row["device"] is None else Device(row["device"]),
        transaction=None if row["transaction"] is None else TransactionId(row["transaction"]),
        link=row["link"],
        closes_at=row["closes_at"],
        codes=row["codes"],
        end=None if row["end"] is None else End(row["end"]),
        reason=row["reason"],
    )
