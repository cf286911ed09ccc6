"""Checks and sign-ins in Chromium, live and under the real content policy."""

from playwright.async_api import Browser, BrowserContext, Page, expect

from mrc.formats.status_list.bits import Status
from mrc.protocols.openid4vp.number_match import number_to_compare
from tests.e2e.checker_online.conftest import sign_in, watched
from tests.simulators.checking_world import CheckingWorld
from tests.simulators.practice_cards import EXPIRED, make_mdoc, make_sd_jwt_vc


async def show_code(page: Page, question: str = "identity") -> str:
    """Choose a question; the link of the code that is shown."""
    await page.locator(f"input[value={question}]").check(force=True)
    await page.locator("#main button").last.click()
    await expect(page.locator(".qr")).to_be_visible()
    return await page.locator(".wallet-link").text_content() or ""


async def test_the_result_comes_by_itself_and_takes_the_focus(
    world: CheckingWorld, page: Page
) -> None:
    await sign_in(page, world)
    link = await show_code(page)
    await world.fetch(link)
    await expect(page.get_by_text("The person is reading your request")).to_be_visible()
    await world.show(link, make_mdoc())
    await expect(page.get_by_role("heading", name="Valid", exact=True)).to_be_focused()
    await expect(page.get_by_text("HONG GILDONG")).to_be_visible()
    await page.get_by_role("button", name="Same person").click()
    await expect(page.get_by_role("heading", name="Record of this check")).to_be_focused()
    await expect(page.get_by_text("HONG")).to_have_count(0)


async def test_back_and_reload_show_nothing_personal(world: CheckingWorld, page: Page) -> None:
    await sign_in(page, world)
    await world.show(await show_code(page), make_sd_jwt_vc())
    await expect(page.get_by_role("heading", name="Valid", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("The details were shown once.")).to_be_visible()
    await expect(page.get_by_text("HONG")).to_have_count(0)
    await page.goto(f"{world.checker_url}/history")
    await page.go_back()
    await expect(page.get_by_text("HONG")).to_have_count(0)


async def test_a_locked_card_is_refused(world: CheckingWorld, page: Page) -> None:
    world.verifying.publisher.set(7, Status.LOCKED, at=world.verifying.now)
    await sign_in(page, world)
    await world.show(await show_code(page), make_mdoc())
    await expect(page.get_by_role("heading", name="Not valid")).to_be_focused()
    await expect(page.get_by_text("This card is locked.")).to_be_visible()


async def test_an_ended_card_is_refused(world: CheckingWorld, page: Page) -> None:
    await sign_in(page, world)
    await world.show(await show_code(page), make_mdoc(EXPIRED))
    await expect(page.get_by_text("The period of this card has ended.")).to_be_visible()


async def test_declined_and_expired_lead_on(world: CheckingWorld, page: Page) -> None:
    await sign_in(page, world)
    await world.show(await show_code(page))
    await expect(page.get_by_text("The person declined. Use another way.")).to_be_visible()
    await page.get_by_role("button", name="New code").click()
    await expect(page.locator(".qr")).to_be_visible()
    world.later(minutes=3, seconds=1)
    await expect(page.get_by_text("The time is over. Nothing was checked.")).to_be_visible()


async def test_a_double_click_asks_once(world: CheckingWorld, page: Page) -> None:
    await sign_in(page, world)
    posts: list[str] = []
    page.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    await page.locator("#main button").last.dblclick()
    await expect(page.locator(".qr")).to_be_visible()
    assert len(posts) == 1


async def test_two_tabs_are_two_checks(world: CheckingWorld, context: BrowserContext) -> None:
    async with watched(context) as one, watched(context) as two:
        await sign_in(one, world)
        await two.goto(world.checker_url)
        first, second = await show_code(one), await show_code(two)
        assert first != second
        await world.show(second, make_mdoc())
        await expect(two.get_by_role("heading", name="Valid", exact=True)).to_be_visible()
        await expect(one.locator(".qr")).to_be_visible()


async def test_the_poster_and_its_visitor(world: CheckingWorld, context: BrowserContext) -> None:
    async with watched(context) as shop, watched(context) as visitor:
        await sign_in(shop, world)
        await shop.goto(f"{world.checker_url}/poster")
        await visitor.goto(await shop.locator("a[href*='/p/']").get_attribute("href") or "")
        await visitor.get_by_role("button", name="Continue").click()
        link = await visitor.locator("a[href^='openid4vp:']").get_attribute("href")
        await expect(shop.locator(".visitor-number")).to_have_text("–")
        number = str(number_to_compare(await world.fetch(str(link))))
        await expect(shop.locator(".visitor-number")).to_have_text(number)
        await expect(visitor.get_by_text(number, exact=True)).to_have_count(0)
        await world.show(str(link), make_mdoc())
        await expect(visitor.get_by_text("Show this number at the counter")).to_be_visible()
        await expect(visitor.locator(".big-number")).to_have_text(number)
        await shop.get_by_role("link", name=f"See number {number}").click()
        await expect(shop.get_by_role("heading", name="Valid", exact=True)).to_be_visible()


async def test_another_phone_signs_in_and_the_service_comes_back(
    world: CheckingWorld, page: Page
) -> None:
    await page.goto(world.online_url)
    await page.get_by_role("button", name="Sign in with Mobile ID").click()
    await page.get_by_role("button", name="Use another phone").click()
    await expect(page.locator(".qr")).to_be_visible()
    await world.show(await online_link(page), make_mdoc())
    await expect(page.get_by_text("These details were shared")).to_be_visible()
    await page.wait_for_url(f"{world.online_url}/", timeout=4000)
    await expect(page.get_by_text("You are signed in.")).to_be_visible()


async def test_this_phone_comes_back_but_not_into_another_browser(
    world: CheckingWorld, page: Page, chromium: Browser
) -> None:
    await page.goto(world.online_url)
    await page.get_by_role("button", name="Verify age").click()
    await page.get_by_role("button", name="Open Mobile ID on this phone").click()
    back = await world.show(await online_link(page), make_sd_jwt_vc())
    other = await chromium.new_context(ignore_https_errors=True, locale="en-GB")
    stranger = await other.new_page()
    await stranger.goto(str(back))
    await expect(stranger.get_by_text("The phone answered in another browser.")).to_be_visible()
    await other.close()
    await page.goto(str(back))
    await expect(page.get_by_text("Your age is verified.")).to_be_visible()


async def test_declined_at_a_service(world: CheckingWorld, page: Page) -> None:
    await page.goto(world.online_url)
    await page.get_by_role("button", name="Verify identity").click()
    await page.get_by_role("button", name="Use another phone").click()
    await expect(page.locator(".qr")).to_be_visible()
    await world.show(await online_link(page))
    await expect(page.get_by_text("You declined. Nothing was shared.")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("button", name="Use another phone")).to_be_visible()


async def test_a_page_weighs_little(world: CheckingWorld, page: Page) -> None:
    sizes: list[int] = []

    async def weigh() -> None:
        await page.goto(world.online_url, wait_until="networkidle")

    page.on("response", lambda answer: sizes.append(int(answer.headers["content-length"])))
    await weigh()
    assert sum(sizes) < 150_000


async def online_link(page: Page) -> str:
    href = await page.locator(".wallets a").first.get_attribute("href")
    return str(await page.evaluate("(href) => new URL(href).searchParams.get('link')", href))
