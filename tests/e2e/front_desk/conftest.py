"""The front desk served over https, and officers with passkeys in Chromium's authenticator."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page

from mrc.infra.database.engine import open_database
from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from mrc.infra.settings import Host
from tests.simulators.faces import PaperReader
from tests.simulators.front_desk_world import FrontDeskWorld, make_front_desk_world

WIDE = {"width": 1440, "height": 900}


@dataclass(kw_only=True)
class Served:
    """The running desk: `url` is its origin, `problems` what any page complained about."""

    world: FrontDeskWorld
    url: str
    browser: Browser
    problems: list[str]

    @asynccontextmanager
    async def officer(self, enrolment: str, **options: object) -> AsyncIterator[Page]:
        """A browser of its own for one officer: enrols by the link and signs in at counter 4."""
        async with self.window(**options) as page:
            await page.goto(self.url + enrolment)
            await page.locator("mrc-passkey button").click()
            await page.wait_for_url("**/sign-in")
            await self.sign_in(page)
            yield page

    async def sign_in(self, page: Page) -> None:
        await page.locator("mrc-passkey button").click()
        await page.wait_for_url("**/counter")
        await page.locator('button[value="4"]').click()
        await page.wait_for_url(f"{self.url}/")

    @asynccontextmanager
    async def window(self, **options: object) -> AsyncIterator[Page]:
        chosen = {"locale": "en-GB", "viewport": WIDE, **options}
        context = await self.browser.new_context(**chosen)  # type: ignore[arg-type]
        try:
            yield await self.page(context)
        finally:
            await context.close()

    async def page(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._listen)
        session = await context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        await session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        return page

    def _listen(self, said: object) -> None:
        kind, text = getattr(said, "type", ""), getattr(said, "text", "")
        if kind == "error" and "the server responded with a status of" not in text:
            self.problems.append(text)


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
