"""`mrc wallet` and an office that stops answering between the token and the card."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from mrc.infra.settings import Host
from tests.simulators.holder_world import HolderWorld, holder_world


class Door:
    """The office's app, whose credential endpoint is out of service while `closed`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.closed = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        away = self.closed and scope["path"].endswith("/credential")
        await (Response(status_code=503) if away else self._app)(scope, receive, send)


@dataclass(frozen=True, kw_only=True)
class Scene:
    world: HolderWorld
    door: Door
    secrets: Path

    async def mrc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        settings = self.world.settings
        told = {"MRC_HOME": str(settings.home), "MRC_FIRST_PORT": str(settings.first_port)}
        command = ["-m", "mrc", "wallet", "--pin-file", str(self._secret("pin", "493817"))]
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, *command, *arguments],
            env={**os.environ, **told},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    async def told(self, *arguments: str) -> Any:
        done = await self.mrc(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def begin(self) -> str:
        """A card on its way: the token was given, the copies were not. Its identifier."""
        await self.told("activate")
        offer = await self.world.offer()
        code = self._secret("code", offer.tx_code or "")
        done = await self.mrc("receive", offer.link, "--transaction-code-file", str(code), "--yes")
        assert done.returncode == 1
        (waiting,) = await self.told("pending")
        assert f"`mrc wallet resume {waiting['id']}` asks again" in done.stderr
        return str(waiting["id"])

    def _secret(self, name: str, content: str) -> Path:
        path = self.secrets / name
        path.write_text(content)
        path.chmod(0o600)
        return path


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    first_port = find_free_ports(len(Host) + 1)
    async with holder_world(tmp_path / "home", first_port=first_port) as world:
        settings, door = world.settings, Door(world.issuer_app)
        names = [settings.name_of(host) for host in Host]
        tls = prepare_tls(settings.home / "tls", names, at=datetime.now(UTC))
        ports: dict[int, ASGIApp] = {
            settings.port_of(Host.ISSUER): door,
            settings.port_of(Host.PROVIDER): world.provider_app,
        }
        async with serving(ports, bind="127.0.0.1", tls=tls):
            yield Scene(world=world, door=door, secrets=tmp_path)


async def test_it_is_resumed_when_the_office_answers_again(scene: Scene) -> None:
    waiting = await scene.begin()
    again = await scene.mrc("resume", waiting, "--yes")
    assert again.returncode == 1
    assert "no answer" in again.stderr
    scene.door.closed = False
    card = await scene.told("resume", waiting, "--yes")
    assert card["state"] == "usable"
    assert await scene.told("pending") == []
    assert [one["id"] for one in await scene.told("cards")] == [card["id"]]


async def test_a_question_that_nobody_answers_leaves_it_on_its_way(scene: Scene) -> None:
    waiting = await scene.begin()
    scene.door.closed = False
    unanswered = await scene.mrc("resume", waiting)
    assert unanswered.returncode == 1
    assert f"`mrc wallet resume {waiting}` shows it again" in unanswered.stderr
    assert (await scene.told("resume", waiting, "--yes"))["state"] == "usable"


async def test_it_is_abandoned_with_its_keys(scene: Scene) -> None:
    waiting = await scene.begin()
    await scene.told("abandon", waiting)
    assert await scene.told("pending") == []
    scene.door.closed = False
    gone = await scene.mrc("resume", waiting, "--yes")
    assert (gone.returncode, f"no card {waiting} is on its way" in gone.stderr) == (1, True)
    assert await scene.told("cards") == []
