"""The wallet in a phone's browser over a longer life: offline, killed, two tabs, a request from a page."""

import time
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import BrowserContext

from mrc.infra.settings import Host
from tests.e2e.wallet_app.conftest import (
    PIN,
    START_MILLISECONDS,
    HolderPage,
    Town,
    get_card,
    onboard,
    open_holder,
)

_PICTURES = Path(__file__).parents[3] / "build/gallery/wallet"


async def reopened(town: Town, context: BrowserContext, place: str = "/") -> HolderPage:
    page = await context.new_page()
    await page.goto(town.phone_url + place)
    await page.wait_for_selector("html[data-state=awake]", timeout=START_MILLISECONDS)
    return HolderPage(page=page, framed=True)


async def test_a_killed_tab_loses_nothing_and_the_card_opens_offline(
    town: Town, context: BrowserContext
) -> None:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await get_card(holder, town)
    await holder.page.close()
    await context.set_offline(True)
    began = time.monotonic()
    holder = await reopened(town, context)
    await holder.sees("Enter your PIN")
    warm = time.monotonic() - began
    await holder.type_pin()
    await holder.sees("NGUYEN, VAN ANH")
    await holder.sees("Works without a connection until")
    print(f"warm start to the PIN pad, offline: {warm:.1f} s")
    assert [path for path in town.shell.paths if path.startswith("/app")] == []


async def test_a_request_from_a_page_reaches_the_tab_that_is_open(
    town: Town, context: BrowserContext
) -> None:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await get_card(holder, town)
    asked = await town.world.ask("age-19")
    other = await context.new_page()
    await other.goto(f"{town.phone_url}/#link={quote(asked.link, safe='')}")
    await other.wait_for_selector("html[data-state=stopped]")
    assert "The request waits there" in await other.inner_text("#detail")
    await holder.sees("Hanbit Bank (sample) asks for 1 detail.")
    await holder.press("Share 1 detail")
    await holder.type_pin()
    await holder.sees("got 1 detail")
    assert await town.world.is_valid(asked)
    assert asked.link.encode() not in bytes(town.shell.bytes)


async def test_another_site_cannot_make_the_wallet_act(town: Town, context: BrowserContext) -> None:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    evil = await context.new_page()
    await evil.goto(
        f"{town.world.settings.url_of(Host.ISSUER)}/.well-known/openid-credential-issuer"
    )
    form = f"""() => {{ document.body.innerHTML =
        '<form method="post" action="{town.phone_url}/app/erase"><input name="sure" value="yes"></form>';
        document.forms[0].submit(); }}"""
    await evil.evaluate(form)
    await evil.get_by_text("This form was sent from another site.").wait_for()
    await holder.press("Add a card", "link")
    await holder.sees("Two ways to get the card")


async def test_no_pin_stands_in_what_the_browser_stores(
    town: Town, context: BrowserContext
) -> None:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await get_card(holder, town)
    dump = """async () => {
        const open = indexedDB.open('mobile-id');
        const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
        const get = db.transaction('records').objectStore('records').getAll();
        const all = await new Promise((done) => { get.onsuccess = () => done(get.result); });
        return all.map((one) => new TextDecoder('latin1').decode(one)).join('\\n');
    }"""
    stored: str = await holder.page.evaluate(dump)
    assert len(stored) > 20_000
    for secret in (PIN, "NGUYEN", "9002036", "E-9"):
        assert secret not in stored


async def test_the_shell_reads_well_on_a_small_phone(town: Town, context: BrowserContext) -> None:
    await open_holder("browser", town, context)
    page = await context.new_page()
    await page.set_viewport_size({"width": 320, "height": 568})
    _PICTURES.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        await page.goto(town.phone_url)
        await page.wait_for_selector("html[data-state=stopped]")
        wide = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wide)
        await page.screenshot(path=_PICTURES / f"shell-other-tab-{theme}.png")


async def test_the_pin_is_typed_while_the_wallet_wakes(town: Town, context: BrowserContext) -> None:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await get_card(holder, town)
    await holder.page.close()
    page = await context.new_page()
    began = time.monotonic()
    await page.goto(town.phone_url)
    await page.locator("#early-keys button").first.wait_for()
    pad = time.monotonic() - began
    await page.screenshot(path=_PICTURES / "shell-pad-light.png")
    for digit in PIN:
        await page.locator("#early-keys").get_by_role("button", name=digit, exact=True).click()
    holder = HolderPage(page=page, framed=True)
    await page.wait_for_selector("html[data-state=awake]", timeout=START_MILLISECONDS)
    await holder.sees("NGUYEN, VAN ANH")
    print(f"PIN pad after {pad:.2f} s, card after {time.monotonic() - began:.2f} s")


async def test_a_wrong_early_pin_is_counted(town: Town, context: BrowserContext) -> None:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await holder.press("Add a card", "link")
    await holder.sees("Two ways to get the card")
    await holder.page.close()
    page = await context.new_page()
    await page.goto(town.phone_url)
    await page.locator("#early-pin").press_sequentially("864209")
    await page.wait_for_selector("html[data-state=awake]", timeout=START_MILLISECONDS)
    await HolderPage(page=page, framed=True).sees("4 tries left")
