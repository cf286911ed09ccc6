"""One authority, one card, and as many phones as a test wants, in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.simulators.ic_issuance_world import IcWorld, ic_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IcWorld]:
    async with ic_world(tmp_path) as made:
        yield made
