"""The officer's day: enrol, sign in, find, check, issue, lose, unlock by two people."""

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from tests.e2e.front_desk.conftest import Served, scan

STUDENT_PHONE = "+821000000001"


async def find(page: Page, text: str, name: str) -> None:
    await page.get_by_role("link", name="Search", exact=True).click()
    await page.get_by_label("Number, name or birth date").press_sequentially(text, delay=10)
    await page.locator(".found-row button").filter(has_text=name).click()
    await page.wait_for_url("**/visits/**")


async def test_issue_lose_and_unlock(served: Served) -> None:
    world = served.world
    async with served.officer(await world.enrolment_path()) as page:
        await find(page, "응우옌", "NGUYỄN")
        await expect(page.get_by_text("All checks passed")).to_be_visible()

        await page.get_by_role("link", name="Check the person and issue").click()
        await page.get_by_role("button", name="It is this person").click()
        await expect(page.get_by_role("heading", name="Waiting for the scan")).to_be_visible()

        phone = world.phone()
        link = await scan(page)
        await world.collect(phone, link, STUDENT_PHONE, fetch_only=True)
        await expect(page.get_by_text("The phone has the code")).to_be_visible()
        await world.collect(phone, link, STUDENT_PHONE)
        await expect(page.get_by_role("heading", name="The card is stored")).to_be_visible()

        await find(page, "응우옌", "NGUYỄN")
        await page.get_by_role("link", name="Report a loss").click()
        await page.get_by_label("How was the person recognised?").fill("passport and face")
        await page.get_by_role("button", name="Lock the card now").click()
        await expect(page.get_by_role("heading", name=re.compile("Locked at"))).to_be_visible()

        await page.get_by_role("link", name="Found again").click()
        await page.get_by_label("Reason").fill("found in a taxi")
        await page.get_by_label("The person is here and I recognised them").check()
        await page.get_by_role("button", name="Ask for approval").click()
        await page.get_by_role("link", name="Approvals", exact=True).first.click()
        await expect(page.get_by_text("You cannot approve your own request.")).to_be_visible()

        link = await invite(page, "Supervisor", "이서연")
        async with served.officer(link.removeprefix(served.url)) as second:
            await second.get_by_role("link", name="Approvals").first.click()
            await second.get_by_role("button", name="Approve", exact=True).click()
            await expect(second.get_by_role("cell", name="Done")).to_be_visible()

        await find(page, "응우옌", "NGUYỄN")
        await expect(page.locator(".card-line").get_by_text("Active")).to_be_visible()
        await expect(page.get_by_text("Card unlocked")).to_be_visible()


async def invite(page: Page, role: str, name: str) -> str:
    await page.get_by_role("link", name="Office settings").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Role", exact=True).select_option(role)
    await page.get_by_role("button", name="Invite").click()
    return await page.get_by_label("One-time link").input_value()


async def test_withdraw_and_new_code(served: Served) -> None:
    world = served.world
    async with served.officer(await world.enrolment_path()) as page:
        await find(page, "SUPARMAN", "Suparman")
        await page.get_by_role("link", name="Check the person and issue").click()
        await page.get_by_role("button", name="It is this person").click()
        first = await scan(page)

        await page.get_by_role("button", name="Withdraw the code").click()
        await expect(page.get_by_role("heading", name="This code has ended.")).to_be_visible()
        await page.get_by_role("button", name="New code").click()
        await expect(page.get_by_role("heading", name="Waiting for the scan")).to_be_visible()
        assert await scan(page) != first

        world.clock.forward(timedelta(minutes=4))
        await expect(page.get_by_role("heading", name="This code has ended.")).to_be_visible()


async def test_the_customer_screen_mirrors_the_code(served: Served) -> None:
    world = served.world
    async with served.officer(await world.enrolment_path()) as page:
        await page.get_by_role("button", name="Open the customer screen").click()
        link = await page.get_by_label("One-time link").input_value()
        async with served.window() as screen:
            await screen.goto(link)
            await screen.get_by_role("button").first.click()
            await screen.get_by_role("button", name="Tiếng Việt").click()

            await find(page, "응우옌", "NGUYỄN")
            await page.get_by_role("link", name="Check the person and issue").click()
            await page.get_by_role("button", name="It is this person").click()
            await expect(screen.get_by_role("heading", name="Quét mã này")).to_be_visible()
            assert await scan(screen) == await scan(page)
            assert "NGUY" not in await screen.content()

            await world.collect(world.phone(), await scan(page), STUDENT_PHONE)
            await expect(screen.get_by_role("heading", name="Thẻ của bạn")).to_be_visible()
        async with served.window() as thief:
            await thief.goto(link)
            await thief.get_by_role("button").first.click()
            await expect(thief.locator(".qr")).to_have_count(0)
            await expect(thief.get_by_role("button")).to_have_count(0)
