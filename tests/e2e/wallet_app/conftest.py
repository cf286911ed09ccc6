"""Real servers, a real browser, and the holder's app in one of its two hosts."""

import contextlib
import io
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import segno
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Frame,
    Page,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Settings
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.web.phone_shell.app import ShellFiles, load_files
from mrc.web.phone_shell.app import make_app as make_shell
from mrc.web.phone_shell.trust_file import encode_trust
from mrc.wiring.checking import make_checker, make_online
from mrc.wiring.ledger_files import askers_url, load_ledger_trust
from mrc.wiring.wallet_server import served_wallet
from tests.simulators.explored_ledger import Explorer, explored_ledger
from tests.simulators.holder_world import HolderWorld, holder_world

PIN = "493817"
START_MILLISECONDS = 90_000


class Recording:
    """An app that remembers every request that reached it, whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.paths: list[str] = []
        self.bytes = bytearray()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        self.bytes += scope["raw_path"] + b"?" + scope["query_string"] + b"\n"
        for name, value in scope["headers"]:
            self.bytes += name + b": " + value + b"\n"

        async def kept() -> dict[str, object]:
            message = dict(await receive())
            body = message.get("body", b"")
            assert isinstance(body, bytes)
            self.bytes.extend(body)
            return message

        await self._app(scope, kept, send)


@dataclass(kw_only=True)
class Town:
    """Everything that is served, and the two addresses of the holder's app."""

    world: HolderWorld
    shell: Recording
    explorer: Explorer
    wallet_link: str
    problems: list[str] = field(default_factory=list)

    @property
    def phone_url(self) -> str:
        return self.world.settings.url_of(Host.PHONE)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    home, first_port = tmp_path / "home", find_free_ports(len(Host) + 1)
    async with contextlib.AsyncExitStack() as stack:
        world = await stack.enter_async_context(holder_world(home, first_port=first_port))
        settings = world.settings
        names = [settings.name_of(host) for host in Host]
        tls = prepare_tls(home / "tls", names, at=datetime.now(UTC))
        explorer = await stack.enter_async_context(explored_ledger(settings))
        wallet = await stack.enter_async_context(served_wallet(settings, "phone"))
        shell = Recording(make_shell(shell_files(settings)))
        apps: dict[Host, ASGIApp] = {
            Host.ISSUER: world.issuer_app,
            Host.VERIFIER: world.verifier_app,
            Host.PROVIDER: world.provider_app,
            Host.WALLET: wallet.app,
            Host.PHONE: shell,
            Host.LOST: world.reports_app(),
            Host.CHECKER: make_checker(settings, world.verifier, world.front()),
            Host.ONLINE: make_online(settings, world.verifier, world.front()),
            Host.EXPLORER: explorer,
        }
        ports = {settings.port_of(host): app for host, app in apps.items()}
        await stack.enter_async_context(serving(ports, bind="127.0.0.1", tls=tls))
        yield Town(world=world, shell=shell, explorer=explorer, wallet_link=wallet.link)
    shutil.rmtree(home)


def shell_files(settings: Settings) -> ShellFiles:
    store = TrustStore(settings.home / "trust")
    trust = encode_trust(
        issuers=store.certificates(TrustKind.ISSUER),
        readers=store.certificates(TrustKind.READER),
        provider=settings.url_of(Host.PROVIDER),
        ledger=load_ledger_trust(settings),
        askers=askers_url(settings),
        lost=settings.url_of(Host.LOST),
    )
    return load_files(trust)


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(
        ignore_https_errors=True,
        locale="en",
        viewport={"width": 400, "height": 860},
        device_scale_factor=1,
    )
    yield context
    await context.close()


@dataclass(kw_only=True)
class HolderPage:
    """The holder's app in a browser: a page on loopback, or the frame in the shell page."""

    page: Page
    framed: bool

    @property
    def view(self) -> Page | Frame:
        if not self.framed:
            return self.page
        frame = self.page.frame(url=lambda url: urlsplit(url).path.startswith("/app"))
        assert frame is not None
        return frame

    async def press(self, name: str, role: str = "button") -> None:
        target = self.view.get_by_role(role, name=name).first  # type: ignore[arg-type]
        await target.click()

    async def sees(self, text: str) -> None:
        frame = self.page.frame_locator("#app") if self.framed else self.page
        await frame.get_by_text(text).first.wait_for(timeout=30_000)

    async def type_pin(self, pin: str = PIN) -> None:
        frame = self.page.frame_locator("#app") if self.framed else self.page
        await frame.locator("mrc-pin.pin-ready").wait_for(timeout=30_000)
        for digit in pin:
            await frame.locator(f'[data-digit="{digit}"]').click()

    async def show_picture(self, content: str) -> None:
        """The code as a picture: read by the page itself, in WebAssembly where it must be."""
        drawn = io.BytesIO()
        segno.make(content, error="m").save(drawn, kind="png", scale=6, border=4)
        frame = self.page.frame_locator("#app") if self.framed else self.page
        picture: FilePayload = {
            "name": "code.png",
            "mimeType": "image/png",
            "buffer": drawn.getvalue(),
        }
        await frame.locator("[data-picture]").set_input_files(picture)

    async def fill(self, label: str, text: str) -> None:
        frame = self.page.frame_locator("#app") if self.framed else self.page
        await frame.get_by_label(label).fill(text)


async def open_holder(host: str, town: Town, context: BrowserContext) -> HolderPage:
    page = await context.new_page()

    def heard(said: ConsoleMessage) -> None:
        if said.type == "error":
            town.problems.append(said.text)

    page.on("pageerror", lambda error: town.problems.append(str(error)))
    page.on("console", heard)
    if host == "process":
        await page.goto(town.wallet_link)
        return HolderPage(page=page, framed=False)
    await page.goto(town.phone_url)
    await page.wait_for_selector("html[data-state=awake]", timeout=START_MILLISECONDS)
    return HolderPage(page=page, framed=True)


async def onboard(holder: HolderPage) -> None:
    await holder.sees("Choose your language")
    await holder.press("English")
    await holder.press("Continue", "link")
    await holder.press("I agree")
    await holder.sees("Choose a PIN")
    await holder.type_pin()
    await holder.sees("Enter the PIN again")
    await holder.type_pin()
    await holder.sees("Mobile ID is ready")


async def get_card(holder: HolderPage, town: Town) -> None:
    offer = await town.world.offer()
    await holder.press("Add a card", "link")
    await holder.press("Scan the office code", "link")
    await holder.fill("Or paste the code's text", offer.link)
    await holder.press("Use this code")
    await holder.fill("Enter the number from the text message", offer.tx_code or "")
    await holder.press("Get this card")
    await holder.sees("Check every line before you accept.")
    await holder.press("Accept the card")
    await holder.sees("The card is on your phone.")
    await holder.press("Look at my card", "link")
    await holder.sees("NGUYEN, VAN ANH")
