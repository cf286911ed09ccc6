"""The database port on both databases: what commits, what rolls back, what is refused."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from psycopg import connect
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.schema import CreateIndex, CreateTable

import mrc.infra.database.postgresql as postgresql_module
import mrc.infra.database.sqlite as sqlite_module
from mrc.infra.database.engine import Database, UniqueViolation, open_database
from mrc.infra.database.schema import Document, Instant, metadata
from mrc.kernel.errors import Unavailable

# A table of this test alone: the comparison of migrations with the metadata must not see it.
things = sa.Table(
    "things_of_a_test",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("colour", sa.Text),
    sa.Column("open", sa.Boolean),
    sa.Column("since", Instant),
    sa.Column("day", sa.Date),
    sa.Column("picture", sa.LargeBinary),
    sa.Column("notes", Document),
    sa.Index("uq_one_red", "colour", unique=True, sqlite_where=sa.text("colour = 'red'"),
             postgresql_where=sa.text("colour = 'red'")),
    info={"test": True},
)  # fmt: skip
metadata.remove(things)
INSERT = sa.insert(things)
ALL = sa.select(things).order_by(things.c.id)
COUNT = sa.select(sa.func.count().label("n")).select_from(things)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Database]:
    sqlite = type(database).__name__.startswith("Sqlite")
    dialect = pysqlite.dialect() if sqlite else psycopg.dialect()
    metadata._add_table("things_of_a_test", None, things)
    async with database.transaction() as tx:
        for part in (CreateTable(things), CreateIndex(next(iter(things.indexes)))):
            await tx.execute(sa.text(str(part.compile(dialect=dialect))))
    yield database
    metadata.remove(things)


async def count(store: Database) -> int:
    async with store.reading() as tx:
        row = await tx.fetch_one(COUNT)
    assert row is not None
    return int(row["n"])


async def test_every_type_comes_back_as_it_went(store: Database) -> None:
    seoul = timezone(timedelta(hours=9))
    values = {
        "id": 1,
        "name": "김",
        "open": True,
        "since": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=seoul),
        "day": date(1907, 2, 28),
        "picture": b"\x00\xff",
        "notes": {"a": [1, None, "ü"]},
    }
    async with store.transaction() as tx:
        assert await tx.execute(INSERT, values) == 1
    async with store.reading() as tx:
        row = await tx.fetch_one(ALL)
    assert row == {**values, "colour": None}
    assert row["since"].tzinfo is UTC


async def test_a_naive_instant_is_refused(store: Database) -> None:
    async with store.transaction() as tx:
        with pytest.raises(ValueError, match="aware"):
            await tx.execute(INSERT, {"id": 1, "name": "a", "since": datetime(2026, 1, 1)})


async def test_an_exception_rolls_back(store: Database) -> None:
    with pytest.raises(KeyError):  # noqa: PT012
        async with store.transaction() as tx:
            await tx.execute(INSERT, {"id": 1, "name": "a"})
            raise KeyError
    assert await count(store) == 0


@pytest.mark.parametrize(
    ("second", "constraint"),
    [
        ({"id": 1, "name": "b"}, "pk_things_of_a_test"),
        ({"id": 2, "name": "a"}, "uq_things_of_a_test_name"),
        ({"id": 2, "name": "b", "colour": "red"}, "uq_one_red"),
    ],
)
async def test_a_broken_unique_rule_has_one_name(
    store: Database, second: dict[str, object], constraint: str
) -> None:
    with pytest.raises(UniqueViolation) as refused:  # noqa: PT012
        async with store.transaction() as tx:
            await tx.execute(INSERT, {"id": 1, "name": "a", "colour": "red"})
            await tx.execute(INSERT, second)
    assert refused.value.constraint == constraint
    assert await count(store) == 0


async def test_a_swallowed_failure_does_not_commit(store: Database) -> None:
    with pytest.raises(ValueError, match="swallowed"):  # noqa: PT012
        async with store.transaction() as tx:
            await tx.execute(INSERT, {"id": 1, "name": "a"})
            with pytest.raises(UniqueViolation):
                await tx.execute(INSERT, {"id": 1, "name": "b"})
            with pytest.raises(ValueError, match="over"):
                await tx.execute(INSERT, {"id": 2, "name": "b"})
    assert await count(store) == 0


async def test_other_broken_constraints_are_our_mistake(store: Database) -> None:
    with pytest.raises(ValueError, match="refused"):
        async with store.transaction() as tx:
            await tx.execute(INSERT, {"id": 1, "name": None})


async def test_reading_cannot_write(store: Database) -> None:
    with pytest.raises((ValueError, Unavailable)):
        async with store.reading() as tx:
            await tx.execute(INSERT, {"id": 1, "name": "a"})
    assert await count(store) == 0


async def test_reading_sees_one_instant(store: Database) -> None:
    async with store.reading() as tx:
        assert await tx.fetch_all(ALL) == []
        async with store.transaction() as writer:
            await writer.execute(INSERT, {"id": 1, "name": "a"})
        assert await tx.fetch_all(ALL) == []
    assert await count(store) == 1


async def test_unknown_and_missing_parameters_are_refused(store: Database) -> None:
    by_name = sa.select(things.c.id).where(things.c.name == sa.bindparam("name"))
    async with store.reading() as tx:
        with pytest.raises(ValueError, match="unknown"):
            await tx.fetch_one(by_name, {"name": "a", "nmae": "b"})
        with pytest.raises(ValueError, match="missing"):
            await tx.fetch_one(by_name)


async def test_many_rows_and_a_stream(store: Database) -> None:
    async with store.transaction() as tx:
        await tx.execute_many(INSERT, [{"id": n, "name": str(n)} for n in range(1203)])
        await tx.execute_many(INSERT, [])
    async with store.reading() as tx:
        assert [row["id"] async for row in tx.stream(ALL)] == list(range(1203))


async def test_in_lists(store: Database) -> None:
    some = sa.select(things.c.id).where(things.c.name.in_(sa.bindparam("names", expanding=True)))
    async with store.transaction() as tx:
        await tx.execute_many(INSERT, [{"id": n, "name": str(n)} for n in range(9)])
        for names in (["3", "7"], ["1"], []):
            rows = await tx.fetch_all(some, {"names": names})
            assert [str(row["id"]) for row in rows] == names


async def test_a_moment_beside_an_in_list_is_compared_as_a_moment(store: Database) -> None:
    until = sa.select(things.c.id).where(
        things.c.name.in_(sa.bindparam("names", expanding=True)),
        things.c.since <= sa.bindparam("at"),
    )
    moments = [datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in range(4)]
    async with store.transaction() as tx:
        rows = [{"id": n, "name": str(n), "since": at} for n, at in enumerate(moments)]
        await tx.execute_many(INSERT, rows)
        names = [str(n) for n in range(4)]
        found = await tx.fetch_all(until, {"names": names, "at": moments[1]})
    assert [row["id"] for row in found] == [0, 1]


async def test_upsert_and_claim(store: Database) -> None:
    once = insert_or(things).on_conflict_do_nothing(index_elements=["name"]).returning(things.c.id)
    claim = (
        sa.update(things)
        .where(things.c.name == sa.bindparam("which"), things.c.open.is_(True))
        .values(open=False)
        .returning(things.c.id)
    )
    async with store.transaction() as tx:
        assert await tx.fetch_one(once, {"id": 1, "name": "a", "open": True}) == {"id": 1}
        assert await tx.fetch_one(once, {"id": 2, "name": "a", "open": True}) is None
        assert await tx.fetch_one(claim, {"which": "a"}) == {"id": 1}
        assert await tx.fetch_one(claim, {"which": "a"}) is None


async def test_of_concurrent_claims_one_wins(store: Database) -> None:
    claim = (
        sa.update(things).where(things.c.open.is_(True)).values(open=False).returning(things.c.id)
    )
    async with store.transaction() as tx:
        await tx.execute(INSERT, {"id": 1, "name": "a", "open": True})

    async def attempt() -> bool:
        async with store.transaction() as tx:
            return await tx.fetch_one(claim) is not None

    assert sorted(await asyncio.gather(*(attempt() for _ in range(20)))) == [False] * 19 + [True]


async def test_a_failing_neighbour_harms_nobody(store: Database) -> None:
    async def write(n: int) -> None:
        async with store.transaction() as tx:
            await tx.execute(INSERT, {"id": n, "name": str(n)})
            await asyncio.sleep(0)
            if n % 3 == 0:
                raise KeyError(n)

    results = await asyncio.gather(*(write(n) for n in range(30)), return_exceptions=True)
    assert [isinstance(result, KeyError) for result in results] == [n % 3 == 0 for n in range(30)]
    assert await count(store) == 20


async def test_a_cancelled_writer_leaves_nothing_and_blocks_nobody(store: Database) -> None:
    async def hang() -> None:
        async with store.transaction() as tx:
            await tx.execute(INSERT, {"id": 1, "name": "a"})
            await asyncio.sleep(60)

    hanging = asyncio.create_task(hang())
    await asyncio.sleep(0.05)
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    async with store.transaction() as tx:
        await tx.execute(INSERT, {"id": 1, "name": "b"})
    assert await count(store) == 1


async def test_a_transaction_in_a_transaction_is_refused(store: Database) -> None:
    async with store.transaction():
        with pytest.raises(ValueError, match="already open"):
            async with store.transaction():
                pass


WRITER = """
import asyncio, sys, sqlalchemy as sa
from mrc.infra.database.engine import open_database
t = sa.table("things_of_a_test", sa.column("id", sa.Integer), sa.column("name", sa.Text))
async def main(url, first):
    async with open_database(url) as database:
        for n in range(first, first + 100):
            async with database.transaction() as tx:
                rows = await tx.fetch_all(sa.select(sa.func.count().label("n")).select_from(t))
                await tx.execute(sa.insert(t), {"id": n, "name": str(n)})
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def test_several_processes_write_one_database(store: Database, database_url: str) -> None:
    writers = [
        subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", WRITER, database_url, str(first)]
        )
        for first in (0, 100, 200)
    ]
    assert [await asyncio.to_thread(writer.wait) for writer in writers] == [0, 0, 0]
    assert await count(store) == 300


