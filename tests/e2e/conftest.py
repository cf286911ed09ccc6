"""What end-to-end tests share: a real browser, real https servers on free loopback ports."""

import contextlib
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright
from starlette.types import ASGIApp

from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",
)
Serve = Callable[[ASGIApp], AbstractAsyncContextManager[int]]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless. Its absence is an error, never a skip."""
    if not _installed(CHROMIUM):
        pytest.fail(f"{CHROMIUM} is missing: `make test` installs Debian's chromium")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS)
            )
            yield browser
            await browser.close()


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Serves an app over https on a free port for the time of the context."""

    @contextlib.asynccontextmanager
    async def start(app: ASGIApp) -> AsyncIterator[int]:
        names = ["phone.localhost", "wallet.localhost", "desk.localhost", "verifier.localhost"]
        tls = prepare_tls(tmp_path / "tls", names, at=datetime.now(UTC))
        port = find_free_ports(1)
        async with serving({port: app}, bind="127.0.0.1", tls=tls):
            yield port

    return start


def _installed(program: str) -> bool:
    return Path(program).exists()
