"""Hands and mishaps: keyboard only, a lost connection, five wrong passkeys, a double click."""

import re
import time

from playwright.async_api import Page, expect

from tests.e2e.front_desk.conftest import Served, scan

PHONE = "+821000000001"


async def test_a_card_is_issued_by_keyboard_alone_and_fast(served: Served) -> None:
    world = served.world
    async with served.officer(await world.enrolment_path()) as page:
        began = time.monotonic()
        await page.keyboard.press("/")
        await page.wait_for_url("**/search")
        await page.keyboard.type("P-STUDENT", delay=5)
        await page.locator(".found-row").wait_for()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/visits/**")
        issue = page.get_by_role("link", name="Check the person and issue")
        await issue.wait_for()
        await issue.focus()
        await page.keyboard.press("Enter")
        same = page.get_by_role("button", name="It is this person")
        await same.wait_for()
        await expect(same).not_to_be_focused()
        await same.focus()
        await page.keyboard.press("Enter")
        await page.locator(".qr").wait_for()
        await world.collect(world.phone(), await scan(page), PHONE)
        await expect(page.get_by_role("heading", name="The card is stored")).to_be_focused()
        assert time.monotonic() - began < 30  # the machine's part of the 180 s at the counter


async def test_arrows_walk_the_results(served: Served) -> None:
    async with served.officer(await served.world.enrolment_path()) as page:
        await page.keyboard.press("/")
        await page.wait_for_url("**/search")
        await page.keyboard.type("kim", delay=5)
        rows = page.locator(".found-row button")
        await expect(rows).to_have_count(2)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await expect(rows.nth(1)).to_be_focused()
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowUp")
        await expect(page.locator("#text")).to_be_focused()


async def test_a_lost_connection_is_said_and_taken_back(served: Served) -> None:
    async with served.officer(await served.world.enrolment_path()) as page:
        await page.goto(f"{served.url}/search", wait_until="networkidle")  # nothing to cut off
        await page.context.set_offline(True)
        await expect(page.locator("#no-connection")).to_be_visible()
        await page.context.set_offline(False)
        await expect(page.locator("#no-connection")).to_be_hidden()


async def test_five_wrong_passkeys_lock_until_a_supervisor_unlocks(served: Served) -> None:
    world = served.world
    async with served.officer(await world.enrolment_path()) as page:
        await page.goto(f"{served.url}/office")
        await page.locator("#name").fill("박지훈")
        await page.locator('form[action="/office/staff"] button').click()
        link = await page.locator("#enrol-link").input_value()
        async with served.officer(link.removeprefix(served.url)) as officer:
            await officer.get_by_role("button", name="Sign out").click()
            await officer.wait_for_url("**/sign-in")
            await _spoil(officer)
            for _ in range(5):
                await officer.locator("mrc-passkey button").click()
                await expect(officer.get_by_text("The passkey did not fit.")).to_be_visible()
                await officer.reload()
                await _spoil(officer)
            await officer.locator("mrc-passkey button").click()
            await expect(officer.get_by_text("Five wrong tries.")).to_be_visible()

            await page.goto(f"{served.url}/office")
            await page.get_by_role("button", name="Unlock sign-in").click()
            await expect(page.get_by_role("button", name="Unlock sign-in")).to_have_count(0)
            await officer.reload()
            await served.sign_in(officer)


async def _spoil(page: Page) -> None:
    """From now on this page's passkey answers with a broken signature."""
    await page.evaluate(
        """() => {
          const ask = navigator.credentials.get.bind(navigator.credentials);
          navigator.credentials.get = async (options) => {
            const made = await ask(options);
            const told = made.toJSON();
            told.response.signature = told.response.signature.slice(0, -6) + "AAAAAA";
            return {toJSON: () => told};
          };
        }"""
    )


async def test_a_double_click_makes_one_code(served: Served) -> None:
    world = served.world
    async with served.officer(await world.enrolment_path()) as page:
        await page.goto(f"{served.url}/search")
        await page.locator("#text").fill("P-STUDENT")
        await page.locator(".found-row button").click()
        await page.wait_for_url("**/visits/**")
        await page.get_by_role("link", name="Check the person and issue").click()
        await page.get_by_role("button", name="It is this person").dblclick()
        await page.locator(".qr").wait_for()
        await page.go_back()
        await page.go_forward()
        await page.locator(".qr").wait_for()
        await page.goto(re.sub("/issue$", "", page.url))
        await expect(page.get_by_text("Code shown")).to_have_count(1)
