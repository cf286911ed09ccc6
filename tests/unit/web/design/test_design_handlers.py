"""Static files, headers, same-origin writes, forms, codes and macros: forgeries first."""

import pytest
import segno
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mrc.kernel.errors import Malformed
from mrc.web.design.assets import Assets
from mrc.web.design.forms import MOST_BYTES, read_form
from mrc.web.design.gallery.app import PAGES, make_gallery
from mrc.web.design.headers import ContentPolicy
from mrc.web.design.language_choice import is_own_path
from mrc.web.design.languages import Language
from mrc.web.design.pages import Audience, Pages, make_environment
from mrc.web.design.qr import qr_svg
from mrc.web.design.same_origin import SameOriginWrites


@pytest.fixture(scope="module")
def gallery() -> TestClient:
    return TestClient(make_gallery(), base_url="https://gallery.example")


async def _fields(request: Request) -> Response:
    try:
        form = await read_form(request)
    except Malformed as broken:
        return PlainTextResponse(str(broken), status_code=400)
    return PlainTextResponse("|".join((form.text("a"), *form.all("b"))))


@pytest.fixture(scope="module")
def forms() -> TestClient:
    routes = [
        Route("/", _fields, methods=["POST", "GET"]),
        Route("/open", _fields, methods=["POST"]),
    ]
    guard = Middleware(SameOriginWrites, open_paths=("/open",))
    return TestClient(Starlette(routes=routes, middleware=[guard]), base_url="https://a.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": "https://a.example"},
    ],
)
def test_a_form_sent_from_another_site_is_refused(
    forms: TestClient, headers: dict[str, str]
) -> None:
    assert forms.post("/", data={"a": "1"}, headers=headers).status_code == 403
    assert forms.post("/open", data={"a": "1"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin"}, {"origin": "https://a.example"}, {}]
)
def test_our_own_form_is_served(forms: TestClient, headers: dict[str, str]) -> None:
    answer = forms.post("/", data={"a": " x ", "b": ["1", "2"]}, headers=headers)
    assert answer.text == "x|1|2"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=" + b"x" * MOST_BYTES, "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"a=1&" * 300, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
)
def test_what_is_no_small_form_is_malformed(forms: TestClient, body: bytes, kind: str) -> None:
    assert forms.post("/", content=body, headers={"content-type": kind}).status_code == 400


def test_the_policy_allows_no_inline_script_no_eval_and_no_other_origin() -> None:
    policy = ContentPolicy().header("abc")
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy
    assert "'wasm-unsafe-eval'" not in ContentPolicy(wasm=False).header("abc")


def test_each_response_has_its_own_nonce(gallery: TestClient) -> None:
    first = gallery.get("/home").headers["content-security-policy"]
    assert first != gallery.get("/home").headers["content-security-policy"]


def test_pages_are_not_stored(gallery: TestClient) -> None:
    assert gallery.get("/home").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", [name for names in PAGES.values() for name in names])
def test_pages_carry_no_inline_script_or_style(gallery: TestClient, name: str) -> None:
    html = gallery.get(f"/{name}?language=km").text
    assert " style=" not in html
    assert " onclick=" not in html
    assert "<script>" not in html
    assert "http://" not in html.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("name", [name for names in PAGES.values() for name in names])
def test_markup_of_fall_backs_never_stands_in_an_attribute(gallery: TestClient, name: str) -> None:
    html = gallery.get(f"/{name}?language=my").text
    assert '="<span' not in html


