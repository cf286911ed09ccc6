"""The scene that the attacks are played in."""

import pytest

from tests.simulators.ic_card_scene import Scene
from tests.simulators.ic_card_world import World


@pytest.fixture
async def scene() -> Scene:
    world = World()
    return Scene(world, *await world.make())
