"""What the components do in a real browser, under the real content policy."""

import io
import re

import pytest
import segno
from playwright.sync_api import Browser, Page, expect

_REVEAL = re.compile(r"Show\s*: Registration number")


@pytest.fixture
def clocked(page: Page) -> Page:
    page.clock.install()
    return page


def test_a_masked_value_is_shown_for_ten_seconds(clocked: Page, gallery: str) -> None:
    clocked.goto(f"{gallery}/details?language=en")
    value = clocked.locator(".masked-value").first
    expect(value).to_have_text("••••••-•••••••")
    clocked.get_by_role("button", name=_REVEAL).click()
    expect(value).to_have_text("900101-5123456")
    clocked.clock.run_for(9_900)
    expect(value).to_have_text("900101-5123456")
    clocked.clock.run_for(200)
    expect(value).to_have_text("••••••-•••••••")


def test_a_masked_value_is_hidden_when_the_page_leaves_the_front(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/details?language=en")
    page.get_by_role("button", name=_REVEAL).click()
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', {value: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    expect(page.locator(".masked-value").first).to_have_text("••••••-•••••••")


def test_a_countdown_warns_offers_more_time_and_ends(clocked: Page, gallery: str) -> None:
    clocked.goto(f"{gallery}/issue?language=en")
    clocked.evaluate("() => addEventListener('mrc:ended', () => { window.ended = true; })")
    alert, more = clocked.locator("[data-alert]"), clocked.get_by_role("button", name="more time")
    expect(more).to_be_hidden()
    clocked.clock.run_for(131_000)
    expect(alert).to_contain_text("seconds left")
    expect(more).to_be_visible()
    clocked.clock.run_for(20_000)
    expect(alert).to_have_text("The time is over")
    assert clocked.evaluate("() => window.ended") is True


def test_the_pin_pad_counts_and_never_says_a_digit(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/pin?language=en")
    said = page.locator("mrc-pin [data-status]")
    for digit in "12":
        page.get_by_role("button", name=digit, exact=True).click()
    expect(said).to_have_text("2 of 6 digits")
    page.get_by_role("button", name="Delete the last digit").click()
    expect(said).to_have_text("1 of 6 digits")
    page.locator("#pin").focus()
    page.keyboard.type("x98765432")
    expect(said).to_have_text("6 of 6 digits")
    expect(page.locator("#pin")).to_have_value("198765")
    assert page.locator("#pin").get_attribute("type") == "password"
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("body")).to_have_text("198765")


def test_a_picture_of_a_code_is_read_under_the_policy(page: Page, gallery: str) -> None:
    offer = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.localhost%3A8442"
    picture = io.BytesIO()
    segno.make(offer, error="m", micro=False).save(picture, kind="png", scale=6)
    page.goto(f"{gallery}/scan?language=en")
    page.locator("#scanner [data-picture]").set_input_files(
        {"name": "code.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    expect(page.locator("body")).to_have_text(offer)


def _offer_file(page: Page, content: bytes, name: str = "none.png") -> None:
    page.locator("#scanner [data-picture]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )


_EMPTY_PICTURE = io.BytesIO()
segno.make("x").save(_EMPTY_PICTURE, kind="png", scale=6, dark="white")

_LATE_CAMERA = """
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const asked = new Promise((resolve) => { globalThis.openCamera = resolve; });
  globalThis.cameras = [];
  navigator.mediaDevices.getUserMedia = async (wish) => {
    await asked;
    const stream = await open(wish);
    globalThis.cameras.push(...stream.getTracks());
    return stream;
  };
"""


@pytest.mark.parametrize("content", [_EMPTY_PICTURE.getvalue(), b"not a picture"])
def test_a_picture_without_a_code_says_so(page: Page, gallery: str, content: bytes) -> None:
    page.goto(f"{gallery}/scan?language=en")
    _offer_file(page, content)
    expect(page.locator("#scanner [data-status]")).to_have_text("There is no code in this picture.")


def test_a_camera_that_opens_late_leaves_the_answer(page: Page, gallery: str) -> None:
    page.add_init_script(_LATE_CAMERA)
    page.goto(f"{gallery}/scan?language=en")
    _offer_file(page, _EMPTY_PICTURE.getvalue())
    status = page.locator("#scanner [data-status]")
    expect(status).to_have_text("There is no code in this picture.")
    page.evaluate("() => openCamera()")
    page.wait_for_function("() => document.querySelector('#scanner video').videoWidth > 0")
    page.wait_for_function("() => !document.querySelector('#scanner video').paused")
    expect(status).to_have_text("There is no code in this picture.")


def test_a_camera_that_opens_after_the_code_is_closed(page: Page, gallery: str) -> None:
    page.add_init_script(_LATE_CAMERA)
    page.add_init_script("addEventListener('mrc:scanned', (event) => event.preventDefault())")
    picture = io.BytesIO()
    segno.make("K7QP 2MXD", micro=False).save(picture, kind="png", scale=6)
    page.goto(f"{gallery}/scan?language=en")
    shown = page.locator("mrc-scanner").count()
    page.evaluate(
        "() => document.querySelectorAll('mrc-scanner:not(#scanner)').forEach((one) => one.remove())"
    )
    _offer_file(page, picture.getvalue(), "code.png")
    expect(page.locator("#scanner [data-status]")).to_have_text("Code found")
    page.evaluate("() => openCamera()")
    page.wait_for_function(f"() => cameras.length === {shown}")
    page.wait_for_function("() => cameras.every((track) => track.readyState === 'ended')")


def test_a_camera_that_is_allowed_opens_by_itself(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/scan?language=en")
    expect(page.locator("#scanner [data-status]")).to_have_text("Point the camera at the code")
    page.wait_for_function("() => document.querySelector('#scanner video').videoWidth > 0")


def test_a_camera_that_is_taken_away_is_told_and_opens_again(page: Page, gallery: str) -> None:
    """A call, another app, a switch on the lid: the page does not stand still without a word."""
    page.add_init_script(_LATE_CAMERA)
    page.goto(f"{gallery}/scan?language=en")
    page.evaluate("() => openCamera()")
    status = page.locator("#scanner [data-status]")
    start = page.locator("#scanner [data-start]")
    expect(status).to_have_text("Point the camera at the code")
    expect(start).to_be_hidden()
    page.evaluate(
        """() => document.querySelector('#scanner').stream.getTracks()
            .forEach((track) => { track.stop(); track.dispatchEvent(new Event('ended')); })"""
    )
    expect(page.locator("#scanner [data-problem=lost]")).to_be_visible()
    expect(status).to_have_text("")
    start.click()
    expect(page.locator("#scanner [data-problem=lost]")).to_be_hidden()
    expect(status).to_have_text("Point the camera at the code")
    page.wait_for_function("() => document.querySelector('#scanner').stream.active")


def test_without_a_camera_the_other_ways_are_told(page: Page, gallery: str) -> None:
    page.add_init_script("navigator.mediaDevices.getUserMedia = undefined")
    page.goto(f"{gallery}/scan?language=en")
    expect(page.locator("#scanner [data-problem=missing]")).to_be_visible()


def test_a_typed_code_needs_no_camera(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/scan?language=en")
    page.locator("#scanner-code").fill("K7QP 2MXD")
    page.locator("#scanner-code").press("Enter")
    expect(page.locator("body")).to_have_text("K7QP 2MXD")


def test_a_double_click_sends_once(page: Page, gallery: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.goto(f"{gallery}/swap?language=en")
    page.get_by_role("button", name="Continue").dblclick()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert len(sent) == 1


def test_after_a_swap_the_focus_is_on_the_new_heading(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/swap?language=en")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Done")).to_be_focused()
    page.locator("#again").click()
    expect(page.get_by_role("heading", name="Done")).to_be_focused()


@pytest.mark.parametrize(("left", "told"), [(True, 0), (False, 1)])
def test_a_request_cut_off_by_leaving_is_no_fault(
    browser: Browser, gallery: str, left: bool, told: int
) -> None:
    page, faults = browser.new_page(), []
    page.on("console", lambda said: said.type == "error" and faults.append(said.text))
    page.route("**/fragment*", lambda route: route.abort("aborted"))
    page.goto(f"{gallery}/swap?language=en")
    if left:
        page.evaluate("() => dispatchEvent(new Event('beforeunload'))")
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Continue").click()
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    assert len([fault for fault in faults if "htmx" in fault]) == told
    page.close()


def test_an_element_without_the_nonce_stays_inert(browser: Browser, gallery: str) -> None:
    page = browser.new_page()
    posted: list[str] = []
    page.on("request", lambda request: request.method == "POST" and posted.append(request.url))
    page.goto(f"{gallery}/swap?language=en")
    page.evaluate(
        """() => {
          const forged = document.createElement('button');
          forged.id = 'forged';
          forged.setAttribute('hx-post', '/fragment');
          forged.setAttribute('hx-nonce', 'guess');
          document.querySelector('#part').append(forged);
          htmx.process(forged);
        }"""
    )
    page.locator("#forged").click(force=True)
    page.wait_for_timeout(300)
    assert posted == []
    page.close()


def test_an_injected_script_does_not_run(browser: Browser, gallery: str) -> None:
    page = browser.new_page()
    page.goto(f"{gallery}/home?language=en")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.type = 'text/javascript';"
        " try { s.textContent = 'window.ran = 1'; } catch { return; } document.body.append(s); }"
    )
    assert page.evaluate("() => window.ran") is None
    page.close()


def test_a_dialog_gives_the_focus_back(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/desk_form?language=en")
    page.locator("#lock").click()
    expect(page.get_by_role("dialog", name="Lock this card?")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("button", name="Go back")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#lock")).to_be_focused()


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/desk_form?language=en")
    summary = page.get_by_role("alert").filter(has_text="2 things to correct")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Write how the person was recognised.").click()
    expect(page.locator("#reason")).to_be_focused()


def test_a_button_with_a_reason_stays_in_reach_and_does_nothing(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/record?language=en")
    button = page.locator("#issue")
    expect(button).to_have_accessible_description("One check has failed.")
    button.click(force=True)
    assert page.url.endswith("/record?language=en")


def test_the_language_switch_keeps_the_page(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/home?language=en")
    page.locator("details.language summary").click()
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    assert page.url.endswith("/home")


def test_looks_are_kept_and_applied_before_painting(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/settings?language=en")
    page.get_by_label("Dark").check(force=True)
    page.get_by_label("Very large").check(force=True)
    page.goto(f"{gallery}/home?language=en")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-text", "larger")


def test_the_card_clock_shows_seconds_in_korean_time(clocked: Page, gallery: str) -> None:
    clocked.clock.set_fixed_time("2026-11-22T05:02:07Z")
    clocked.goto(f"{gallery}/home?language=en")
    expect(clocked.locator("[data-clock]").first).to_have_text("14:02:07")


def test_consent_counts_what_will_be_shared(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/consent?language=en")
    expect(page.get_by_role("button", name="Share 3 details")).to_be_visible()
    page.get_by_label("Address").check()
    share = page.get_by_role("button", name="Share 4 details")
    refuse = page.get_by_role("button", name="Do not share")
    assert share.bounding_box()["height"] == refuse.bounding_box()["height"]  # type: ignore[index]
    assert share.bounding_box()["width"] == refuse.bounding_box()["width"]  # type: ignore[index]


def test_a_slow_part_says_so_and_offers_to_stop(clocked: Page, gallery: str) -> None:
    clocked.goto(f"{gallery}/waiting?language=en")
    slow = clocked.locator(".loading-slow").first
    expect(slow).to_be_hidden()
    clocked.clock.run_for(5_100)
    expect(slow).to_be_visible()
    expect(clocked.get_by_role("link", name="Stop waiting")).to_be_hidden()
    clocked.clock.run_for(10_000)
    expect(clocked.get_by_role("link", name="Stop waiting")).to_be_visible()


def test_a_page_weighs_less_than_150_kb(page: Page, gallery: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.goto(f"{gallery}/home?language=ko", wait_until="networkidle")
    assert sum(sizes) < 150_000