def test_a_static_file_is_immutable_at_its_version_only(gallery: TestClient) -> None:
    assets = Assets()
    address = assets.url("css/base.css")
    answer = gallery.get(address)
    assert answer.headers["cache-control"].endswith("immutable")
    assert (
        gallery.get(address, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    )
    assert gallery.get("/static/old/css/base.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["../pages.py", "%2e%2e/pages.py", "css/nothing.css", "README.md"])
def test_nothing_but_static_files_is_served(gallery: TestClient, name: str) -> None:
    assert gallery.get(f"/static/x/{name}").status_code == 404


def test_an_unknown_static_file_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="no static file"):
        Assets().url("css/nothing.css")


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb"]
)
def test_the_language_switch_never_leads_to_another_site(gallery: TestClient, path: str) -> None:
    assert not is_own_path(path)
    sent = {"language": "vi", "back": path}
    answer = gallery.post("/language", data=sent, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_the_language_switch_remembers_the_choice() -> None:
    client = TestClient(make_gallery(), base_url="https://gallery.example")
    client.post("/language", data={"language": "vi", "back": "/home"})
    assert '<html lang="vi"' in client.get("/home").text


@pytest.mark.parametrize("content", ["openid4vp://?a=1", "K7QP 2MXD", "x" * 700, "응우옌 반 안"])
def test_a_drawn_code_is_level_m_with_a_quiet_zone(content: str) -> None:
    svg = str(qr_svg(content, label="<label>"))
    size = segno.make(content, error="m", boost_error=False, micro=False).symbol_size(border=4)[0]
    assert f'viewBox="0 0 {size} {size}"' in svg
    assert "<label>" not in svg
    assert "M4 4h1v1h-1z" in svg
    assert "M3 " not in svg


def test_a_drawn_code_is_read_back() -> None:
    import zxingcpp
    from PIL import Image, ImageDraw

    content = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.localhost"
    svg = str(qr_svg(content, label="code"))
    size = int(svg.split('viewBox="0 0 ')[1].split()[0])
    picture = Image.new("L", (size * 6, size * 6), 255)
    pen = ImageDraw.Draw(picture)
    for part in svg.split('d="')[2].split("z")[:-1]:
        x, y = (int(n) for n in part[1:].split("h")[0].split())
        pen.rectangle((x * 6, y * 6, x * 6 + 5, y * 6 + 5), fill=0)
    assert [each.text for each in zxingcpp.read_barcodes(picture)] == [content]


def _render(source: str, **values: object) -> str:
    pages = Pages(audience=Audience.HOLDER, package="mrc.web.design.gallery", assets=Assets())
    environment = make_environment("mrc.web.design.gallery")
    prefix = '{% import "ui.html" as ui with context %}'
    context = pages._context(Language.EN, "n0nce", "/") | values
    return environment.from_string(prefix + source).render(context)


def test_an_askers_name_cannot_bring_markup() -> None:
    asker = {
        "name": "<img src=x>",
        "registered": False,
        "sentence": "<b>",
        "logo": "x",
        "list_date": None,
    }
    html = _render(
        '{{ ui.consent(asker, "/x", [{"name": "a", "label": "<i>", "value": "<u>"}]) }}',
        asker=asker,
    )
    for forged in ("<img", "<b>", "<i>", "<u>"):
        assert forged not in html


def test_an_unregistered_asker_gets_a_stop_and_no_badge_or_logo() -> None:
    asker = {"name": "Shop", "registered": False, "sentence": "", "logo": "/logo.png"}
    html = _render('{{ ui.consent(asker, "/x", []) }}', asker=asker)
    assert "notice-stop" in html
    assert "asker-badge" not in html
    assert "/logo.png" not in html


def test_a_suspended_asker_cannot_be_answered_with_data() -> None:
    asker = {"name": "Shop", "registered": "suspended", "sentence": ""}
    html = _render(
        '{{ ui.consent(asker, "/x", [{"name": "a", "label": "b", "value": "c"}]) }}', asker=asker
    )
    assert 'value="share"' not in html
    assert 'value="refuse"' in html


def test_a_masked_value_is_not_in_the_text_of_the_page() -> None:
    html = _render('{{ ui.masked("900101-5123456", "Number", "900101-5••••••") }}')
    assert ">900101-5123456<" not in html


def test_a_card_face_says_nothing_about_validity() -> None:
    card = {
        "kind": "residence", "title": "Residence card", "title_korean": "외국인등록증",
        "passport_name": "A", "korean_name": None, "portrait": None, "lines": [], "state": None,
    }  # fmt: skip
    html = _render("{{ ui.card_face(card) }}", card=card)
    assert "Scan to check" in html
    assert "Valid" not in html
    assert "M5 12.5l4.5 4.5L19 7" not in html  # the tick


def test_an_undefined_name_is_an_error_and_a_missing_member_is_false() -> None:
    from jinja2 import UndefinedError

    assert _render("{{ 'yes' if {}.count else 'no' }}") == "no"
    with pytest.raises(UndefinedError):
        _render("{% if nothing_of_that_name %}{% endif %}")


def test_htmx_attributes_carry_the_nonce() -> None:
    assert 'hx-nonce="n0nce"' in _render('<p {{ ui.hx(get="/x") }}>')


def test_what_exceeds_the_registration_is_off_and_not_counted() -> None:
    asker = {"name": "Shop", "registered": True, "sentence": ""}
    needed = [
        {"name": "age", "label": "Age", "value": "yes"},
        {"name": "number", "label": "Number", "value": "••", "excess": True},
    ]
    html = _render('{{ ui.consent(asker, "/x", needed) }}', asker=asker, needed=needed)
    assert "Share 1 detail" in html
    assert '<input type="checkbox" name="share" value="number" data-counts>' in html
