"""Reporting an asker: anonymous, written down sealed, sent once, and later where nobody answers."""

from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrc.infra.settings import Host
from mrc.protocols.asker_report.messages import AskerReport, Complaint, decode_report
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.reporting import MAX_WAITING, AskedBy
from mrc.web.design.languages import Language
from mrc.web.design.translator import Translator
from mrc.web.wallet_app.reporting import complaint_words
from mrc.web.wallet_app.screens import DOMAINS
from tests.unit.web.wallet_app.conftest import PIN, Holder, Page


class Office:
    """Takes reports, or answers with another status."""

    def __init__(self) -> None:
        self.status = 201
        self.reports: list[AskerReport] = []
        self.headers: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/asker-reports", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        if self.status == 201:
            self.reports.append(decode_report(await request.body()))
        return JSONResponse({"reference": "x"}, self.status)


@pytest.fixture
async def office(carrier: Holder) -> Office:
    made = Office()
    netloc = carrier.world.settings.url_of(Host.LOST).removeprefix("https://")
    carrier.network.apps = {**carrier.network.apps, netloc: made.app}
    return made


async def report_now(holder: Holder, complaint: str = "asked_too_much") -> Page:
    await holder.scan((await holder.world.ask("bank-account")).link)
    return await holder.send("/app/report/now", complaint=complaint)


async def opened(holder: Holder) -> OpenWallet:
    return await holder.mobile_id.unlock(PIN)


async def test_a_report_says_who_asked_and_nothing_of_the_holder(
    carrier: Holder, office: Office
) -> None:
    page = await report_now(carrier)
    assert "The report was sent." in page.words
    (report,) = office.reports
    assert report.reference in page.words
    assert report.name == "Hanbit Bank (sample)"
    assert report.complaint is Complaint.ASKED_TOO_MUCH
    assert any("registration_number" in kind for kind in report.kinds)
    told = repr(report) + repr(office.headers)
    for secret in ("NGUYEN", "900203", "F12345678", "authorization", "dpop", "cookie"):
        assert secret not in told


async def test_two_reports_of_one_phone_have_nothing_in_common(
    carrier: Holder, office: Office
) -> None:
    for complaint in ("asked_too_much", "pretends"):
        await report_now(carrier, complaint)
    one, two = office.reports
    assert one.id != two.id
    first, second = ({**head, "content-length": ""} for head in office.headers)
    assert first == second


async def test_offline_it_waits_sealed_and_goes_out_with_the_next_care(
    carrier: Holder, office: Office
) -> None:
    netloc = carrier.world.settings.url_of(Host.LOST).removeprefix("https://")
    carrier.network.down.add(netloc)
    page = await report_now(carrier)
    assert "The report waits on this phone." in page.words
    (waiting,) = await (await opened(carrier)).reporting.waiting()
    assert waiting.reference in page.words
    stored = carrier.file_bytes()
    assert b"Hanbit" not in stored
    assert b"asked_too_much" not in stored
    carrier.network.down.clear()
    await carrier.send("/app/care")
    assert [report.reference for report in office.reports] == [waiting.reference]
    assert await (await opened(carrier)).reporting.waiting() == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_office_that_is_busy_is_asked_again(
    carrier: Holder, office: Office, status: int
) -> None:
    office.status = status
    assert "The report waits on this phone." in (await report_now(carrier)).words
    office.status = 201
    await carrier.send("/app/care")
    assert len(office.reports) == 1


async def test_a_refused_report_is_not_called_sent(carrier: Holder, office: Office) -> None:
    office.status = 400
    page = await report_now(carrier)
    assert "The office could not read the report." in page.words
    assert await (await opened(carrier)).reporting.waiting() == []


async def test_an_answer_that_is_lost_makes_no_second_report(
    carrier: Holder, office: Office
) -> None:
    carrier.network.lost.add("/asker-reports")
    assert "waits" in (await report_now(carrier)).words
    carrier.network.lost.clear()
    await carrier.send("/app/care")
    assert len({report.id for report in office.reports}) == 1


async def test_from_the_history_too(carrier: Holder, office: Office) -> None:
    page = await carrier.scan((await carrier.world.ask("age-19")).link)
    await carrier.send("/app/share", flow=page.hidden("flow")[0], answer="refuse")
    (entry,) = await (await opened(carrier)).records.history()
    asker = await carrier.open(f"/app/history/{entry.id}")
    assert f'href="/app/report/{entry.id}"' in asker.html
    page = await carrier.send(f"/app/report/{entry.id}", complaint="unknown")
    assert "The report was sent." in page.words
    assert office.reports[0].complaint is Complaint.UNKNOWN


@pytest.mark.parametrize("complaint", ["", "rude"])
async def test_what_is_wrong_must_be_chosen(
    carrier: Holder, office: Office, complaint: str
) -> None:
    page = await report_now(carrier, complaint)
    assert page.status == 422
    assert "Choose what is wrong." in page.words
    assert office.reports == []


async def test_nothing_to_report_leads_to_the_history(carrier: Holder, office: Office) -> None:
    for about in ("now", "nothing"):
        assert (await carrier.open(f"/app/report/{about}")).path == "/app/history"
        await carrier.send(f"/app/report/{about}", complaint="unknown")
    assert office.reports == []


async def test_the_queue_does_not_grow_without_end(carrier: Holder, office: Office) -> None:
    office.status = 503
    wallet = await opened(carrier)
    await report_now(carrier)
    (one,) = await wallet.reporting.waiting()
    about = AskedBy(
        asker=one.asker, name="a\x07b", registered=False, purpose="", kinds=(), on=one.on
    )
    for _ in range(MAX_WAITING + 2):
        await wallet.reporting.file(Complaint.UNKNOWN, about)
    waiting = await wallet.reporting.waiting()
    assert len(waiting) == MAX_WAITING
    assert {replace(report, id=b"").name for report in waiting} >= {"a b"}


def test_every_complaint_has_words() -> None:
    assert set(complaint_words(Translator(Language.EN, domains=DOMAINS))) == set(Complaint)
