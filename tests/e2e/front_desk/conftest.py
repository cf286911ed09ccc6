"""The front desk served over https, and officers with passkeys in Chromium's authenticator."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page

from mrc.infra.database.engine import open_database
from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from mrc.infra.settings import Host
from tests.simulators.faces import PaperReader
from tests.simulators.front_desk_world import FrontDeskWorld, make_front_desk_world
from tests.simulators.officers import Officers


@dataclass(kw_only=True)
class Served(Officers):
    """The running desk, in this process."""

    world: FrontDeskWorld


async def scan(page: Page) -> str:
    """What a phone's camera reads from the officer's screen."""
    picture = await page.locator(".qr-frame").screenshot()
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert len(found) == 1
    return found[0].text


@pytest.fixture
async def served(chromium: Browser, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """Fails the test where a page had a script error or broke the content policy."""
    async with open_database(sqlite_url) as database:
        world = await make_front_desk_world(database, tmp_path / "home", port=find_free_ports(1))
        world.advice = PaperReader()
        port = world.settings.port_of(Host.DESK)
        tls = prepare_tls(tmp_path / "tls", ["desk.localhost"], at=datetime.now(UTC))
        async with serving({port: world.app()}, bind="127.0.0.1", tls=tls):
            url = world.settings.url_of(Host.DESK)
            made = Served(world=world, url=url, browser=chromium, problems=[])
            yield made
    assert made.problems == []
