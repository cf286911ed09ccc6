"""The real roles as processes, the real wallet, and a browser: checked at a counter, signed in online."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from rich.console import Console

from mrc.cli.demo import PORTS
from mrc.cli.practice import import_practice
from mrc.cli.story import chapters
from mrc.cli.story.teller import Teller, Told
from mrc.infra.free_ports import find_free_ports
from mrc.infra.processes import running_roles
from mrc.infra.settings import Host, Settings
from mrc.wiring.installation import SERVERS, environment_of, practice_folder
from tests.e2e.checker_online.conftest import GALLERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    settings: Settings
    teller: Teller
    phone: chapters.Phone

    async def present(self, link: str) -> object:
        """The wallet's own command, for a request of this device."""
        arguments = self.phone.arguments("present", link, "--yes")
        return (await asyncio.to_thread(self.teller.mrc, *arguments)).value

    async def present_to(self, screen: Page, link: str, *, digits: str | None = None) -> Told:
        """As `present`, for a request on a screen: its number is read there, unless `digits` say
        another, and piped in."""
        pipe = self.teller.home / "number"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        arguments = self.phone.arguments("present", link, "--yes", "--number-from", str(pipe))
        told = asyncio.create_task(
            asyncio.to_thread(self.teller.mrc, *arguments, expect_failure=digits is not None)
        )
        shown = await screen.locator(".compare-number .big-number").text_content(timeout=60_000)
        await asyncio.to_thread(pipe.write_text, f"{digits or shown}\n")
        return await told


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    first_port = find_free_ports(PORTS)
    settings = Settings(
        home=tmp_path / "home", first_port=first_port, ledger_port=first_port + PORTS - 1
    )
    console = Console(quiet=True)
    teller = Teller(home=tmp_path, environment=environment_of(settings), console=console)
    await asyncio.to_thread(import_practice, settings, console)
    async with running_roles(SERVERS, logs=tmp_path / "logs", environment=environment_of(settings)):
        phone = await asyncio.to_thread(chapters.activate, teller, "first phone", "493817")
        await asyncio.to_thread(chapters.receive, teller, phone, authority="authority")
        yield Installation(settings=settings, teller=teller, phone=phone)


async def test_checked_at_a_counter_locked_and_signed_in(
    installation: Installation, chromium: Browser
) -> None:
    settings = installation.settings
    context = await chromium.new_context(
        ignore_https_errors=True, locale="en-GB", viewport={"width": 400, "height": 860}
    )
    page = await context.new_page()
    await page.goto(settings.url_of(Host.CHECKER))
    await page.locator("#place").fill("Counter 3")
    pin = (settings.home / "verifier" / "checker.pin").read_text().strip()
    await page.locator("#code").fill(pin)
    await page.locator("#main form").first.get_by_role("button").click()
    for question, word in (("identity", "Valid"), ("work", "Ask further"), ("police", "Valid")):
        await page.goto(f"{settings.url_of(Host.CHECKER)}/?question={question}")
        await page.locator("#main button").last.click()
        link = await page.locator(".wallet-link").text_content()
        await installation.present_to(page, str(link))
        await expect(page.get_by_role("heading", name=word, exact=True)).to_be_visible()
        await expect(page.locator(".result-photo img")).to_be_visible()
    await page.goto(f"{settings.url_of(Host.CHECKER)}/plastic")
    number, issued_on = plastic_card(settings)
    await page.locator("#question").select_option("stay")
    await page.locator("#number").fill(number)
    await page.locator("#issued_on").fill(issued_on)
    await page.locator("#main form button").first.click()
    await expect(page.get_by_text("Right to stay: yes")).to_be_visible()
    GALLERY.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=GALLERY / "real-plastic-card.png", full_page=True)
    await page.goto(settings.url_of(Host.ONLINE))
    await page.get_by_role("button", name="Sign in with Mobile ID").click()
    await page.get_by_role("button", name="Open Mobile ID on this phone").click()
    link = await page.locator("a[href^='openid4vp:']").get_attribute("href")
    shown = await installation.present(str(link))
    assert isinstance(shown, dict)
    await page.goto(str(shown["redirect_uri"]))
    await expect(page.get_by_text("You are signed in.")).to_be_visible()
    await asyncio.to_thread(
        chapters.move_cards, installation.teller, "lock", "lost on the bus", "locked"
    )
    await page.goto(settings.url_of(Host.CHECKER))
    await page.locator("#main button").last.click()
    link = await page.locator(".wallet-link").text_content()
    silent = await asyncio.to_thread(
        installation.teller.mrc,
        *installation.phone.arguments("present", str(link), "--yes"),
        expect_failure=True,
    )
    assert "--number-from" in silent.errors
    await page.get_by_role("button", name="New code").click()
    await expect(page.locator(".compare-number")).to_have_count(0)
    link = await page.locator(".wallet-link").text_content()
    refused = await installation.present_to(page, str(link), digits="00")
    assert refused.value["number"] == "another"
    await expect(page.get_by_text("The person declined").first).to_be_visible()
    await page.goto(settings.url_of(Host.CHECKER))
    await page.locator("#main button").last.click()
    link = await page.locator(".wallet-link").text_content()
    await installation.present_to(page, str(link))
    await expect(page.get_by_role("heading", name="Not valid")).to_be_visible()
    await expect(page.get_by_text("This card is locked.")).to_be_visible()
    await context.close()


def plastic_card(settings: Settings) -> tuple[str, str]:
    """Number and date of issue on the student's plastic card, from the practice people."""
    lines = (practice_folder(settings) / "registrants.jsonl").read_text().splitlines()
    student = next(fields for fields in map(json.loads, lines) if fields["id"] == chapters.STUDENT)
    return student["number"], student["cards"][0]["issued_on"]
