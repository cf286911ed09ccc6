"""Two screens, one number: the asking page and the wallet in real browsers; a swapped code fails."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from mrc.infra.settings import Host
from tests.e2e.wallet_app.conftest import Town, get_card, onboard, open_holder

PICTURES = Path(__file__).parents[3] / "build/gallery/wallet"


async def checker_code(town: Town, chromium: Browser) -> tuple[Page, str]:
    """The checker's page with its code, and the link in the code."""
    settings = town.world.settings
    counter = await chromium.new_context(ignore_https_errors=True, locale="en-GB")
    page = await counter.new_page()
    await page.goto(settings.url_of(Host.CHECKER))
    await page.locator("#place").fill("Counter 3")
    pin = (settings.home / "verifier" / "checker.pin").read_text().strip()
    await page.locator("#code").fill(pin)
    await page.locator("#main form").first.get_by_role("button").click()
    await page.locator("input[value=age-19]").check(force=True)
    await page.locator("#main button").last.click()
    await expect(page.locator(".qr")).to_be_visible()
    return page, await page.locator(".wallet-link").text_content() or ""


async def poster_code(town: Town, chromium: Browser) -> tuple[Page, Page, str]:
    """The shop's page with its visitors, a visitor's page, and the link into their request."""
    shop, _ = await checker_code(town, chromium)
    await shop.goto(f"{town.world.settings.url_of(Host.CHECKER)}/poster?question=age-19")
    phone = await chromium.new_context(ignore_https_errors=True, locale="en-GB")
    visitor = await phone.new_page()
    await visitor.goto(await shop.locator("a[href*='/p/']").get_attribute("href") or "")
    await visitor.get_by_role("button", name="Continue").click()
    link = await visitor.locator("a[href^='openid4vp:']").get_attribute("href")
    return shop, visitor, str(link)


async def online_code(town: Town, chromium: Browser) -> tuple[Page, str]:
    settings = town.world.settings
    desktop = await chromium.new_context(ignore_https_errors=True, locale="en-GB")
    page = await desktop.new_page()
    await page.goto(settings.url_of(Host.ONLINE))
    await page.get_by_role("button", name="Verify age").click()
    await page.get_by_role("button", name="Use another phone").click()
    await expect(page.locator(".qr")).to_be_visible()
    href = await page.locator(".wallets a").first.get_attribute("href") or ""
    return page, parse_qs(urlsplit(href).query)["link"][0]


@pytest.mark.parametrize("host", ["process", "browser"])
async def test_the_number_of_the_screen_is_found_on_the_phone(
    host: str, town: Town, context: BrowserContext, chromium: Browser
) -> None:
    holder = await open_holder(host, town, context)
    await onboard(holder)
    await get_card(holder, town)
    ask = {"process": checker_code, "browser": online_code}[host]
    screen, link = await ask(town, chromium)
    await expect(screen.locator(".compare-number")).to_have_count(0)
    await holder.press("Scan", "link")
    await holder.show_picture(link)
    await holder.sees("Which number does the other screen show?")
    number = await screen.locator(".compare-number .big-number").text_content()
    PICTURES.mkdir(parents=True, exist_ok=True)
    await screen.screenshot(path=PICTURES / f"number-{host}-screen.png", full_page=True)
    await holder.view.get_by_role("radio", name=str(number)).check()
    await holder.page.screenshot(path=PICTURES / f"number-{host}-phone.png", full_page=True)
    told = {"process": "2 details", "browser": "1 detail"}[host]
    await holder.press(f"Share {told}")
    await holder.type_pin()
    await holder.sees(f"got {told}")
    done = {"process": "19 or over: yes", "browser": "Your age is verified."}[host]
    await expect(screen.get_by_text(done).first).to_be_visible(timeout=20_000)


async def test_a_code_that_was_swapped_ends_without_sharing(
    town: Town, context: BrowserContext, chromium: Browser
) -> None:
    """A thief's own sign-in stands in the place of the counter's code."""
    holder = await open_holder("process", town, context)
    await onboard(holder)
    await get_card(holder, town)
    counter, _ = await checker_code(town, chromium)
    thief, link = await online_code(town, chromium)
    await holder.press("Scan", "link")
    await holder.show_picture(link)
    await holder.sees("Which number does the other screen show?")
    await expect(thief.locator(".compare-number .big-number")).to_be_visible()
    await expect(counter.locator(".compare-number")).to_have_count(0)
    await holder.view.get_by_role("radio", name="Another number, or none").check()
    await holder.press("Share 1 detail")
    await holder.sees("The numbers differ. Nothing was shared.")
    await expect(thief.get_by_text("You declined. Nothing was shared.").first).to_be_visible()
    await expect(counter.locator(".qr")).to_be_visible()


async def test_the_number_of_a_poster_s_visitor_is_on_the_shop_s_screen(
    town: Town, context: BrowserContext, chromium: Browser
) -> None:
    holder = await open_holder("process", town, context)
    await onboard(holder)
    await get_card(holder, town)
    shop, visitor, link = await poster_code(town, chromium)
    await holder.press("Scan", "link")
    await holder.show_picture(link)
    await holder.sees("Which number does the other screen show?")
    number = await shop.locator(".visitor-number[translate]").text_content() or ""
    await expect(visitor.get_by_text(number, exact=True)).to_have_count(0)
    await holder.view.get_by_role("radio", name=number).check()
    await holder.press("Share 2 details")
    await holder.type_pin()
    await holder.sees("got 2 details")
    await shop.get_by_role("link", name=f"See number {number}").click()
    await expect(shop.get_by_text("19 or over: yes").first).to_be_visible()


async def test_a_swapped_poster_shows_no_number_at_the_shop(
    town: Town, context: BrowserContext, chromium: Browser
) -> None:
    """Over the shop's poster hangs one that leads to a thief's own sign-in."""
    holder = await open_holder("process", town, context)
    await onboard(holder)
    await get_card(holder, town)
    shop, _, _ = await poster_code(town, chromium)
    _, link = await online_code(town, chromium)
    await holder.press("Scan", "link")
    await holder.show_picture(link)
    await holder.sees("Which number does the other screen show?")
    await expect(shop.locator(".visitor-number[translate]")).to_have_count(0)
    await holder.view.get_by_role("radio", name="Another number, or none").check()
    await holder.press("Share 1 detail")
    await holder.sees("The numbers differ. Nothing was shared.")
