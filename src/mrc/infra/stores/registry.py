"""The register in the database. See `mrc.registry.store.RegistryStore`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from mrc.infra.database.engine import Database, Row, Transaction, UniqueViolation
from mrc.infra.database.registry_tables import acts, portraits, registrants
from mrc.infra.stores.registry_rows import (
    act_from_row,
    act_to_row,
    registrant_from_row,
    registrant_to_row,
)
from mrc.kernel.errors import Forbidden
from mrc.registry.acts import Act, RecordedAct
from mrc.registry.names import search_key
from mrc.registry.numbers import RegistrationNumber
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.store import Change, Conflict

_ENTER = sa.insert(registrants)
_REPLACE = sa.update(registrants).where(
    registrants.c.id == sa.bindparam("of_id"),
    registrants.c.version == sa.bindparam("of_version"),
)
_RECORD = sa.insert(acts)
_KEEP_PORTRAIT = insert_or(portraits).on_conflict_do_nothing(index_elements=["sha256"])
_DROP_PORTRAIT = sa.delete(portraits).where(
    portraits.c.sha256 == sa.bindparam("digest"),
    ~sa.exists().where(registrants.c.portrait == portraits.c.sha256),
)
_PORTRAIT_OF_ENTRY = sa.select(registrants.c.portrait).where(
    registrants.c.id == sa.bindparam("of_id")
)
_BY_ID = sa.select(registrants).where(registrants.c.id == sa.bindparam("of_id"))
_BY_NUMBERS = sa.select(registrants).where(
    registrants.c.number.in_(sa.bindparam("numbers", expanding=True))
)
_ALL = sa.select(registrants).order_by(registrants.c.id)
_COUNT = sa.select(sa.func.count().label("entries")).select_from(registrants)
_PORTRAIT = (
    sa.select(portraits.c.jpeg)
    .join(registrants, registrants.c.portrait == portraits.c.sha256)
    .where(registrants.c.id == sa.bindparam("of_id"))
)
_ACTS = sa.select(acts).where(acts.c.registrant == sa.bindparam("of_id")).order_by(acts.c.position)
_SEARCH = (
    sa.select(registrants)
    .where(
        sa.or_(
            registrants.c.id == sa.bindparam("exact"),
            registrants.c.number == sa.bindparam("digits"),
            registrants.c.birth_date == sa.bindparam("day"),
            registrants.c.search_key.like(sa.bindparam("part"), escape="\\"),
        )
    )
    .order_by(registrants.c.search_key, registrants.c.id)
    .limit(sa.bindparam("at_most"))
)


class DatabaseRegistry:
    """`RegistryStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def commit(self, changes: Sequence[Change]) -> None:
        try:
            async with self._database.transaction() as tx:
                await _write(tx, changes)
        except UniqueViolation as error:
            raise Forbidden(Conflict.ALREADY_REGISTERED, error.constraint) from error

    async def append_act(self, act: Act) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_RECORD, act_to_row(act))

    async def find(self, registrant: RegistrantId) -> Registrant | None:
        row = await self._one(_BY_ID, {"of_id": registrant})
        return None if row is None else registrant_from_row(row)

    async def find_by_numbers(
        self, numbers: Sequence[RegistrationNumber]
    ) -> Mapping[str, Registrant]:
        async with self._database.reading() as tx:
            rows = await tx.fetch_all(_BY_NUMBERS, {"numbers": [n.digits for n in numbers]})
        return {row["number"]: registrant_from_row(row) for row in rows}

    async def search(self, text: str, *, limit: int) -> list[Registrant]:
        key = search_key(text)
        if not key:
            return []
        escaped = key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parameters = {
            "exact": text.strip(),
            "digits": text.strip().replace("-", ""),
            "day": _day(text.strip()),
            "part": f"% {escaped}%",
            "at_most": limit,
        }
        async with self._database.reading() as tx:
            rows = await tx.fetch_all(_SEARCH, parameters)
        return [registrant_from_row(row) for row in rows]

    async def find_portrait(self, registrant: RegistrantId) -> bytes | None:
        row = await self._one(_PORTRAIT, {"of_id": registrant})
        return None if row is None else bytes(row["jpeg"])

    async def acts_of(self, registrant: RegistrantId) -> list[RecordedAct]:
        async with self._database.reading() as tx:
            return [act_from_row(row) for row in await tx.fetch_all(_ACTS, {"of_id": registrant})]

    async def count(self) -> int:
        row = await self._one(_COUNT, {})
        return 0 if row is None else int(row["entries"])

    async def registrants(self) -> AsyncIterator[Registrant]:
        async with self._database.reading() as tx:
            async for row in tx.stream(_ALL):
                yield registrant_from_row(row)

    async def _one(self, statement: sa.Executable, parameters: Mapping[str, object]) -> Row | None:
        async with self._database.reading() as tx:
            return await tx.fetch_one(statement, parameters)


async def _write(tx: Transaction, changes: Sequence[Change]) -> None:
    await tx.execute_many(
        _KEEP_PORTRAIT, [_portrait_row(change) for change in changes if change.jpeg is not None]
    )
    new = [change for change in changes if change.new]
    await tx.execute_many(_ENTER, [registrant_to_row(change.registrant) for change in new])
    for change in changes:
        if not change.new:
            await _replace(tx, change.registrant)
    await tx.execute_many(_RECORD, [act_to_row(change.act) for change in changes])


async def _replace(tx: Transaction, registrant: Registrant) -> None:
    """Overwrite the version before; a portrait that nobody has any more goes with it."""
    known = {"of_id": registrant.id, "of_version": registrant.version - 1}
    old = await tx.fetch_one(_PORTRAIT_OF_ENTRY, {"of_id": registrant.id})
    if await tx.execute(_REPLACE, {**registrant_to_row(registrant), **known}) != 1:
        raise Forbidden(Conflict.CHANGED_MEANWHILE)
    now = registrant.portrait.sha256 if registrant.portrait else None
    if old is not None and old["portrait"] not in (None, now):
        await tx.execute(_DROP_PORTRAIT, {"digest": old["portrait"]})


def _portrait_row(change: Change) -> dict[str, object]:
    portrait = change.registrant.portrait
    if portrait is None:
        raise ValueError("a JPEG without a portrait")
    return {
        "sha256": portrait.sha256,
        "jpeg": change.jpeg,
        "width": portrait.width,
        "height": portrait.height,
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
