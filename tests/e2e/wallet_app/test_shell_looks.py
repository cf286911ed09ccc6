"""The shell's own page in every state, seen by axe in both themes and two scripts, at 320 px too.

Python would be awake after some seconds and end the state; here its worker is one that never
starts, as on a very slow phone.
"""

import pytest
from playwright.async_api import BrowserContext, Page

from tests.e2e.wallet_app.conftest import PIN, HolderPage, Town, get_card, onboard, open_holder
from tests.e2e.wallet_app.eyes import Eyes

_NEVER_AWAKE = "globalThis.Worker = class extends EventTarget { postMessage() {} };"
_SPEAK = """language => fetch("/app/language", {
  method: "POST", body: new URLSearchParams({ language }),
})"""


async def shell(town: Town, context: BrowserContext, *, asleep: bool = True) -> Page:
    page = await context.new_page()
    if asleep:
        await page.add_init_script(_NEVER_AWAKE)
    await page.goto(town.phone_url)
    return page


async def keep_last_page(holder: HolderPage, language: str) -> None:
    """Home is looked at in that language, which keeps its face for the next start."""
    await holder.view.evaluate(_SPEAK, language)
    await holder.view.evaluate("() => { location.href = '/app/'; }")
    frame = holder.page.frame_locator("#app")
    await frame.locator(f"html[lang={language}] .card-face").first.wait_for()


@pytest.mark.parametrize("language", ["ko", "zh-Hans"])
async def test_every_state_of_the_shell(language: str, town: Town, context: BrowserContext) -> None:
    wrong: list[str] = []
    first = await shell(town, context)
    await first.evaluate("language => localStorage.setItem('mrc-language', language)", language)
    await first.reload()
    await first.locator(f"html[lang={language}]").wait_for()
    wrong += await seen(first, f"shell-waking-{language}")
    await first.evaluate("() => localStorage.removeItem('mrc-language')")
    await first.close()
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await get_card(holder, town)
    await keep_last_page(holder, language)
    other = await shell(town, context)
    await other.locator("html[data-state=stopped]").wait_for()
    wrong += await seen(other, f"shell-other-tab-{language}")
    await other.close()
    await holder.page.close()
    page = await shell(town, context)
    await page.locator("html[data-pad=open]").wait_for()
    assert await page.locator("html").get_attribute("lang") == language
    wrong += await seen(page, f"shell-pad-{language}")
    await page.locator("#early-pin").press_sequentially("864209")
    await page.locator("html[data-pad=sent]").wait_for()
    wrong += await seen(page, f"shell-pad-sent-{language}")
    await page.reload()
    await page.locator("#early-pin").press_sequentially(PIN)
    await page.locator("html[data-last=shown]").wait_for()
    assert await page.locator("#last").get_attribute("lang") == language
    wrong += await seen(page, f"shell-last-page-{language}")
    assert wrong == []
    assert town.problems == []


async def seen(page: Page, name: str) -> list[str]:
    eyes = Eyes(page)
    await eyes.look_once(name)
    return eyes.wrong
