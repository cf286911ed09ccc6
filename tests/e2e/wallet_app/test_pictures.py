"""Every screen of the wallet: pictures in four looks, rules of accessibility, reflow at 320 px.

The pictures are for people to look at (build/gallery/wallet); the rules are checked here.
"""

from datetime import UTC, datetime, timedelta

from playwright.async_api import BrowserContext, Page

from mrc.infra.settings import Host
from tests.e2e.wallet_app.conftest import HolderPage, Town, onboard, open_holder
from tests.e2e.wallet_app.eyes import Eyes


async def test_every_screen_before_the_first_card(town: Town, context: BrowserContext) -> None:
    holder = await open_holder("process", town, context)
    eyes, page, origin = Eyes(holder.page), holder.page, town.world.settings.url_of(Host.WALLET)
    for name in ("start", "start/need", "start/terms", "lost", "forgot"):
        await page.goto(f"{origin}/app/{name}")
        await eyes.look(name.replace("/", "-"))
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/start")
    await onboard(holder)
    for name in ("", "add", "add/scan", "add/ic-card", "history", "notices", "settings", "pin"):
        await page.goto(f"{origin}/app/{name}")
        await eyes.look("empty-" + (name.replace("/", "-") or "home"))
    for name in ("new-phone", "about", "nowhere"):
        await page.goto(f"{origin}/app/{name}")
        await eyes.look(name)
    assert eyes.wrong == []


async def test_every_screen_around_a_card(town: Town, context: BrowserContext) -> None:
    town.world.register.ends = (datetime.now(UTC) + timedelta(days=20)).date()
    town.world.register.__post_init__()
    holder = await open_holder("process", town, context)
    eyes, page, origin = Eyes(holder.page), holder.page, town.world.settings.url_of(Host.WALLET)
    await onboard(holder)
    offer = await town.world.offer()
    await page.goto(f"{origin}/app/add/scan")
    await holder.fill("Or paste the code's text", offer.link)
    await holder.press("Use this code")
    await holder.sees("Get this card")
    await eyes.look("add-offer")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/add/offer")
    await holder.fill("Enter the number from the text message", "12345678")
    await holder.press("Get this card")
    await holder.sees("This number is not right.")
    await eyes.look("add-wrong-number", reload=False)
    await holder.fill("Enter the number from the text message", offer.tx_code or "")
    await holder.press("Get this card")
    await holder.sees("Check every line before you accept.")
    await eyes.look("add-read")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/add/read")
    await holder.press("Accept the card")
    await holder.sees("The card is on your phone.")
    await eyes.look("add-done")
    await page.goto(f"{origin}/app/")
    await eyes.look("home")
    await page.locator("a[href^='/app/cards/']").first.click()
    await page.wait_for_url("**/app/cards/*")
    await eyes.look("details")
    await page.goto(f"{origin}/app/notices")
    await eyes.look("notices")
    for name, purpose in (("consent", "bank-account"), ("consent-age", "age-19")):
        await eyes_in_english(page, origin)
        await share_up_to_consent(page, origin, holder, town, purpose)
        await eyes.look(name)
    await page.goto(f"{origin}/app/share/asker")
    await eyes.look("asker")
    await page.goto(f"{origin}/app/report/now")
    await eyes.look("report")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/report/now")
    await holder.press("Send the report")
    await holder.sees("Choose what is wrong.")
    await eyes.look("report-missing", reload=False)
    await page.get_by_text("They asked for too much").click()
    await holder.press("Send the report")
    await holder.sees("The report was sent.")
    await eyes.look("report-sent", reload=False)
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/share")
    await holder.press("Share 1 detail")
    await eyes.look("confirm")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/share/confirm")
    await holder.type_pin()
    await holder.sees("got 1 detail")
    await eyes.look("result-shared")
    await eyes_in_english(page, origin)
    await share_up_to_consent(page, origin, holder, town, "age-19", number_match=True)
    await eyes.look("consent-number")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/share")
    await holder.press("Share 1 detail")
    await holder.sees("Choose the number that the other screen shows.")
    await eyes.look("consent-number-missing", reload=False)
    await page.get_by_role("radio", name="Another number, or none").check()
    await holder.press("Share 1 detail")
    await page.wait_for_url("**/app/share/result")
    await eyes.look("numbers-differ")
    await share_up_to_consent(page, origin, holder, town, "identity")
    await page.locator("button[value=refuse]").click()
    await page.wait_for_url("**/app/share/result")
    await eyes.look("result-not-shared")
    await page.goto(f"{origin}/app/history")
    await eyes.look("history")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/scan")
    await eyes.look("scan")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/scan")
    await holder.fill(
        "Or paste the link", "openid4vp://?client_id=x&request_uri=https://x.example/1"
    )
    await holder.press("Use this code")
    await page.locator(".state-failure").wait_for()
    await eyes.look("trouble", reload=False)
    await page.goto(f"{origin}/app/lost")
    await eyes.look("lost-with-card")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/lock-code")
    await eyes.look("lock-code-pin")
    await holder.type_pin()
    await page.locator(".lock-code").wait_for()
    await eyes.look("lock-code", reload=False)
    await page.locator("#main form button").click()
    await page.locator("#characters").wait_for()
    await eyes.look("lock-code-check", reload=False)
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/lost")
    await holder.press("Lock this card now")
    await holder.press("Lock my card")
    await holder.sees("Your card is locked.")
    await eyes.look("lock-done", reload=False)
    await page.goto(f"{origin}/app/")
    await eyes.look("home-locked")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/")
    await holder.press("Lock the app")
    await page.wait_for_url("**/app/unlock")
    await eyes.look("unlock")
    await eyes_in_english(page, origin)
    await page.goto(f"{origin}/app/unlock")
    for _ in range(5):
        await holder.type_pin("864209")
        await page.wait_for_load_state()
    await holder.sees("Too many wrong PINs")
    await eyes.look("paused", reload=False)
    assert eyes.wrong == []


async def eyes_in_english(page: Page, origin: str) -> None:
    await page.evaluate(
        "() => fetch('/app/language', {method: 'POST', body: new URLSearchParams({language: 'en'})})"
    )


async def share_up_to_consent(
    page: Page, origin: str, holder: HolderPage, town: Town, purpose: str, **asking: bool
) -> None:
    asked = await town.world.ask(purpose, **asking)
    await page.goto(f"{origin}/app/scan")
    await page.locator("#scanner-code").fill(asked.link)
    await page.locator("#scanner-form button").click()
    await page.wait_for_url("**/app/share")
