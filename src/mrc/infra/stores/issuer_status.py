"""Status lists and their publications. See `mrc.issuer.store.StatusTransaction`."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from mrc.formats.status_list.bits import Status
from mrc.infra.database.engine import Transaction
from mrc.infra.database.issuer_tables import copies, status_lists, status_tokens
from mrc.infra.stores import issuer_rows as rows
from mrc.issuer.records import PublishedToken, StatusListId, StatusListRecord

_P = sa.bindparam
_ADD_LIST = sa.insert(status_lists)
_LISTS = sa.select(status_lists).order_by(status_lists.c.id)
_LIST = sa.select(status_lists).where(status_lists.c.id == _P("of_id"))
_TAKE = (
    sa.update(status_lists)
    .where(
        status_lists.c.id == _P("of_id"),
        status_lists.c.used + _P("taken") <= status_lists.c.size - status_lists.c.decoys,
    )
    .values(used=status_lists.c.used + _P("taken"))
    .returning(status_lists.c.used)
)
_CHANGES = sa.select(copies.c.idx, copies.c.status).where(
    copies.c.list_id == _P("of_id"), copies.c.changed_in > _P("after")
)
_NEWEST = (
    sa.select(status_tokens)
    .where(status_tokens.c.list_id == _P("of_id"))
    .order_by(status_tokens.c.issued_at.desc())
    .limit(1)
)
_ADD_TOKEN = insert_or(status_tokens).on_conflict_do_nothing(
    index_elements=["list_id", "issued_at"]
)
_DROP_OLDER = sa.delete(status_tokens).where(
    status_tokens.c.list_id == _P("of_id"), status_tokens.c.issued_at < _P("newest")
)
_PUBLISHED = (
    sa.update(status_lists)
    .where(
        status_lists.c.id == _P("of_id"),
        status_lists.c.published_version <= _P("new_version"),
        sa.or_(status_lists.c.published_at.is_(None), status_lists.c.published_at < _P("new_time")),
    )
    .values(published_version=_P("new_version"), published_at=_P("new_time"))
)


class StatusRecords:
    """`StatusTransaction`."""

    _tx: Transaction

    async def add_status_list(self, record: StatusListRecord) -> None:
        await self._tx.execute(_ADD_LIST, rows.status_list_to_row(record))

    async def status_lists(self) -> list[StatusListRecord]:
        return [rows.status_list_from_row(row) for row in await self._tx.fetch_all(_LISTS)]

    async def find_status_list(self, list_id: StatusListId) -> StatusListRecord | None:
        row = await self._tx.fetch_one(_LIST, {"of_id": list_id})
        return None if row is None else rows.status_list_from_row(row)

    async def take_positions(self, list_id: StatusListId, count: int) -> int | None:
        row = await self._tx.fetch_one(_TAKE, {"of_id": list_id, "taken": count})
        return None if row is None else int(row["used"]) - count

    async def changes(self, list_id: StatusListId, *, after: int) -> list[tuple[int, Status]]:
        found = await self._tx.fetch_all(_CHANGES, {"of_id": list_id, "after": after})
        return [(row["idx"], Status(row["status"])) for row in found]

    async def find_token(self, list_id: StatusListId) -> PublishedToken | None:
        row = await self._tx.fetch_one(_NEWEST, {"of_id": list_id})
        return None if row is None else rows.token_from_row(row)

    async def add_token(self, token: PublishedToken) -> bool:
        """Only the newest token is kept: it is what is served."""
        moved = {
            "of_id": token.list_id,
            "new_version": token.version,
            "new_time": token.issued_at,
        }
        if await self._tx.execute(_PUBLISHED, moved) != 1:
            return False
        await self._tx.execute(_ADD_TOKEN, rows.token_to_row(token))
        older = {"of_id": token.list_id, "newest": token.issued_at}
        await self._tx.execute(_DROP_OLDER, older)
        return True
