"""A sample service over a real verifier on SQLite, and browsers in front of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mrc.infra.database.engine import open_database
from mrc.infra.database.upgrade import upgrade
from tests.simulators.browsing import Browsing
from tests.simulators.checking_world import ONLINE_URL, CheckingWorld


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CheckingWorld]:
    url = f"sqlite:///{tmp_path}/online.sqlite3"
    upgrade(url, "verifier", "checker", "registry")
    async with open_database(url) as database:
        yield CheckingWorld(database=database)


@pytest.fixture
def visitor(world: CheckingWorld) -> Browsing:
    return Browsing(world.online, ONLINE_URL)
