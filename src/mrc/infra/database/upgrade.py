"""Migrations: bring a database to the newest tables, from any of its earlier states.

Alembic runs from package data, without a configuration file. Each room is a branch of its own,
so that a process may upgrade only the rooms it owns. Two processes that start together take
turns: SQLite by its write lock, PostgreSQL by an advisory lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, make_url
from sqlalchemy.schema import CreateSchema

from mrc.infra.database.sqlite import BUSY_SECONDS, sqlite_path

SCRIPTS = Path(__file__).parent / "migrations"
SCHEMA = "search_path"
"""In a URL's query: the schema of the role whose tables these are (`Settings.database_of`)."""

_ADVISORY_LOCK = 0x6D7263  # "mrc": any number that no one else uses in this database


def upgrade(url: str, *rooms: str) -> None:
    """Apply every migration that is missing, of `rooms` or of all rooms; harmless when none is.

    Synchronous: called by the command line and before a server opens its database. Everything
    is applied in one transaction.
    """
    with _connection(url) as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        config.attributes["connection"] = connection
        for revision in [f"{room}@head" for room in rooms] or ["heads"]:
            command.upgrade(config, revision)


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        sqlite_path(url).parent.mkdir(parents=True, exist_ok=True)
        engine = sqlalchemy.create_engine(
            parsed.set(drivername="sqlite"), connect_args={"timeout": BUSY_SECONDS}
        )
        _begin_immediate(engine)
    else:
        schema = parsed.query.get(SCHEMA, "public")
        engine = sqlalchemy.create_engine(
            parsed.set(drivername="postgresql+psycopg").difference_update_query([SCHEMA]),
            connect_args={"options": f"-c{SCHEMA}={schema}"},
        )
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
                connection.execute(CreateSchema(str(schema), if_not_exists=True))
            yield connection
    finally:
        engine.dispose()


def _begin_immediate(engine: sqlalchemy.Engine) -> None:
    """Make SQLite's table changes transactional: the driver would commit before each of them."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
