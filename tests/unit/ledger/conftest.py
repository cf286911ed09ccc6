"""One settled world for all tests of proofs; they only read it."""

from collections.abc import Iterator

import pytest

from mrc.ledger.bundle import Bundle, decode_bundle
from tests.simulators.ledger_world import (
    VALIDATORS,
    World,
    make_settled_world,
    reseal,
    wanted_facts,
)


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = make_settled_world(tmp_path_factory.mktemp("ledger"))
    yield world
    world.close()


@pytest.fixture(scope="session")
def good_bundle(settled: World) -> Bundle:
    """Every kind of fact, sealed by three of four validators."""
    bundle = decode_bundle(settled.client.bundle(wanted_facts(settled)))
    return reseal(bundle, VALIDATORS[:3])
