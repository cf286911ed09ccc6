"""A world on SQLite for one fact a test; `both` on SQLite and PostgreSQL for what both must keep."""

from collections.abc import AsyncIterator

import pytest

from mrc.infra.database.engine import Database, open_database
from tests.simulators.issuing import World, make_world


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_url) as opened:
        yield make_world(opened)


@pytest.fixture
async def both(database: Database) -> World:
    return make_world(database)
