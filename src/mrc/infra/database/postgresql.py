"""PostgreSQL through asyncpg: prepared statements, one connection of a pool per transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg
from sqlalchemy import Executable, make_url
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from mrc.infra.database.engine import NOTHING, Parameters, Row, Transaction, UniqueViolation
from mrc.infra.database.plans import Plans
from mrc.kernel.errors import Unavailable

MAX_CONNECTIONS = 16  # per process; a server worker has one core, more would only queue there
PREPARED_STATEMENTS = 500  # kept per connection
CONNECT_SECONDS = 10
ACQUIRE_SECONDS = 15.0  # waiting for a connection; without an end, nested use would hang for ever
STREAM_ROWS = 500


class PostgresqlTransaction:
    """See `Transaction`."""

    def __init__(self, connection: asyncpg.Connection, plans: Plans) -> None:
        self._connection = connection
        self._plans = plans
        self.failed = False

    async def execute(self, statement: Executable, parameters: Parameters = NOTHING) -> int:
        sql, arguments = self._plans.plan(statement, parameters).bind(parameters)
        with self._statement():
            status = await self._connection.execute(sql, *arguments)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, statement: Executable, sets: Sequence[Parameters]) -> None:
        if not sets:
            return
        plan = self._plans.plan(statement, sets[0])
        with self._statement():
            await self._connection.executemany(plan.sql, [plan.bind(values)[1] for values in sets])

    async def fetch_one(
        self, statement: Executable, parameters: Parameters = NOTHING
    ) -> Row | None:
        plan = self._plans.plan(statement, parameters)
        sql, arguments = plan.bind(parameters)
        with self._statement():
            record = await self._connection.fetchrow(sql, *arguments)
        return None if record is None else plan.row(record)

    async def fetch_all(self, statement: Executable, parameters: Parameters = NOTHING) -> list[Row]:
        plan = self._plans.plan(statement, parameters)
        sql, arguments = plan.bind(parameters)
        with self._statement():
            records = await self._connection.fetch(sql, *arguments)
        return [plan.row(record) for record in records]

    async def stream(
        self, statement: Executable, parameters: Parameters = NOTHING
    ) -> AsyncIterator[Row]:
        plan = self._plans.plan(statement, parameters)
        sql, arguments = plan.bind(parameters)
        with self._statement():
            cursor = await self._connection.cursor(sql, *arguments)
        while True:
            with self._statement():
                records = await cursor.fetch(STREAM_ROWS)
            if not records:
                return
            for record in records:
                yield plan.row(record)

    @contextmanager
    def _statement(self) -> Iterator[None]:
        if self.failed:
            raise ValueError("the transaction is over: a statement in it failed")
        try:
            with _translating():
                yield
        except BaseException:  # a cancelled act is undone too
            self.failed = True
            raise


class PostgresqlDatabase:
    """See `Database`. One object per process and event loop."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._plans = Plans(asyncpg_dialect.dialect())  # type: ignore[no-untyped-call]
        self._owners: set[asyncio.Task[object] | None] = set()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        task = asyncio.current_task()
        if task in self._owners:
            raise ValueError("a transaction is already open in this task")
        self._owners.add(task)
        try:
            async with self._opened() as transaction:
                yield transaction
                if transaction.failed:
                    raise ValueError("a failed statement was swallowed inside a transaction")
        finally:
            self._owners.discard(task)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        async with self._opened(isolation="repeatable_read", readonly=True) as transaction:
            yield transaction

    @asynccontextmanager
    async def _opened(self, **options: Any) -> AsyncIterator[PostgresqlTransaction]:
        with _translating():
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        try:
            with _translating():
                transaction = connection.transaction(**options)
                await transaction.start()
            try:
                yield PostgresqlTransaction(connection, self._plans)
            except BaseException:  # a cancelled act is undone too
                with suppress(*_ERRORS):  # a lost connection has rolled back already
                    await transaction.rollback()
                raise
            with _translating():
                await transaction.commit()
        finally:
            with suppress(*_ERRORS):
                await self._pool.release(connection)


@asynccontextmanager
async def open_postgresql(url: str) -> AsyncIterator[PostgresqlDatabase]:
    with _translating():
        pool = await asyncpg.create_pool(
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
            min_size=1,
            max_size=MAX_CONNECTIONS,
            timeout=CONNECT_SECONDS,
            statement_cache_size=PREPARED_STATEMENTS,
            reset=_leave_as_it_is,
        )
    try:
        yield PostgresqlDatabase(pool)
    finally:
        await pool.close()


async def _leave_as_it_is(_connection: asyncpg.Connection) -> None:
    """No round trip to clear a session in which nothing can be left.

    asyncpg itself rolls back a transaction that is still open; cursors end with it; nothing here
    takes advisory locks, listens, or sets anything beyond its transaction.
    """


_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_OUTSIDE = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    OSError,
)


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise UniqueViolation(str(error.constraint_name)) from error
    except _OUTSIDE as error:
        raise Unavailable("database", type(error).__name__) from error
    except asyncpg.PostgresError as error:
        place = f"{error.table_name} {error.column_name} {error.constraint_name}"
        raise ValueError(f"statement refused: {type(error).__name__} at {place}") from error
