"""FD-14: reports about askers on the desk: who sees them, who decides, what is recorded."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mrc.authority.askers.deciding import DecisionStore, ReportBook
from mrc.authority.staff.records import Role
from mrc.formats.catalogue.ages import seoul_date
from mrc.infra.stores.asker_decisions import DatabaseAskerDecisions
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.protocols.asker_report.messages import AskerReport, Complaint
from mrc.wiring.asker_reports import forgetting
from tests.simulators.pki import NOW
from tests.unit.web.front_desk.conftest import OpenDesk

REPORT = AskerReport(
    id=bytes(16),
    complaint=Complaint.ASKED_TOO_MUCH,
    asker="x509_hash:abc",
    name="Hanbit Bank (sample)",
    registered=True,
    purpose="Open an account",
    kinds=("kr.go.moj.residence.1.registration_number", "birthdate", "something.of.their.own"),
    on=seoul_date(NOW),
)
PAGE = f"/asker-reports/{REPORT.reference}"
YES = {"outcome": "spoken_to", "reason": "they ask for less now", "seen": "0"}


class Watched(ReportBook):
    """Says when it has purged in the background."""

    def __init__(self, store: DecisionStore, *, kept_days: int) -> None:
        super().__init__(store, kept_days=kept_days)
        self.purged = asyncio.Event()

    async def purge(self, *, now: datetime) -> int:
        count = await super().purge(now=now)
        if count:
            self.purged.set()
        return count


async def put(desk: OpenDesk, *reports: AskerReport) -> None:
    for each in reports:
        await DatabaseAskerReports(desk.world.database).add(each, received_on=REPORT.on)


async def recorded(desk: OpenDesk, *, to: Role = Role.AUDITOR) -> str:
    """What the audit search shows of decisions about reports."""
    async with desk.member(to) as client:
        found = (await client.post("/audit", data={"kind": "asker_report_decided"})).text
    return found.partition("<tbody>")[2].partition("</tbody>")[0]


async def test_an_officer_sees_no_report_and_an_auditor_decides_none(desk: OpenDesk) -> None:
    await put(desk, REPORT)
    async with desk.member(Role.OFFICER) as client:
        assert (await client.get("/asker-reports")).status_code == 403
        assert (await client.get(PAGE)).status_code == 403
        assert (await client.post(PAGE, data=YES)).status_code == 403
    async with desk.member(Role.AUDITOR) as client:
        shown = await client.get(PAGE)
        assert "A supervisor decides." in shown.text
        assert 'name="outcome"' not in shown.text
        assert (await client.post(PAGE, data=YES)).status_code == 403
    assert await recorded(desk, to=Role.SUPERVISOR) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * 301},
        {"outcome": ""},
        {"outcome": "suspended"},
        {"seen": ""},
        {"seen": "-1"},
        {"seen": "٣"},
        {"seen": "99999"},
    ],
    ids=str,
)
async def test_half_a_decision_is_refused(desk: OpenDesk, wrong: dict[str, str]) -> None:
    await put(desk, REPORT)
    async with desk.member(Role.SUPERVISOR) as client:
        assert (await client.post(PAGE, data=YES | wrong)).status_code == 400
    assert await recorded(desk) == ""


async def test_a_decision_on_an_old_page_is_refused(desk: OpenDesk) -> None:
    """A double click, the back button, or two supervisors."""
    await put(desk, REPORT)
    async with desk.member(Role.SUPERVISOR) as client:
        assert (await client.post(PAGE, data=YES)).headers["location"] == PAGE
        again = await client.post(PAGE, data=YES | {"outcome": "no_fault"})
        ahead = await client.post(PAGE, data=YES | {"seen": "1"})
    assert again.status_code == 409
    assert "Another supervisor decided" in again.text
    assert ahead.headers["location"] == PAGE
    said = await recorded(desk)
    assert "no_fault" not in said
    assert said.count(REPORT.reference) == 2


async def test_a_report_that_is_not_there_is_not_found(desk: OpenDesk) -> None:
    async with desk.member(Role.SUPERVISOR) as client:
        for answer in (await client.get(PAGE), await client.post(PAGE, data=YES)):
            assert answer.status_code == 404
            assert "This report is not here." in answer.text


async def test_what_a_stranger_wrote_is_text(desk: OpenDesk) -> None:
    markup = "<script>alert(1)</script>{{ 7*7 }}"
    hostile = replace(REPORT, asker=markup, name=f'"><b>{markup}', purpose=markup, kinds=(markup,))
    other = replace(hostile, id=b"o" * 16)
    await put(desk, hostile, other)
    async with desk.member(Role.SUPERVISOR) as client:
        listed = (await client.get("/asker-reports")).text
        shown = (await client.get(f"/asker-reports/{hostile.reference}")).text
        narrowed = (await client.get("/asker-reports", params={"asker": markup})).text
    for page in (listed, shown, narrowed):
        assert "<script>alert" not in page
        assert "><b>&lt;" not in page
        assert '"><b><' not in page
        assert "49" not in page.partition("<main")[2].partition("</table>")[0]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in shown
    assert "2 reports" in narrowed


async def test_the_list_is_narrowed_and_says_what_is_open(desk: OpenDesk) -> None:
    false_bank = replace(
        REPORT, id=b"f" * 16, asker="x509_hash:other", name="Hanbit Bamk", registered=False,
        complaint=Complaint.PRETENDS,
    )  # fmt: skip
    await put(desk, REPORT, false_bank)
    async with desk.member(Role.SUPERVISOR) as client:
        await client.post(PAGE, data=YES)
        everything = (await client.get("/asker-reports")).text
        open_ones = (await client.get("/asker-reports?state=open")).text
        decided = (await client.get("/asker-reports?state=decided&complaint=asked_too_much")).text
        none = (await client.get("/asker-reports?state=decided&complaint=pretends")).text
        odd = (await client.get("/asker-reports?state=x&complaint=y")).text
    assert "2 reports" in everything
    assert "Not registered" in everything
    assert (REPORT.reference in open_ones, false_bank.reference in open_ones) == (False, True)
    assert (REPORT.reference in decided, false_bank.reference in decided) == (True, False)
    assert "No report fits" in none
    assert "2 reports" in odd


async def test_a_report_says_what_the_phone_saw_and_what_was_decided(desk: OpenDesk) -> None:
    twin = replace(REPORT, id=b"t" * 16)
    await put(desk, REPORT, twin)
    async with desk.member(Role.SUPERVISOR) as client:
        before = (await client.get(PAGE)).text
        await client.post(PAGE, data=YES)
        after = (await client.get(PAGE)).text
    for words in ("They asked for too much", "Hanbit Bank (sample)", "x509_hash:abc"):
        assert words in before
    for kind in ("Registration number", "Date of birth", "something.of.their.own"):
        assert f'<li class="stranger">{kind}</li>' in before
    assert twin.reference in before
    assert "they ask for less now" not in before
    assert "they ask for less now" in after
    said = await recorded(desk)
    assert "Report about an asker decided" in said
    assert REPORT.reference in said
    assert "spoken_to: they ask for less now" in said


async def test_the_page_says_when_a_report_goes_and_then_it_goes(desk: OpenDesk) -> None:
    await put(desk, REPORT)
    settings = desk.world.settings.model_copy(update={"asker_report_days": 40})
    desk.world.settings = settings
    app = desk.world.app()
    desk.app = app
    async with desk.member(Role.SUPERVISOR) as client:
        assert "40 days after" in (await client.get("/asker-reports")).text
        said = (await client.get(PAGE)).text
    assert "12 July 2026" in said
    book = Watched(DatabaseAskerDecisions(desk.world.database), kept_days=40)
    kept = DatabaseAskerReports(desk.world.database)
    assert await book.purge(now=desk.world.clock.now() + timedelta(days=40)) == 0
    desk.world.clock.forward(timedelta(days=41))
    async with forgetting(book, desk.world.clock), asyncio.timeout(10):
        await book.purged.wait()
    assert await kept.reports(since=None, asker=None) == []
