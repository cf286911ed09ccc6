"""Every screen of the front desk, looked at by axe in both languages and themes.

MRC_GALLERY=folder keeps the pictures.
"""

import os
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import Page

from mrc.authority.staff.records import Role
from mrc.formats.catalogue.ages import seoul_date
from mrc.infra.database.issuer_tables import cards
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.protocols.asker_report.messages import AskerReport, Complaint
from tests.e2e.front_desk.conftest import Served, scan
from tests.e2e.high_contrast import high_contrast_findings
from tests.simulators.faces import STRANGER, paper
from tests.simulators.officers import open_record
from tests.simulators.pki import NOW

AXE = Path(__file__).parents[2] / "vendor" / "axe" / "axe.min.js"
PHONE = "+821000000001"
ADVICE = {"alike": paper(), "unlike": paper(STRANGER), "too_dark": paper(light=1.0)}
LOOKS = [("en", "light"), ("ko", "dark")]
CLIPPED = """() => [...document.querySelectorAll("h1,h2,h3,p,button,a,dt,dd,th,td,label,span.badge")]
  .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline"
    && !e.closest(".sr-only,.skip-link,.table-scroll") && !e.classList.contains("sr-only"))
  .map(e => e.tagName + ": " + e.textContent.trim().slice(0, 60))"""
RUN = """async () => (await axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21aa","wcag22aa"]}))
  .violations.filter(v => ["serious","critical"].includes(v.impact))
  .map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 160)).join(" | "))"""

WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest(".table-scroll,.side,.sr-only,.skip-link")).slice(0, 4).map(e => e.outerHTML.slice(0, 120))"""

LONG_NAME = "대한한빛종합금융서비스주식회사" * 8
REPORTS = [
    AskerReport(
        id=bytes([place] * 16),
        complaint=complaint,
        asker="x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk",
        name=name,
        registered=registered,
        purpose="Open an account",
        kinds=("kr.go.moj.residence.1.registration_number", "birthdate", "k" * 200),
        on=seoul_date(NOW),
    )
    for place, (complaint, name, registered) in enumerate(
        [
            (Complaint.ASKED_TOO_MUCH, "Hanbit Bank (sample)", True),
            (Complaint.PRETENDS, LONG_NAME, False),
            (Complaint.UNKNOWN, "x" * 120, False),
        ]
    )
]

Look = Callable[[Page, str], Awaitable[None]]


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(look))
def chosen(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def look(chosen: tuple[str, str]) -> Look:
    """Looks at a page: accessibility, missing texts, width; keeps a picture where asked."""
    folder = os.environ.get("MRC_GALLERY")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)

    async def at(page: Page, name: str) -> None:
        await page.evaluate("document.fonts.ready")
        if folder:
            path = Path(folder) / f"{name}-{'-'.join(chosen)}.png"
            await page.screenshot(path=path, full_page=True, animations="disabled")
        assert await page.locator(".untranslated").count() == 0, name
        await page.set_viewport_size({"width": 320, "height": 800})
        assert await page.evaluate(WIDER) == [], f"{name} at 320 px"
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await page.evaluate(WIDER) == [], f"{name} at 320 px with doubled text"
        await page.evaluate("document.documentElement.style.fontSize = ''")
        await page.set_viewport_size({"width": 1440, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert await page.evaluate(CLIPPED) == [], name
        await page.evaluate(AXE.read_text())
        assert await page.evaluate(RUN) == [], name
        assert await high_contrast_findings(page) == [], name

    return at


def options(chosen: tuple[str, str]) -> dict[str, object]:
    language, theme = chosen
    return {"locale": "ko-KR" if language == "ko" else "en-GB", "color_scheme": theme}


async def test_every_screen(served: Served, chosen: tuple[str, str], look: Look) -> None:
    world, url = served.world, served.url
    enrolment = await world.enrolment_path()
    async with served.window(**options(chosen)) as page:
        await page.goto(url + enrolment)
        await look(page, "FD-1-enrol")
        await page.locator("mrc-passkey button").click()
        await page.wait_for_url("**/sign-in")
        await look(page, "FD-1-sign-in")
        await page.locator("mrc-passkey button").click()
        await page.wait_for_url("**/counter")
        await look(page, "FD-1-counter")
        await page.locator('button[value="4"]').click()
        await page.wait_for_url(f"{url}/")
        await look(page, "FD-2-empty")
        await _searching(page, url, look)
        await _issuing(served, page, look)
        await _losing(page, url, look)
        await _supervising(served, page, look)
        await page.goto(url)
        await look(page, "FD-2-busy")
        await page.goto(url + enrolment)
        await look(page, "FD-1-link-over")


async def _searching(page: Page, url: str, look: Look) -> None:
    await page.goto(f"{url}/search")
    await look(page, "FD-3-empty")
    await page.locator("#text").fill("kim")
    await page.locator(".found").wait_for()
    await look(page, "FD-3-found")
    await page.locator("#text").fill("zzzzzz")
    await page.locator("#found .state-empty h2").filter(has_text=re.compile("Nobody|없")).wait_for()
    await look(page, "FD-3-nobody")
    await open_record(page, url, "REYES")
    await look(page, "FD-5-not-eligible")
    await open_record(page, url, "P-LONG-NAME")
    await look(page, "FD-4-long-name")


async def _issuing(served: Served, page: Page, look: Look) -> None:
    world, url = served.world, served.url
    record = await open_record(page, url, "P-STUDENT")
    await look(page, "FD-4-record")
    await page.locator("#number button").click()
    await page.locator("#number .hint").wait_for()
    await look(page, "FD-4-number-shown")
    await page.goto(f"{record}/person")
    await look(page, "FD-6-person")
    for key, picture in ADVICE.items():
        file = {"name": "now.jpg", "mimeType": "image/jpeg", "buffer": picture}
        await page.set_input_files("#advice-picture", file)
        await page.locator(f'mrc-advice [data-says="{key}"]').wait_for()
        assert await page.locator("mrc-advice .notice:visible").count() == 1
        assert await page.locator("#advice-picture").input_value() == "", "the picture is dropped"
        await look(page, f"FD-6-advice-{key}")
    await page.locator('button[value="unsure"]').click()
    await look(page, "FD-6-unsure")
    await page.goto(f"{record}/person")
    await page.locator('button[value="same"]').click()
    await page.locator(".qr").wait_for()
    await look(page, "FD-7-code")
    phone = world.phone()
    link = await scan(page)
    await world.collect(phone, link, PHONE, fetch_only=True)
    await page.locator(".notice-note").wait_for()
    await look(page, "FD-7-scanned")
    await world.collect(phone, link, PHONE)
    await page.locator(".state-success").wait_for()
    await look(page, "FD-7-stored")
    await page.goto(f"{record}/receipt?language=vi")
    await look(page, "FD-11-receipt")
    await page.goto(f"{record}/issue")
    await page.goto(record)


async def _losing(page: Page, url: str, look: Look) -> None:
    record = await open_record(page, url, "P-STUDENT")
    await look(page, "FD-4-with-card")
    await page.goto(f"{record}/loss")
    await look(page, "FD-9-loss")
    await page.locator("main form .button-danger").click()
    await page.locator('[role="alert"]').first.wait_for()
    await look(page, "FD-9-error")
    await page.locator("#recognised").fill("passport")
    await page.locator("main form .button-danger").click()
    await page.locator(".state-success").wait_for()
    await look(page, "FD-9-locked")
    await page.goto(f"{record}/change/cancel")
    await look(page, "FD-10-cancel")
    await page.goto(f"{record}/change/unlock")
    await look(page, "FD-10-unlock")
    await page.locator("#reason").fill("found in a taxi")
    await page.locator('input[name="present"]').check()
    await page.locator("main form .button-primary").click()
    await page.locator(".state-success").wait_for()
    await look(page, "FD-10-asked")


async def _supervising(served: Served, page: Page, look: Look) -> None:
    url = served.url
    await page.goto(f"{url}/approvals")
    await look(page, "FD-12-own")
    await page.goto(f"{url}/numbers")
    await look(page, "FD-13-few")
    await crowd(served)
    await page.goto(f"{url}/numbers")
    await page.locator(".bar-number").first.wait_for()
    await look(page, "FD-13-numbers")
    await _reports_about_askers(served, page, look)
    await page.goto(f"{url}/audit")
    await look(page, "FD-15-empty")
    await page.locator("main form.filters button").click()
    await page.locator("table").wait_for()
    await look(page, "FD-15-found")
    await page.goto(f"{url}/office")
    await look(page, "FD-16-office")
    await page.locator("#name").fill("박지훈")
    await page.locator('form[action="/office/staff"] button').click()
    await page.locator("#enrol-link").wait_for()
    await look(page, "FD-16-invited")


async def _reports_about_askers(served: Served, page: Page, look: Look) -> None:
    url, store = served.url, DatabaseAskerReports(served.world.database)
    await page.goto(f"{url}/asker-reports")
    await look(page, "FD-14-empty")
    for each in REPORTS:
        await store.add(each, received_on=REPORTS[0].on)
    await page.goto(f"{url}/asker-reports")
    await look(page, "FD-14-list")
    await page.locator("#complaint").select_option("wrong_data")
    await page.locator("main form.filters button").click()
    await page.locator(".state-empty").wait_for()
    await look(page, "FD-14-none-fits")
    await page.goto(f"{url}/asker-reports")
    await page.get_by_role("link", name=REPORTS[0].reference).click()
    await page.locator("#reason").wait_for()
    await look(page, "FD-14-report")
    await page.locator("#reason").fill("called them")
    await page.locator("main form .button-primary").click()
    await page.locator('[role="alert"]').first.wait_for()
    await look(page, "FD-14-error")
    await page.locator('input[value="spoken_to"]').check()
    await page.locator("main form .button-primary").click()
    await page.locator(".timeline-title").wait_for()
    await look(page, "FD-14-decided")
    await page.goto(f"{url}/asker-reports/AAAAA-AAAAA")
    await look(page, "FD-14-gone")


async def crowd(served: Served) -> None:
    """Cards of many people over two weeks, so that there are numbers to show."""
    world, rows = served.world, []
    for place in range(240):
        at = world.clock.now() - timedelta(days=place * place % 13)
        gone = place % 11 == 0
        rows.append(
            {
                "id": f"card-{place}",
                "holder": f"somebody-{place}",
                "card_type": ("residence", "residence", "permanent")[place % 3],
                "phone": f"phone-{place}",
                "issued_at": at,
                "locked": place % 13 == 0,
                "renewal_due": False,
                "ended_at": at if gone else None,
            }
        )
    async with world.database.transaction() as tx:
        await tx.execute_many(sa.insert(cards), rows)


async def test_the_customer_screen(served: Served, chosen: tuple[str, str], look: Look) -> None:
    world, url = served.world, served.url
    async with served.officer(await world.enrolment_path(), **options(chosen)) as page:
        await page.locator('form[action="/screen"] button').click()
        link = await page.locator("#screen-link").input_value()
        await look(page, "FD-17-link")
        async with served.window(**options(chosen)) as screen:
            await screen.goto(link)
            await look(screen, "FD-17-start")
            await screen.locator("main button").first.click()
            await look(screen, "FD-17-greeting")
            await screen.locator('button[value="vi"]').click()
            record = await open_record(page, url, "P-STUDENT")
            await page.goto(f"{record}/person")
            await page.locator('button[value="same"]').click()
            await screen.locator(".qr").wait_for()
            await look(screen, "FD-17-code")
            code = await scan(page)
            phone = world.phone()
            await world.collect(phone, code, PHONE, fetch_only=True)
            await screen.locator(".qr").wait_for(state="detached")
            await look(screen, "FD-17-scanned")
            await world.collect(phone, code, PHONE)
            await screen.locator(".step-done").nth(3).wait_for()
            await look(screen, "FD-17-ready")
            world.clock.forward(timedelta(seconds=40))
            await screen.locator(".language-grid").wait_for()


async def type_pin(screen: Page, pin: str) -> None:
    await screen.locator(".pin-input").fill(pin)
    await screen.locator(".pin-send button").click()


async def test_an_ic_card_is_made(served: Served, chosen: tuple[str, str], look: Look) -> None:
    """FD-8: the officer's page, and the customer screen as the holder's own pad."""
    world, url = served.world, served.url
    async with served.officer(await world.enrolment_path(), **options(chosen)) as page:
        record = await open_record(page, url, "P-STUDENT")
        await page.goto(f"{record}/ic-card")
        await look(page, "FD-8-no-screen")
        await page.locator('form[action="/screen"] button').click()
        link = await page.locator("#screen-link").input_value()
        async with served.window(**options(chosen)) as screen:
            await screen.goto(link)
            await screen.locator("main button").first.click()
            await screen.locator(f'button[value="{chosen[0]}"]').click()
            await page.goto(f"{record}/ic-card")
            await page.locator("main form .button-primary").click()
            await page.locator('[role="alert"]').first.wait_for()
            await look(page, "FD-8-error")
            number = await page.locator("#document_number").input_value()
            await page.locator("#same").check()
            await page.locator("main form .button-primary").click()
            await screen.locator("#pin-choose").wait_for()
            await look(screen, "FD-17-pin")
            await look(page, "FD-8-pin")
            await page.locator('form[action$="/stop"] button').click()
            await page.locator(".state-failure").wait_for()
            await look(page, "FD-8-stopped")
            await screen.locator("#pin-choose").wait_for(state="detached")
            await page.locator('form[action$="/go-on"] button').click()
            await screen.locator("#pin-choose").wait_for()
            await type_pin(screen, "111111")
            await screen.locator("#pin-choose-error").wait_for()
            await look(screen, "FD-17-pin-easy")
            await type_pin(screen, "280417")
            await screen.locator("#pin-repeat").wait_for()
            await type_pin(screen, "280417")
            await screen.locator(".puk").wait_for()
            await look(screen, "FD-17-puk")
            await screen.locator("main button.button-primary").click()
            await page.locator(".state-success").wait_for()
            await look(page, "FD-8-made")
            assert number in await page.locator(".state-success").inner_text()
            await screen.locator(".customer-picture").wait_for()
            await look(screen, "FD-17-card-ready")
            world.clock.forward(timedelta(minutes=1))
            record = await open_record(page, url, "P-STUDENT")
            await look(page, "FD-4-with-ic-card")
            await page.goto(f"{record}/ic-card")
            await look(page, "FD-8-further")
            await page.locator("main a.button-primary").click()
            await page.locator("#reason").wait_for()
            await look(page, "FD-10-further")


async def test_a_changed_sim(served: Served, chosen: tuple[str, str], look: Look) -> None:
    """FD-5 and FD-12: no code for a number that was moved lately, but by two people, once."""
    world, url = served.world, served.url
    world.carrier.new_sims.add(PHONE)
    async with served.officer(await world.enrolment_path(), **options(chosen)) as page:
        record = await open_record(page, url, "P-STUDENT")
        await look(page, "FD-5-sim-changed")
        assert await page.locator('a[href$="/person"]').count() == 0
        await page.locator('a[href$="/change/sim_change"]').click()
        await page.locator("#reason").fill("old phone broke; the contract was shown")
        await page.locator("main form .button-primary").click()
        await page.locator('[role="alert"]').first.wait_for()
        await look(page, "FD-12-sim-change-error")
        await page.locator("#reason").fill("old phone broke; the contract was shown")
        await page.locator('input[name="present"]').check()
        await page.locator("main form .button-primary").click()
        await page.locator(".state-success").wait_for()
        await page.goto(record)
        await page.locator(".checks").wait_for()
        await look(page, "FD-5-sim-change-asked")
        (asker,) = await world.administration.members()
        made = await world.administration.invite(
            "박지훈", Role.SUPERVISOR, by=asker, now=world.clock.now()
        )
        async with served.officer(f"/enrol/{made.link}", **options(chosen)) as second:
            await second.goto(f"{url}/approvals")
            await look(second, "FD-12-sim-change")
            await second.locator('button[value="approve"]').click()
            await second.locator("table").wait_for()
        await page.goto(record)
        await page.locator('a[href$="/person"]').wait_for()
        await look(page, "FD-5-sim-change-accepted")
        await page.locator('a[href$="/person"]').click()
        await page.locator('button[value="same"]').click()
        await page.locator(".qr").wait_for()
        await page.goto(record)
        await page.locator('a[href$="/change/sim_change"]').wait_for()
