"""The card's face before Python is awake: opened by the PIN alone, counted, and never taken for live."""

from pathlib import Path

from playwright.async_api import BrowserContext, Page

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
_TIMES = """() => {
  globalThis.times = {};
  const look = () => {
    const { pad, last, state } = document.documentElement.dataset;
    if (pad) times.pad ??= performance.now();
    if (last) times.card ??= performance.now();
    if (state === "awake") times.awake ??= performance.now();
  };
  new MutationObserver(look).observe(document, { attributes: true, childList: true, subtree: true });
}"""
_TRIES = """async () => {
  const host = await import("/host.mjs");
  const found = await host.readRecord("vault/tries");
  return found ? JSON.parse(new TextDecoder().decode(found)).used : 0;
}"""
_SET_TRIES = """async ([used, ago]) => {
  const host = await import("/host.mjs");
  const last_at = new Date(Date.now() - ago).toISOString();
  const record = new TextEncoder().encode(JSON.stringify({ used, last_at }));
  await host.commitRecords(["vault/tries"], [record]);
}"""


async def with_a_card(town: Town, context: BrowserContext) -> HolderPage:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await get_card(holder, town)
    return holder


async def started(town: Town, context: BrowserContext, pin: str) -> Page:
    """A new start with the PIN typed at once."""
    page = await context.new_page()
    await page.add_init_script(f"({_TIMES})()")
    await page.goto(town.phone_url)
    await page.locator("#early-pin").press_sequentially(pin)
    return page


async def awake(page: Page) -> HolderPage:
    await page.wait_for_selector("html[data-state=awake]", timeout=START_MILLISECONDS)
    return HolderPage(page=page, framed=True)


async def test_the_card_is_seen_before_the_wallet_is_awake(
    town: Town, context: BrowserContext
) -> None:
    first = await context.new_page()
    await first.add_init_script(f"({_TIMES})()")
    await first.goto(town.phone_url)
    await first.wait_for_selector("html[data-state=awake]", timeout=START_MILLISECONDS)
    cold = await first.evaluate("() => times.awake")
    await first.close()
    holder = await with_a_card(town, context)
    await holder.page.close()
    page = await started(town, context, PIN)
    await page.wait_for_selector("html[data-last=shown]")
    assert await page.locator("html").get_attribute("data-state") == "waking"
    said = await page.locator("#last").inner_text()
    assert "NGUYEN, VAN ANH" in said
    assert "Not live yet. Do not show it to be checked." in said
    _PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=_PICTURES / "shell-last-page-light.png")
    holder = await awake(page)
    await holder.sees("Scan to check")
    times = await page.evaluate("() => times")
    assert times["card"] < times["awake"]
    assert await page.locator("#last").inner_text() == ""
    print(
        f"cold start {cold:.0f} ms; warm: pad {times['pad']:.0f} ms, card {times['card']:.0f} ms, "
        f"awake {times['awake']:.0f} ms"
    )
    assert await page.evaluate(_TRIES) == 0


async def test_a_wrong_pin_shows_nothing_and_is_counted_once(
    town: Town, context: BrowserContext
) -> None:
    holder = await with_a_card(town, context)
    await holder.page.close()
    page = await started(town, context, "864209")
    holder = await awake(page)
    await holder.sees("4 tries left")
    assert await page.evaluate(_TRIES) == 1
    assert await page.locator("#last").inner_text() == ""


async def test_the_last_try_of_a_round_opens_where_it_is_right(
    town: Town, context: BrowserContext
) -> None:
    holder = await with_a_card(town, context)
    await holder.page.evaluate(_SET_TRIES, [4, 0])
    await holder.page.close()
    holder = await awake(await started(town, context, PIN))
    await holder.sees("Scan to check")
    assert await holder.page.evaluate(_TRIES) == 0


async def test_while_paused_no_pin_is_tried_on_the_last_page(
    town: Town, context: BrowserContext
) -> None:
    """Reloading the shell is no way around the pause."""
    holder = await with_a_card(town, context)
    await holder.page.evaluate(_SET_TRIES, [5, 0])
    await holder.page.close()
    page = await started(town, context, PIN)
    holder = await awake(page)
    await holder.sees("Too many wrong PINs")
    assert await page.evaluate("() => times.card") is None
    assert await page.evaluate(_TRIES) == 5


async def test_after_the_card_was_removed_there_is_nothing_to_see(
    town: Town, context: BrowserContext
) -> None:
    holder = await with_a_card(town, context)
    await holder.press("Card details", "link")
    await holder.press("Delete this card from the phone")
    await holder.press("Delete the card")
    await holder.sees("Your card will appear here.")
    await holder.page.close()
    page = await started(town, context, PIN)
    holder = await awake(page)
    await holder.sees("Your card will appear here.")
    assert await page.evaluate("() => times.card") is None


async def test_the_last_page_looks_right_on_a_small_phone_in_the_dark(
    town: Town, context: BrowserContext
) -> None:
    holder = await with_a_card(town, context)
    await holder.page.close()
    page = await context.new_page()
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.emulate_media(color_scheme="dark")
    await page.goto(town.phone_url)
    await page.locator("#early-pin").press_sequentially(PIN)
    await page.wait_for_selector("html[data-last=shown]")
    wide = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wide)
    await page.screenshot(path=_PICTURES / "shell-last-page-dark-320.png")
