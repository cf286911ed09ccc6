"""A chip card made on the front desk's pages, through a killed authority, is tapped at home."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from mrc.infra.settings import Host
from mrc.wiring.installation import AUTHORITY, environment_of
from tests.campaigns.town import Town, running_town
from tests.e2e.conftest import chromium as chromium
from tests.simulators.officers import Officers, open_record

CARD_PIN, WALLET_PIN = "280417", "493817"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with running_town(tmp_path / "home", people=1) as town:
        yield town


async def mrc(town: Town, *arguments: str) -> Any:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "mrc", *arguments, "--json"],
        env={**os.environ, **environment_of(town.settings)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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


async def test_made_at_the_desk_through_a_kill_and_tapped_at_home(
    town: Town, chromium: Browser, tmp_path: Path
) -> None:
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
        await page.locator("#same").check()
        await page.locator("main form .button-primary").click()
        await screen.locator("#pin-choose").wait_for()
        await town.kill(AUTHORITY)
        await town.start(AUTHORITY)
        await page.goto(making)
        await page.locator('form[action$="/go-on"] button').click()
        await choose_pin(screen)
        await expect(page.locator(".state-success")).to_be_visible(timeout=30_000)
    (card_file,) = (town.settings.home / "authority/ic-desk/cards").glob("*.json")
    wallet = ("wallet", "--pin-file", secret(tmp_path, "pin", WALLET_PIN))
    await mrc(town, *wallet, "activate")
    pin_file = secret(tmp_path, "card-pin", CARD_PIN)
    chip = ("--reader", "emulator", "--card-file", str(card_file), "--card-pin-file", pin_file)
    received = await mrc(town, *wallet, "receive-ic", *chip, "--yes")
    assert received["state"] == "usable"
    assert received["ic_card"]["round_trips"] <= 5
