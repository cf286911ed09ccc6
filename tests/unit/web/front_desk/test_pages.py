"""What the pages say and keep to themselves."""

import importlib.util
import logging
from datetime import date, timedelta
from importlib import resources

import pytest

from mrc.authority.staff.records import Role
from mrc.registry.people import RegistrantId
from mrc.web.design.assets import Assets
from mrc.web.design.languages import Language
from mrc.web.design.missing import missing_texts
from mrc.web.design.pages import Audience, Pages
from mrc.web.front_desk.app import PACKAGE
from mrc.web.front_desk.audit import _inert
from mrc.web.front_desk.customer import CardPad
from mrc.web.front_desk.search import split_birth_date
from tests.unit.web.front_desk.conftest import OpenDesk

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("typed", "words", "born"),
    [
        ("kim 1990-01-31", "kim", date(1990, 1, 31)),
        ("19900131", "", date(1990, 1, 31)),
        ("900131 kim", "kim", date(1990, 1, 31)),
        ("120131", "", date(2012, 1, 31)),
        ("kim 991331", "kim 991331", None),
        ("900101-5123456", "900101-5123456", None),
    ],
)
def test_a_birth_date_is_told_from_a_name(typed: str, words: str, born: date | None) -> None:
    assert split_birth_date(typed, today=TODAY) == (words, born)


async def test_a_birth_date_narrows_a_name(desk: OpenDesk) -> None:
    person = await desk.world.registry.find(RegistrantId("P-OVERSEAS-KOREAN"))
    assert person is not None
    async with desk.member(Role.OFFICER) as client:
        everybody = await client.post("/search", data={"text": "kim"})
        one = await client.post("/search", data={"text": f"kim {person.birth_date}"})
    assert (everybody.text.count("found-row"), one.text.count("found-row")) == (2, 1)


