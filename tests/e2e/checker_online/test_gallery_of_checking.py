"""Every screen of the checker and of the sample service, in both themes, looked at by axe-core."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page

from mrc.formats.status_list.bits import Status
from mrc.infra.practice_faces import draw_face
from tests.e2e.checker_online.conftest import AXE, GALLERY, sign_in
from tests.e2e.high_contrast import high_contrast_findings
from tests.simulators.checking_world import CheckingWorld
from tests.simulators.practice_cards import HOLDER, CardOrder, make_mdoc


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    language: str
    theme: str
    width: int = 400


LOOKS = [
    Look(language="ko", theme="light"),
    Look(language="en", theme="dark"),
    Look(language="ko", theme="dark", width=320),
    Look(language="en", theme="light", width=1000),
]
Picture = Callable[[str], Awaitable[None]]


def good_card() -> CardOrder:
    return CardOrder(values=HOLDER | {"portrait": draw_face(7), "work_permission": "within_status"})


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look.language}-{look.theme}-{look.width}")
def look(request: pytest.FixtureRequest) -> Look:
    found: Look = request.param
    return found


def pictures(page: Page, look: Look, problems: list[str]) -> Picture:
    folder = GALLERY / f"{look.language}-{look.theme}-{look.width}"
    folder.mkdir(parents=True, exist_ok=True)

    async def picture(name: str) -> None:
        await page.wait_for_load_state("networkidle") if "wait" not in name else None
        await page.wait_for_timeout(400)  # movements end
        await page.screenshot(path=folder / f"{name}.png", full_page=True)
        problems.extend(f"{name}: {each}" for each in await _axe(page))
        problems.extend(f"{name}: {each}" for each in await high_contrast_findings(page))
        wide = await page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        if wide:
            problems.append(f"{name}: wider than the screen")

    return picture


async def _axe(page: Page) -> list[str]:
    if not await page.evaluate("() => 'axe' in globalThis"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{each['id']} {each['nodes'][0]['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


async def open_page(chromium: Browser, look: Look) -> Page:
    context = await chromium.new_context(
        viewport={"width": look.width, "height": 860},
        ignore_https_errors=True,
        locale=look.language,
        color_scheme="dark" if look.theme == "dark" else "light",
        bypass_csp=True,  # for axe-core alone; the other tests run under the policy
        reduced_motion="reduce",
    )
    return await context.new_page()


async def test_the_checker(chromium: Browser, world: CheckingWorld, look: Look) -> None:
    page, problems = await open_page(chromium, look), []
    picture = pictures(page, look, problems)
    url = world.checker_url
    await page.goto(f"{url}/sign-in")
    await picture("V-1-sign-in")
    await page.locator("#place").fill("Counter 3")
    await page.locator("#code").fill("1")
    await page.locator("#main form").first.get_by_role("button").click()
    await picture("V-1-wrong-code")
    await sign_in(page, world)
    await picture("V-2-choose")
    await page.locator("input[value=work]").check(force=True)
    await page.locator("#main button").last.click()
    await page.locator(".qr").wait_for()
    await picture("V-3-code")
    link = await _link(page)
    await world.fetch(link)
    await page.locator(".progress-reading").wait_for()
    await picture("V-4-waiting-read")
    await world.show(link, make_mdoc(good_card()))
    await page.locator("mrc-result").wait_for()
    await picture("V-5-valid")
    await page.locator("button[value=same]").click()
    await page.wait_for_url("**/record")
    await picture("V-8-record")
    world.verifying.publisher.set(7, Status.LOCKED, at=world.verifying.now)
    world.verifying.lists.drop_all()
    await _ask(page, world, "age-19")
    await world.show(await _link(page), make_mdoc(good_card()))
    await page.locator("mrc-result").wait_for()
    await picture("V-5-locked")
    world.verifying.publisher.set(7, Status.VALID, at=world.verifying.now)
    world.verifying.lists.drop_all()
    world.verifying.publisher.online = False
    await _ask(page, world, "stay")
    await world.show(await _link(page), make_mdoc(good_card()))
    await page.locator("mrc-result").wait_for()
    await picture("V-5-ask-further")
    world.verifying.publisher.online = True
    await _ask(page, world, "identity")
    await world.show(await _link(page), make_mdoc(good_card()))
    await page.locator("mrc-result").wait_for()
    await picture("V-5-identity")
    await _ask(page, world, "identity")
    await world.show(await _link(page))
    await page.locator(".state").wait_for()
    await picture("V-4-declined")
    for name, path in (
        ("V-7-plastic", "/plastic"),
        ("V-3-poster", "/poster"),
        ("V-9-history", "/history"),
        ("V-10-trust", "/trust"),
        ("V-11-settings", "/settings"),
        ("V-12-help", "/help"),
    ):
        await page.goto(f"{url}{path}")
        await picture(name.replace("V-3-poster", "V-3-poster-wait"))
    await page.goto(f"{url}/poster")
    poster = await page.locator("a[href*='/p/']").get_attribute("href")
    await page.goto(str(poster))
    await picture("V-3-poster-landing")
    await page.locator("#main button").first.click()
    await page.locator("a[href^='openid4vp:']").wait_for()
    await picture("V-3-poster-visitor-wait")
    visit = page.url
    link = str(await page.locator("a[href^='openid4vp:']").get_attribute("href"))
    await page.goto(f"{url}/poster")
    await picture("V-3-poster-visitors-wait")
    await world.fetch(link)
    await page.locator(".visitor-number[translate]").wait_for()
    await picture("V-3-poster-visitors-wait-read")
    await world.fetch(link)
    await page.locator(".visitor .notice").wait_for()
    await picture("V-3-poster-visitors-wait-read-twice")
    await world.show(link, make_mdoc(good_card()))
    await page.locator(".visitor a.button").wait_for()
    await picture("V-3-poster-visitors-wait-answered")
    await page.goto(visit)
    await picture("V-3-poster-visitor-over")
    await page.goto(f"{url}/checks/NOSUCH")
    await picture("V-error")
    await page.goto(f"{url}/settings")
    await page.locator("form[action='/sign-out'] button").click()
    await page.locator("form[action='/training'] button").click()
    await page.wait_for_url(f"{url}/")
    await page.locator("#main button").last.click()
    await page.locator(".people").wait_for()
    await picture("V-12-people")
    await page.locator("button[value='4']").click()
    await page.locator("mrc-result").wait_for()
    await picture("V-12-training-result")
    await page.context.close()
    assert problems == []


async def test_the_sample_service(chromium: Browser, world: CheckingWorld, look: Look) -> None:
    page, problems = await open_page(chromium, look), []
    picture = pictures(page, look, problems)
    url = world.online_url
    await page.goto(url)
    await picture("O-1-home")
    await page.locator(".mobile-id-first").click()
    await page.locator(".ways").wait_for()
    await picture("O-2-choose")
    await page.locator(".ways button").last.click()
    await page.locator(".qr").wait_for()
    await picture("O-2-code-wait")
    link = await page.locator(".wallets a").first.get_attribute("href")
    link = await page.evaluate("(href) => new URL(href).searchParams.get('link')", link)
    await world.fetch(link)
    await page.locator(".progress-reading").wait_for()
    await picture("O-3-wait-read")
    await page.goto(link)
    await picture("O-6-landing")
    await page.goto(f"{url}/what")
    await picture("O-6-what")
    await page.go_back()
    await page.go_back()
    await world.show(link, make_mdoc(good_card()))
    await page.locator(".data-list").first.wait_for()
    await page.locator(".state-success").wait_for()
    await page.locator("body").press("Shift")
    await picture("O-4-done")
    await page.goto(url)
    await picture("O-4-signed-in")
    await page.locator("form[action='/sign-out'] button").click()
    await page.locator("button.mobile-id-button").nth(1).click()
    await page.locator(".ways button").last.click()
    await page.locator(".qr").wait_for()
    link = await page.locator(".wallets a").first.get_attribute("href")
    link = await page.evaluate("(href) => new URL(href).searchParams.get('link')", link)
    await world.show(link)
    await page.locator(".state-failure").wait_for()
    await picture("O-5-declined")
    await page.context.close()
    assert problems == []


async def _ask(page: Page, world: CheckingWorld, question: str) -> None:
    await page.goto(f"{world.checker_url}/?question={question}")
    await page.locator("#main button").last.click()
    await page.locator(".qr").wait_for()


async def _link(page: Page) -> str:
    return await page.locator(".wallet-link").text_content() or ""
