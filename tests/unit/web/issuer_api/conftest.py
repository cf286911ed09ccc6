"""The issuer's app on a real database, called in this process."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import httpx2
import pytest

from mrc.infra.database.engine import open_database
from mrc.web.issuer_api.app import make_app
from mrc.web.issuer_api.limits import RateLimits
from mrc.web.issuer_api.status import Proofs
from tests.simulators.issuing import ISSUER, World, make_world


@dataclass(kw_only=True)
class WorldClock:
    world: World

    def now(self) -> datetime:
        return self.world.now


@dataclass(kw_only=True)
class Site:
    """A world and its front end."""

    world: World
    client: httpx2.AsyncClient

    @classmethod
    def of(
        cls, world: World, limits: RateLimits | None = None, proofs: Proofs | None = None
    ) -> "Site":
        app = make_app(world.issuer, clock=WorldClock(world=world), limits=limits, proofs=proofs)
        transport = httpx2.ASGITransport(app=app)
        return cls(world=world, client=httpx2.AsyncClient(transport=transport, base_url=ISSUER))


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_url) as opened:
        yield make_world(opened)


@pytest.fixture
def site(world: World) -> Site:
    return Site.of(world)