async def test_one_letter_finds_nobody(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client:
        assert "found-row" not in (await client.post("/search", data={"text": "k"})).text


async def test_the_whole_number_is_shown_only_after_an_act(desk: OpenDesk) -> None:
    person = await desk.world.registry.find(RegistrantId("P-STUDENT"))
    assert person is not None
    tail = person.number.digits[7:]
    async with desk.member(Role.OFFICER) as client:
        path = await desk.visit(client)
        assert tail not in (await client.get(path)).text
        assert tail in (await client.post(f"{path}/number")).text
        assert tail not in (await client.get(f"{path}/number")).text
        assert "Registration number shown" in (await client.get(path)).text


async def test_a_visit_is_its_officer_s_alone(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as one, desk.member(Role.SUPERVISOR) as other:
        path = await desk.visit(one)
        for part in ("", "/portrait", "/eligibility", "/issue", "/receipt"):
            assert (await other.get(path + part)).status_code == 404


async def test_no_address_and_no_log_names_the_person(
    desk: OpenDesk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    addresses: list[str] = []
    async with desk.member(Role.SUPERVISOR) as client:
        client.event_hooks["request"].append(_keep(addresses))
        caplog.clear()
        path = await desk.visit(client)
        await client.post("/search", data={"text": "NGUYEN"})
        await client.get(path)
        await client.post(f"{path}/person", data={"check": "same"})
        await client.post(f"{path}/loss", data={"recognised": "passport"})
        await client.post("/audit", data={"number": "020221-8140891"})
    said = "".join(addresses) + caplog.text + "".join(capfd.readouterr())
    person = await desk.world.registry.find(RegistrantId("P-STUDENT"))
    assert person is not None
    for secret in ("NGUY", "P-STUDENT", person.number.digits, "0000-0001", "821000000001"):
        assert secret not in said


def _keep(addresses: list[str]):  # type: ignore[no-untyped-def]
    async def keep(request) -> None:  # type: ignore[no-untyped-def]
        addresses.append(str(request.url))

    return keep


async def test_exporting_needs_a_reason(desk: OpenDesk) -> None:
    async with desk.member(Role.SUPERVISOR) as client:
        refused = await client.post("/audit/export", data={})
        given = await client.post("/audit/export", data={"reason": "complaint 12"})
        again = await client.post("/audit", data={"kind": "audit_exported"})
    assert refused.status_code == 400
    assert given.headers["content-type"].startswith("text/csv")
    assert "complaint 12" in again.text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_of_an_export_is_a_formula(cell: str) -> None:
    assert _inert(cell) == f"'{cell}"


async def test_eligibility_says_why_and_what_to_do(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client:
        path = await desk.visit(client, "P-OTHERS-PHONE")
        said = (await client.get(f"{path}/eligibility")).text
        offered = await client.post(f"{path}/person", data={"check": "same"})
    assert "another person&#39;s name" in said
    assert "changes the contract" in said
    assert offered.status_code == 409


async def test_a_silent_carrier_is_not_a_no(desk: OpenDesk) -> None:
    desk.world.carrier.silent = True
    async with desk.member(Role.OFFICER) as client:
        path = await desk.visit(client)
        said = (await client.get(f"{path}/eligibility")).text
    assert "Not checked" in said
    assert "The carrier did not answer." in said


async def test_an_idle_officer_is_signed_out(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client:
        desk.world.clock.forward(timedelta(minutes=15))
        assert (await client.get("/search")).headers["location"] == "/sign-in"


async def test_the_customer_screen_shows_nothing_personal(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client, desk.stranger() as screen:
        made = (await client.post("/screen")).text
        link = made.partition(f'value="{desk.origin}')[2].partition('"')[0]
        assert (await screen.get(link)).status_code == 200
        assert (await screen.get("/customer")).status_code == 404
        await screen.post(link)
        path = await desk.visit(client)
        await client.post(f"{path}/person", data={"check": "same"})
        shown = await screen.get("/customer")
        assert "qr-image" in shown.text
        assert not {"NGUY", "응우옌", "P-STUDENT", "2002-02-21"} & set(shown.text.split())
        assert "NGUY" not in shown.text
        assert (await screen.get("/search")).headers["location"] == "/sign-in"
        assert (await screen.post(link)).status_code == 404
        await client.post("/sign-out")
        assert (await screen.get("/customer")).status_code == 404


async def test_a_receipt_speaks_every_holder_s_language(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client:
        path = await desk.visit(client)
        for language in Language:
            shown = (await client.get(f"{path}/receipt?language={language.value}")).text
            sheet = shown.partition('<article class="receipt"')[2].partition("</article>")[0]
            assert sheet.startswith(f' lang="{language.value}"')
            assert "NGUYỄN THỊ ÁNH" in sheet
            assert "untranslated" not in sheet


async def test_a_receipt_is_a_pdf_or_the_page_says_that_it_is_not(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client:
        path = await desk.visit(client)
        shown = (await client.get(f"{path}/receipt")).text
        made = await client.get(f"{path}/receipt.pdf?language=my")
    if importlib.util.find_spec("weasyprint") is None:
        assert made.status_code == 404
        assert "PDF files are not set up here." in shown
    else:
        assert made.content.startswith(b"%PDF-")


def test_no_text_of_the_officers_is_missing_in_korean() -> None:
    domains = ("common", "customer", "officer")
    assert missing_texts(PACKAGE, language=Language.KO, domains=domains) == ()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("state", ["greeting", "offered", "fetched", "accepted", "failed"])
def test_the_customer_screen_speaks_every_language(language: Language, state: str) -> None:
    pages = _customer_pages()
    shown = pages.render(
        "customer.html",
        language=language,
        chosen=True,
        key="x",
        state=state,
        card=None,
        link="openid-credential-offer://?x",
        step=1,
        failed=state == "failed",
        seconds=100,
        greetings=[(each, pages.translator(each)("Welcome")) for each in Language],
    )
    assert "untranslated" not in shown


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "card",
    [
        CardPad(state="choose", key="1", slip="easy"),
        CardPad(state="choose", key="2", slip="different"),
        CardPad(state="repeat", key="3"),
        CardPad(state="enter", key="4", tries_left=3),
        CardPad(state="puk", key="5", puk="01234 56789"),
        CardPad(state="work", key="6"),
        CardPad(state="done", key="7"),
    ],
    ids=lambda card: f"{card.state}{card.slip or ''}",
)
def test_the_holders_pad_speaks_every_language(language: Language, card: CardPad) -> None:
    pages = _customer_pages()
    shown = pages.render(
        "customer.html", language=language, chosen=True, key="x", state="greeting", card=card,
        link=None, step=0, failed=False, seconds=0, greetings=[],
    )  # fmt: skip
    assert "untranslated" not in shown


def _customer_pages() -> Pages:
    return Pages(
        audience=Audience.OFFICER,
        package=PACKAGE,
        assets=Assets(desk=PACKAGE),
        languages=tuple(Language),
        domains=("common", "customer"),
    )


def test_pages_load_nothing_from_elsewhere() -> None:
    for entry in resources.files(PACKAGE).joinpath("templates").iterdir():
        text = entry.read_text(encoding="utf-8")
        assert "http://" not in text
        assert "https://" not in text
        assert "onclick=" not in text
        assert 'style="' not in text
