"""The front desk's app in this process, and people who talk to it as a browser would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from mrc.authority.staff.records import Role
from mrc.infra.database.engine import open_database
from mrc.infra.settings import Host
from tests.simulators.authenticator import Authenticator
from tests.simulators.front_desk_world import FrontDeskWorld, make_front_desk_world

SAME_SITE = {"sec-fetch-site": "same-origin"}


@dataclass(kw_only=True)
class OpenDesk:
    world: FrontDeskWorld
    app: Starlette

    @property
    def origin(self) -> str:
        return self.world.settings.url_of(Host.DESK)

    @asynccontextmanager
    async def stranger(self, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app),
            base_url=self.origin,
            headers={**SAME_SITE, "accept-language": "en", **headers},
        ) as client:
            yield client

    @asynccontextmanager
    async def member(self, role: Role) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody of that role, signed in by passkey at counter 1."""
        async with self.stranger() as client:
            key = Authenticator(
                origin=self.origin,
                rp_id=self.world.settings.name_of(Host.DESK),
                credential=role.value.encode(),
            )
            path = await self._link(role)
            options = (await client.post(f"{path}/options")).text
            assert (await client.post(path, json=key.enrol(options))).status_code == 200
            options = (await client.post("/sign-in/options")).text
            answer = await client.post("/sign-in", json=key.sign_in(options))
            assert answer.status_code == 200
            if role is not Role.AUDITOR:
                await client.post("/counter", data={"counter": "1"})
            yield client

    async def visit(self, client: httpx2.AsyncClient, registrant: str = "P-STUDENT") -> str:
        """The path of a visit to that person."""
        answer = await client.post("/visits", data={"registrant": registrant})
        assert answer.status_code == 303
        return str(answer.headers["location"])

    async def _link(self, role: Role) -> str:
        administration, now = self.world.administration, self.world.clock.now()
        members = await administration.members()
        if not members:
            path = await self.world.enrolment_path()
            if role is Role.SUPERVISOR:
                return path
            members = await administration.members()
        made = await administration.invite(role.value, role, by=members[0], now=now)
        return f"/enrol/{made.link}"


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[OpenDesk]:
    async with open_database(sqlite_url) as database:
        world = await make_front_desk_world(database, tmp_path, people=12)
        yield OpenDesk(world=world, app=world.app())
