"""The database port of every store, and the door that opens it.

`transaction` is a write transaction: on SQLite the only writer of the file, on PostgreSQL READ
COMMITTED. Code that must be right on both decides by what the database decides at once: a unique
constraint, ``UPDATE … WHERE … RETURNING``, or ``SELECT … FOR UPDATE`` (`with_for_update`, which
SQLite does not need). `reading` is a snapshot that cannot write.

A transaction in which a statement failed is over on both databases: it rolls back.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import Executable, make_url

Row = dict[str, Any]
Parameters = Mapping[str, object]

NOTHING: Parameters = MappingProxyType({})


class UniqueViolation(Exception):
    """A unique constraint said no. `constraint` is its name, the same on both databases."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class Transaction(Protocol):
    """One open transaction. Statements are SQLAlchemy Core objects made once, at module level."""

    async def execute(self, statement: Executable, parameters: Parameters = NOTHING) -> int:
        """The number of rows changed. Raises `UniqueViolation`."""

    async def execute_many(self, statement: Executable, sets: Sequence[Parameters]) -> None:
        """As `execute` for every set of parameters; all sets name the same parameters."""

    async def fetch_one(
        self, statement: Executable, parameters: Parameters = NOTHING
    ) -> Row | None:
        """The first row by column name, or None."""

    async def fetch_all(
        self, statement: Executable, parameters: Parameters = NOTHING
    ) -> list[Row]: ...

    def stream(self, statement: Executable, parameters: Parameters = NOTHING) -> AsyncIterator[Row]:
        """The rows one by one; memory does not grow with their number."""


class Database(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A write transaction: committed durably when the block is left, else rolled back.

        Raises `Unavailable` where the database does not answer or stays busy.
        """

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """A snapshot that refuses to write."""


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """The database at ``sqlite:///FILE`` or ``postgresql://…``; closed when the block is left.

    Tables are not made here: see `upgrade`.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        from mrc.infra.database.sqlite import open_sqlite

        async with open_sqlite(url) as database:
            yield database
    elif backend == "postgresql":
        from mrc.infra.database.postgresql import open_postgresql

        async with open_postgresql(url) as database:
            yield database
    else:
        raise ValueError(f"neither sqlite nor postgresql: {backend}")
