"""SQLite: one writer with group commit, and readers that see the last commit (WAL).

Statements run inline, since each takes microseconds; only the commit, which waits for the disk,
runs in a thread. Transactions that queue up meanwhile share the next commit: each runs in a
savepoint of its own and none of them returns before the disk has them all (one transaction per
turn of the event loop). Several processes may share the file: the write lock is taken with
``BEGIN IMMEDIATE`` and awaited without blocking the loop.
"""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import Executable, Index, Table, UniqueConstraint, make_url
from sqlalchemy.dialects.sqlite import pysqlite

from mrc.infra.database.engine import NOTHING, Parameters, Row, Transaction, UniqueViolation
from mrc.infra.database.plans import Plans
from mrc.infra.database.schema import metadata
from mrc.kernel.errors import Unavailable

BUSY_SECONDS = 30.0  # how long another process may hold the write lock
FIRST_WAIT, LONGEST_WAIT = 0.001, 0.05  # seconds between two attempts to get the write lock
STREAM_ROWS = 500  # rows fetched between two looks at the event loop


class SqliteTransaction:
    """See `Transaction`."""

    def __init__(self, connection: sqlite3.Connection, plans: Plans) -> None:
        self._connection = connection
        self._plans = plans
        self.failed = False

    async def execute(self, statement: Executable, parameters: Parameters = NOTHING) -> int:
        sql, arguments = self._plans.plan(statement, parameters).bind(parameters)
        with self._statement():
            return self._connection.execute(sql, arguments).rowcount

    async def execute_many(self, statement: Executable, sets: Sequence[Parameters]) -> None:
        if not sets:
            return
        plan = self._plans.plan(statement, sets[0])
        with self._statement():
            self._connection.executemany(plan.sql, [plan.bind(values)[1] for values in sets])

    async def fetch_one(
        self, statement: Executable, parameters: Parameters = NOTHING
    ) -> Row | None:
        rows = await self.fetch_all(statement, parameters)
        return rows[0] if rows else None

    async def fetch_all(self, statement: Executable, parameters: Parameters = NOTHING) -> list[Row]:
        plan = self._plans.plan(statement, parameters)
        sql, arguments = plan.bind(parameters)
        with self._statement():
            rows = self._connection.execute(sql, arguments).fetchall()
        return [plan.row(values) for values in rows]

    async def stream(
        self, statement: Executable, parameters: Parameters = NOTHING
    ) -> AsyncIterator[Row]:
        plan = self._plans.plan(statement, parameters)
        sql, arguments = plan.bind(parameters)
        with self._statement():
            cursor = self._connection.execute(sql, arguments)
        while rows := cursor.fetchmany(STREAM_ROWS):
            for values in rows:
                yield plan.row(values)
            await asyncio.sleep(0)

    @contextmanager
    def _statement(self) -> Iterator[None]:
        if self.failed:
            raise ValueError("the transaction is over: a statement in it failed")
        try:
            yield
        except sqlite3.Error as error:
            self.failed = True
            raise _translated(error) from error


class _Group:
    """Transactions that share one commit. `durable` is set when the disk has them."""

    def __init__(self) -> None:
        self.durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class SqliteDatabase:
    """See `Database`. One object per process and event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._plans = Plans(pysqlite.dialect())
        self._writer = _connect(path)
        self._readers: list[sqlite3.Connection] = []
        self._turn = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None
        self._group: _Group | None = None
        self._committer: asyncio.Task[None] | None = None
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        task = asyncio.current_task()
        if self._owner is task:
            raise ValueError("a transaction is already open in this task")
        async with self._turn:
            self._owner = task
            try:
                group = await self._join()
                with _savepoint(self._writer):
                    transaction = SqliteTransaction(self._writer, self._plans)
                    yield transaction
                    if transaction.failed:
                        raise ValueError("a failed statement was swallowed inside a transaction")
            finally:
                self._owner = None
        await asyncio.shield(group.durable)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        connection = self._readers.pop() if self._readers else _connect(self._path, reader=True)
        connection.execute("BEGIN")
        try:
            yield SqliteTransaction(connection, self._plans)
        finally:
            if connection.in_transaction:  # an error of the disk ends it by itself
                connection.execute("ROLLBACK")
            self._readers.append(connection)

    async def _join(self) -> _Group:
        """The open group; else a new one, whose commit queues behind those who wait already."""
        if self._group is None:
            await self._begin()
            self._group = _Group()
            self._committer = asyncio.create_task(self._commit(self._group))
        return self._group

    async def _begin(self) -> None:
        wait, waited = FIRST_WAIT, 0.0
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _busy(error) or waited >= BUSY_SECONDS:
                    raise _translated(error) from error
                await asyncio.sleep(wait)
                waited += wait
                wait = min(wait * 2, LONGEST_WAIT)
            else:
                return

    async def _commit(self, group: _Group) -> None:
        async with self._turn:
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._disk, self._writer.execute, "COMMIT")
            except sqlite3.Error as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                group.durable.set_exception(_translated(error))
                group.durable.exception()  # seen, also where every waiter was cancelled
            else:
                group.durable.set_result(None)
            finally:
                self._group = None

    async def close(self) -> None:
        if self._committer is not None:
            await self._committer
        self._disk.shutdown()
        for connection in (self._writer, *self._readers):
            connection.close()


@asynccontextmanager
async def open_sqlite(url: str) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(sqlite_path(url))
    try:
        yield database
    finally:
        await database.close()


def sqlite_path(url: str) -> Path:
    """The file of ``sqlite:///FILE``. A database in memory is refused: nobody could share it."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise ValueError("the SQLite database must be a file")
    return Path(name)


def _connect(path: Path, *, reader: bool = False) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if reader:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("PRAGMA busy_timeout=0")  # the loop waits, not the thread
    except sqlite3.Error as error:
        raise Unavailable("database", error.sqlite_errorname) from error
    return connection


@contextmanager
def _savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("SAVEPOINT one")
    try:
        yield
    except BaseException:  # a cancelled act is undone too
        if connection.in_transaction:  # a full disk rolls everything back by itself
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
        raise
    connection.execute("RELEASE one")


def _busy(error: sqlite3.Error) -> bool:
    return (error.sqlite_errorcode & 0xFF) == sqlite3.SQLITE_BUSY


_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


def _translated(error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", None)
    if code in _UNIQUE:
        return UniqueViolation(_constraint_name(str(error)))
    if isinstance(error, sqlite3.OperationalError) and code not in (None, sqlite3.SQLITE_ERROR):
        return Unavailable("database", error.sqlite_errorname)
    return ValueError(f"the database refused a statement: {error}")


def _constraint_name(message: str) -> str:
    """The name of the constraint: SQLite tells only the columns, the metadata knows the name."""
    if quoted := re.search(r"index '([^']+)'", message):
        return quoted[1]
    columns = [name.split(".") for name in message.partition(": ")[2].split(", ")]
    table = metadata.tables[columns[0][0]]
    for name, names in _unique_rules(table):
        if names == {column for _, column in columns}:
            return name
    raise ValueError(f"no unique rule of {table.name} fits: {message}")


def _unique_rules(table: Table) -> Iterator[tuple[str, set[str]]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield str(constraint.name), {column.name for column in constraint.columns}
    for index in table.indexes:
        if isinstance(index, Index) and index.unique:
            yield str(index.name), {column.name for column in index.columns}
    yield str(table.primary_key.name), {column.name for column in table.primary_key.columns}
