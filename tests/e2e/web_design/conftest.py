"""One gallery and one Chromium for the tests of the design system."""

import threading
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mrc.web.design.gallery.app import make_gallery

_FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run --use-fake-ui-for-media-stream --use-fake-device-for-media-stream"
)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(make_gallery(), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=_FLAGS.split()
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 400, "height": 860})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, gallery: str) -> Iterator[Page]:
    """A page that fails its test when a script fails or the content policy is broken."""
    problems: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.on(
        "request",
        lambda request: (
            request.url.startswith((gallery, "data:", "blob:"))
            or problems.append(f"outside request: {request.url}")
        ),
    )
    yield page
    assert problems == []
