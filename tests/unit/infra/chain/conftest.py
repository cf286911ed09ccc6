"""A world per test, on a chain of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.ledger_world import World, make_settled_world, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.close()


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[World]:
    made = make_settled_world(tmp_path)
    yield made
    made.close()
