"""A checker over a real verifier on SQLite, and a browser in front of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mrc.infra.database.engine import open_database
from mrc.infra.database.upgrade import upgrade
from tests.simulators.browsing import Browsing
from tests.simulators.checking_world import CHECKER_URL, PIN, CheckingWorld


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CheckingWorld]:
    url = f"sqlite:///{tmp_path}/checker.sqlite3"
    upgrade(url, "verifier", "checker", "registry")
    async with open_database(url) as database:
        yield CheckingWorld(database=database)


@pytest.fixture
async def operator(world: CheckingWorld) -> Browsing:
    """Signed in at a counter."""
    browsing = Browsing(world.checker, CHECKER_URL)
    await browsing.post("/sign-in", place="Counter 3", code=PIN)
    assert browsing.path == "/"
    return browsing
