"""A person with a card, and every channel of loss over one database."""

from pathlib import Path

import pytest

from mrc.infra.database.engine import Database, open_database
from tests.simulators.front_desk_world import make_front_desk_world
from tests.simulators.losses import LossWorld, give_card, make_loss_world


async def _make(database: Database, home: Path) -> LossWorld:
    world = await make_front_desk_world(database, home, people=12)
    return await make_loss_world(world, await give_card(world))


@pytest.fixture
async def both(database: Database, tmp_path: Path) -> LossWorld:
    """On SQLite and on PostgreSQL, for what both must keep."""
    return await _make(database, tmp_path)


@pytest.fixture
async def losses(sqlite_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    async with open_database(sqlite_url) as database:
        yield await _make(database, tmp_path)
