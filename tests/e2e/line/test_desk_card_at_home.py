"""A chip card made on the front desk's pages, through a killed authority, is tapped at home; and
one whose signer's key is in a token."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from mrc.infra.settings import Host
from mrc.wiring.installation import AUTHORITY, environment_of
from tests.campaigns.town import Town, running_town
from tests.e2e.conftest import chromium as chromium
from tests.simulators import token_world
from tests.simulators.officers import Officers, open_record
from tests.simulators.token_world import TokenWorld

CARD_PIN, WALLET_PIN = "280417", "493817"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with running_town(tmp_path / "home", people=1) as town:
        yield town


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenWorld:
    """A SoftHSM that every process of the town finds; ask for it before the town."""
    world = TokenWorld.make(tmp_path / "softhsm")
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    return world


async def mrc(town: Town, *arguments: str) -> Any:
    return json.loads(await told(town, *arguments, "--json"))


async def told(town: Town, *arguments: str) -> str:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "mrc", *arguments],
        env={**os.environ, **environment_of(town.settings)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def secret(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.write_text(content)
    path.chmod(0o600)
    return str(path)


async def type_pin(screen: Page, pin: str) -> None:
    await screen.locator(".pin-input").fill(pin)
    await screen.locator(".pin-send button").click()


async def choose_pin(screen: Page) -> None:
    await screen.locator("#pin-choose").wait_for()
    await type_pin(screen, CARD_PIN)
    await screen.locator("#pin-repeat").wait_for()
    await type_pin(screen, CARD_PIN)
    await screen.locator(".puk").wait_for()
    await screen.locator("main button.button-primary").click()


@asynccontextmanager
async def at_counter(town: Town, chromium: Browser) -> AsyncIterator[tuple[Page, Page, str]]:
    """An officer's page on a person's IC card, the customer screen beside it, and its address."""
    desk = Officers(url=town.settings.url_of(Host.DESK), browser=chromium, problems=[])
    (person,) = town.people
    invited = await mrc(town, "staff", "bootstrap", "--name", "김하늘")
    enrolment = invited["link"].removeprefix(desk.url)
    async with desk.officer(enrolment) as page, desk.window() as screen:
        await page.locator('form[action="/screen"] button').click()
        await screen.goto(await page.locator("#screen-link").input_value())
        await screen.locator("main button").first.click()
        await screen.locator('button[value="en"]').click()
        making = f"{await open_record(page, desk.url, person)}/ic-card"
        await page.goto(making)
        yield page, screen, making


async def begin(page: Page) -> None:
    await page.locator("#same").check()
    await page.locator("main form .button-primary").click()


async def go_on(page: Page, making: str) -> None:
    await page.goto(making)
    await page.locator('form[action$="/go-on"] button').click()


async def finish(page: Page, screen: Page, town: Town) -> Path:
    """The holder chooses the PIN; where the emulated card is."""
    await choose_pin(screen)
    await expect(page.locator(".state-success")).to_be_visible(timeout=30_000)
    (card_file,) = (town.settings.home / "authority/ic-desk/cards").glob("*.json")
    return card_file


async def test_made_at_the_desk_through_a_kill_and_tapped_at_home(
    town: Town, chromium: Browser, tmp_path: Path
) -> None:
    async with at_counter(town, chromium) as (page, screen, making):
        await begin(page)
        await screen.locator("#pin-choose").wait_for()
        await town.kill(AUTHORITY)
        await town.start(AUTHORITY)
        await go_on(page, making)
        card_file = await finish(page, screen, town)
    wallet = ("wallet", "--pin-file", secret(tmp_path, "pin", WALLET_PIN))
    await mrc(town, *wallet, "activate")
    pin_file = secret(tmp_path, "card-pin", CARD_PIN)
    chip = ("--reader", "emulator", "--card-file", str(card_file), "--card-pin-file", pin_file)
    received = await mrc(town, *wallet, "receive-ic", *chip, "--yes")
    assert received["state"] == "usable"
    assert received["ic_card"]["round_trips"] <= 5


@pytest.mark.skipif(not token_world.MODULE.exists(), reason="SoftHSM is not installed")
async def test_made_at_the_desk_with_the_signers_key_in_a_token(
    token: TokenWorld, town: Town, chromium: Browser
) -> None:
    """The token's PIN file is wrong at first; then the authority dies after the token signed."""
    csca = town.settings.home / "authority/ic-desk/csca"
    await told(town, "ic-card", "csca", "create", str(csca), "--token", str(token.uri("csca")))
    await told(town, "ic-card", "csca", "signer", str(csca), "--token", str(token.uri("ds-1")))
    token.write_pin("000000")
    async with at_counter(town, chromium) as (page, screen, making):
        await begin(page)
        refused = page.get_by_text("The signing key was refused.")
        await refused.wait_for()  # the blank is authenticated and its keys made before that
        token.write_pin(token_world.PIN)
        await go_on(page, making)
        await screen.locator("#pin-choose").wait_for()
        await town.kill(AUTHORITY)
        await town.start(AUTHORITY)
        await screen.reload()  # the pad on it was the killed process's
        await go_on(page, making)
        card_file = await finish(page, screen, town)
    card = ("--card-file", str(card_file), "--pin-file", secret(token.folder, "card-pin", CARD_PIN))
    report = await mrc(town, "ic-card", "read", *card, "--csca", str(csca / "csca.pem"))
    assert report["authentic"] is True
    assert all(b"PRIVATE" not in path.read_bytes() for path in csca.iterdir())
