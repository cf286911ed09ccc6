"""W-8 in a browser: the pages of the IC card, looked at, and the whole way with a card that moves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from tests.e2e.wallet_app.conftest import HolderPage
from tests.e2e.wallet_app.eyes import Eyes
from tests.simulators.ic_card_world import CAN, PIN
from tests.simulators.ic_issuance_world import PHONE_PIN, ic_world
from tests.simulators.ic_reader import Reader, ic_card_app

WRONG = "111222"


@dataclass(kw_only=True)
class Computer:
    reader: Reader
    origin: str
    holder: HolderPage

    @property
    def page(self) -> Page:
        return self.holder.page

    async def go(self, place: str) -> None:
        await self.page.goto(f"{self.origin}/app/{place}")

    async def speak_english(self) -> None:
        await self.page.evaluate(
            "() => fetch('/app/language', "
            "{method: 'POST', body: new URLSearchParams({language: 'en'})})"
        )


@pytest.fixture
async def computer(tmp_path: Path, context: BrowserContext) -> AsyncIterator[Computer]:
    port = find_free_ports(1)
    tls = prepare_tls(tmp_path / "tls", ["wallet.localhost"], at=datetime.now(UTC))
    async with ic_world(tmp_path) as world:
        phone, reader = await world.phone(), Reader(world)
        app = ic_card_app(phone, tmp_path / "phone-1", reader)
        async with serving({port: app}, bind="127.0.0.1", tls=tls):
            page = await context.new_page()
            origin = f"https://wallet.localhost:{port}"
            made = Computer(
                reader=reader, origin=origin, holder=HolderPage(page=page, framed=False)
            )
            await made.go("unlock")
            await made.speak_english()
            await made.go("unlock")
            await made.holder.type_pin(PHONE_PIN)
            await page.wait_for_url("**/app/")
            yield made
            await page.close()


async def test_the_card_is_read_moved_away_and_read_on(computer: Computer) -> None:
    computer.reader.may_go_on.clear()
    computer.reader.lose_at = (14,)
    await computer.go("add")
    await computer.holder.press("Use my IC card", "link")
    await computer.holder.type_pin(PIN)
    await computer.holder.sees("Hold the card at the reader.")
    computer.reader.may_go_on.set()
    await computer.holder.sees("Check every line before you accept.")
    await computer.holder.press("Accept the card")
    await computer.holder.sees("The card is on your phone.")


async def test_every_page_of_the_ic_card(computer: Computer) -> None:
    eyes, holder, page = Eyes(computer.page), computer.holder, computer.page
    await computer.go("add/ic-card")
    await eyes.look("ic-card-pin")
    computer.reader.may_go_on.clear()
    await computer.speak_english()
    await computer.go("add/ic-card")
    await holder.type_pin(WRONG)
    await page.wait_for_url("**/reading")
    await eyes.look("ic-card-reading")
    await computer.speak_english()
    await page.reload()
    computer.reader.may_go_on.set()
    await holder.sees("This PIN is not right.")
    await eyes.look("ic-card-wrong", reload=False)
    await computer.speak_english()
    while await page.get_by_text("One try is left.").count() == 0:
        await computer.go("add/ic-card")
        await holder.type_pin(WRONG)
        await page.wait_for_url("**/reading")
        await expect(page.locator("#tap")).to_have_count(0, timeout=20_000)
    await eyes.look("ic-card-last-try", reload=False)
    await page.get_by_label("The six digits printed on the card").fill(CAN)
    await page.get_by_label("PIN of the IC card").fill(WRONG)
    await page.get_by_text("Use the last try").click()
    await holder.press("Hold the card and try")
    await holder.sees("The PIN of the IC card is blocked.")
    await eyes.look("ic-card-blocked", reload=False)
    computer.reader.is_there = False
    await computer.go("add/ic-card")
    await holder.type_pin(PIN)
    await holder.sees("No IC card was found at the reader.")
    await eyes.look("ic-card-no-card", reload=False)
    assert eyes.wrong == []
