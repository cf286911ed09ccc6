"""The checker and the sample service in a real browser, over https, with a wallet in memory."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from mrc.infra.database.engine import open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from tests.simulators.checking_world import PIN, CheckingWorld

GALLERY = Path(os.environ.get("MRC_GALLERY", "build/gallery/checker_online"))
AXE = Path("tests/vendor/axe/axe.min.js")
Shot = Callable[[Page, str], Awaitable[None]]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CheckingWorld]:
    """Both front ends on free ports of loopback."""
    url = f"sqlite:///{tmp_path}/checker.sqlite3"
    upgrade(url, "verifier", "checker", "registry")
    checker_port = find_free_ports(2)
    online_port = checker_port + 1
    names = ["checker.localhost", "online.localhost"]
    tls = prepare_tls(tmp_path / "tls", names, at=datetime.now(UTC))
    async with open_database(url) as database:
        world = CheckingWorld(
            database=database,
            checker_url=f"https://checker.localhost:{checker_port}",
            online_url=f"https://online.localhost:{online_port}",
        )
        apps = {checker_port: world.checker, online_port: world.online}
        async with serving(apps, bind="127.0.0.1", tls=tls):
            yield world


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    made = await chromium.new_context(
        viewport={"width": 400, "height": 860}, ignore_https_errors=True, locale="en-GB"
    )
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def watched(context: BrowserContext) -> AsyncIterator[Page]:
    """A page whose test fails when a script fails or the content policy is broken."""
    problems: list[str] = []
    page = await context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    yield page
    await page.close()
    assert [p for p in problems if "status of 4" not in p] == []


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    async with watched(context) as page:
        yield page


async def sign_in(page: Page, world: CheckingWorld) -> None:
    await page.goto(f"{world.checker_url}/sign-in")
    await page.locator("#place").fill("Counter 3")
    await page.locator("#code").fill(PIN)
    await page.locator("#main form").first.get_by_role("button").click()
    await page.wait_for_url(f"{world.checker_url}/")