async def test_a_missing_server_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        async with open_database("postgresql://nobody@/x?host=/nonexistent"):
            pass


async def test_a_missing_directory_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        async with open_database("sqlite:////nonexistent/x.db"):
            pass


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
async def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        async with open_database(url):
            pass


async def test_a_lost_connection_is_unavailable_and_the_next_one_works(
    postgresql_url: str, postgres: str
) -> None:
    backend = sa.select(sa.func.pg_backend_pid().label("pid"))
    async with open_database(postgresql_url) as database:
        with pytest.raises(Unavailable):  # noqa: PT012
            async with database.transaction() as tx:
                row = await tx.fetch_one(backend)
                assert row is not None
                with connect(f"{postgres} user=postgres dbname=postgres") as other:
                    other.execute("SELECT pg_terminate_backend(%s)", [row["pid"]])
                await asyncio.sleep(0.05)
                await tx.fetch_one(backend)
        async with database.transaction() as tx:
            assert await tx.fetch_one(backend) is not None


async def test_a_file_that_stays_busy_is_unavailable(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "BUSY_SECONDS", 0.05)
    async with open_database(sqlite_url) as database:
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="BUSY"):
            async with database.transaction():
                pass
        other.execute("ROLLBACK")
        other.close()
        async with database.transaction():
            pass


async def test_transactions_that_queue_share_a_commit_and_wait_for_it(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    table = sa.table("grouped", sa.column("id", sa.Integer))
    seen: list[int] = []
    async with open_database(sqlite_url) as database:
        async with database.transaction() as tx:
            await tx.execute(sa.text("CREATE TABLE grouped (id INTEGER PRIMARY KEY)"))

        async def write(n: int) -> None:
            async with database.transaction() as tx:
                await tx.execute(sa.insert(table), {"id": n})
            other = sqlite3.connect(path)
            found = other.execute("SELECT count(*) FROM grouped WHERE id = ?", [n]).fetchone()
            seen.append(found[0])
            other.close()

        await asyncio.gather(*(write(n) for n in range(50)))
    assert seen == [1] * 50


async def test_waiting_for_a_connection_ends(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_module, "MAX_CONNECTIONS", 1)
    monkeypatch.setattr(postgresql_module, "ACQUIRE_SECONDS", 0.05)
    async with open_database(postgresql_url) as database:
        async with database.transaction():
            with pytest.raises(Unavailable):
                async with database.reading():
                    pass
        async with database.reading():
            pass
