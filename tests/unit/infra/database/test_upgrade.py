"""Migrations: the tables that they make are the tables that the code uses; re-runs are harmless."""

import importlib
import pkgutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import mrc.infra.database as package
from mrc.infra.database.schema import metadata
from mrc.infra.database.upgrade import upgrade

for _module in pkgutil.iter_modules(package.__path__):
    if _module.name.endswith("_tables"):
        importlib.import_module(f"{package.__name__}.{_module.name}")


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def test_migrations_and_tables_agree(database_url: str) -> None:
    engine = engine_of(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": False}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_second_upgrade_changes_nothing(database_url: str) -> None:
    upgrade(database_url)


def test_one_room_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/er/room.db"
    upgrade(url, "registry")
    engine = engine_of(url)
    assert "registrants" in sa.inspect(engine).get_table_names()
    engine.dispose()


def test_processes_that_start_together_take_turns(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/room.db"
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, [url] * 4)) == [None] * 4


@pytest.mark.parametrize(
    "statement", ["UPDATE registry_acts SET reason = 'x'", "DELETE FROM registry_acts"]
)
def test_acts_cannot_be_changed(database_url: str, statement: str) -> None:
    engine = engine_of(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text(
            "INSERT INTO registrants (id, number, family_name, given_name, family_name_hangul,"
            " given_name_hangul, search_key, birth_date, sex, nationality, status, office,"
            " addresses, phones, cards, version) VALUES"
            " ('a', '1', '', '', '', '', '', '2000-01-01', 'M', 'DEU', 'F-5', 'SEL',"
            " '[]', '[]', '[]', 1)"
        ))  # fmt: skip
        at = "0" if engine.dialect.name == "sqlite" else "now()"
        connection.execute(sa.text(
            "INSERT INTO registry_acts (registrant, kind, actor, reason, at, changed)"
            f" VALUES ('a', 'entered', 'o', 'r', {at}, '[]')"
        ))  # fmt: skip
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
