"""The wallet's host in a phone's browser: Python, keys and storage on the phone, the origin blind."""

import io
import json
import zipfile
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mrc.web.phone_shell.app import load_files, make_app
from mrc.web.phone_shell.trust_file import encode_trust
from tests.e2e.conftest import Serve

AWAKE = "html[data-state=awake]"
STOPPED = "html[data-state=stopped]"
START_MILLISECONDS = 60_000


class Recording:
    """An app that remembers every path that reached it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        await self._app(scope, receive, send)


class WithoutWallet:
    """The shell, whose archive lacks the wallet's own modules."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/bundle.zip":
            return await self._app(scope, receive, send)
        empty = io.BytesIO()
        with zipfile.ZipFile(empty, "w") as archive:
            archive.writestr("other.py", "")
        return await Response(empty.getvalue())(scope, receive, send)


@pytest.fixture(scope="module")
def recorded() -> Recording:
    return Recording(make_app(load_files(encode_trust(issuers=[], readers=[]))))


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(ignore_https_errors=True, locale="en")
    yield context
    await context.close()


async def opened(context: BrowserContext, port: int) -> Page:
    page = await context.new_page()
    await page.goto(f"https://phone.localhost:{port}/")
    await page.wait_for_selector(AWAKE, timeout=START_MILLISECONDS)
    return page


async def phone_check(page: Page) -> dict[str, str]:
    text: str = await page.evaluate("() => fetch('/app/check').then((answer) => answer.text())")
    outcome: dict[str, str] = json.loads(text)
    return outcome


async def test_the_phone_signs_and_stores_and_the_origin_sees_nothing_of_it(
    context: BrowserContext, serve: Serve, recorded: Recording
) -> None:
    async with serve(recorded) as port:
        page = await opened(context, port)
        assert await phone_check(page) == {"signs": "yes", "stores": "yes"}
    assert "/bundle.zip" in recorded.paths
    assert [path for path in recorded.paths if path.startswith("/app")] == []


async def test_the_wallet_opens_when_the_origin_is_gone(
    context: BrowserContext, serve: Serve, recorded: Recording
) -> None:
    async with serve(recorded) as port:
        page = await opened(context, port)
        await page.close()
    page = await opened(context, port)
    assert await phone_check(page) == {"signs": "yes", "stores": "yes"}


async def test_a_second_tab_says_that_the_first_is_open(
    context: BrowserContext, serve: Serve, recorded: Recording
) -> None:
    async with serve(recorded) as port:
        await opened(context, port)
        second = await context.new_page()
        await second.goto(f"https://phone.localhost:{port}/")
        await second.wait_for_selector(STOPPED)
        assert "another tab" in await second.inner_text("#step")
        assert await second.is_visible("#again")


async def test_a_start_that_fails_says_so_in_one_line_and_blames_no_slow_network(
    context: BrowserContext, serve: Serve, recorded: Recording
) -> None:
    async with serve(WithoutWallet(recorded)) as port:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(f"https://phone.localhost:{port}/")
        await page.wait_for_selector(STOPPED, timeout=START_MILLISECONDS)
        await page.clock.fast_forward(20_000)
        assert await page.inner_text("#step") == "Mobile ID could not start."
        assert "Nothing was lost." in await page.inner_text("#detail")
        code = await page.inner_text("#code")
        assert code == "W-283 ModuleNotFoundError: No module named 'mrc'"


async def test_private_keys_cannot_be_exported(
    context: BrowserContext, serve: Serve, recorded: Recording
) -> None:
    async with serve(recorded) as port:
        page = await opened(context, port)
        attempt = """async () => {
            const host = await import('/host.mjs');
            const [id] = await host.createSigningKeys(1);
            const open = indexedDB.open('mobile-id');
            const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
            const get = db.transaction('keys').objectStore('keys').get(id);
            const pair = await new Promise((done) => { get.onsuccess = () => done(get.result); });
            try { await crypto.subtle.exportKey('pkcs8', pair.privateKey); return 'exported'; }
            catch (error) { return error.name; }
        }"""
        assert await page.evaluate(attempt) == "InvalidAccessError"
