"""The door for reports about askers: stored once, counted, anonymous, read by an auditor."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from starlette.applications import Starlette

from mrc.authority.askers.reports import PER_ADDRESS, ReportDesk
from mrc.authority.loss.codes import CodeKey, TryCounter, TryLimits
from mrc.cli.audit import audit
from mrc.formats.catalogue.ages import seoul_date
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.keys.software import Pbkdf2
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.infra.stores.loss import DatabaseLosses
from mrc.protocols.asker_report.messages import AskerReport, Complaint, encode_report
from mrc.web.lost.asker_reports import asker_reports_route

REPORT = AskerReport(
    id=bytes(16),
    complaint=Complaint.ASKED_TOO_MUCH,
    asker="x509_hash:abc",
    name="Hanbit Bank (sample)",
    registered=True,
    purpose="Open an account",
    kinds=("kr.go.moj.residence.1.registration_number",),
    on=seoul_date(SystemClock().now()),
)
JSON = {"content-type": "application/json"}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/authority/authority.sqlite3"
    upgrade(url, "askers", "loss")
    async with open_database(url) as opened:
        yield opened


@pytest.fixture
async def phone(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    tries = TryCounter(DatabaseLosses(database), CodeKey(b"k" * 32, Pbkdf2()), TryLimits())
    desk = ReportDesk(DatabaseAskerReports(database), tries)
    app = Starlette(routes=[asker_reports_route(desk, SystemClock())])
    transport = httpx2.ASGITransport(app=app, client=("192.0.2.7", 1))
    async with httpx2.AsyncClient(transport=transport, base_url="https://lost.example") as client:
        yield client


async def sent(phone: httpx2.AsyncClient, report: AskerReport = REPORT) -> httpx2.Response:
    return await phone.post("/asker-reports", content=encode_report(report), headers=JSON)


async def test_a_report_is_stored_and_gets_its_reference(
    phone: httpx2.AsyncClient, database: Database
) -> None:
    answer = await sent(phone)
    assert answer.status_code == 201
    assert answer.json() == {"reference": REPORT.reference}
    (kept,) = await DatabaseAskerReports(database).reports(since=None, asker=None)
    assert kept.report == REPORT


async def test_a_report_sent_twice_is_one_report(
    phone: httpx2.AsyncClient, database: Database
) -> None:
    for _ in range(2):
        assert (await sent(phone)).json() == {"reference": REPORT.reference}
    changed = replace(REPORT, complaint=Complaint.PRETENDS)
    assert (await sent(phone, changed)).status_code == 201
    (kept,) = await DatabaseAskerReports(database).reports(since=None, asker=None)
    assert kept.report.complaint is Complaint.ASKED_TOO_MUCH


async def test_a_flood_from_one_address_is_stopped(
    phone: httpx2.AsyncClient, database: Database
) -> None:
    codes = [
        (await sent(phone, replace(REPORT, id=bytes([n] * 16)))).status_code
        for n in range(PER_ADDRESS + 3)
    ]
    assert codes == [201] * PER_ADDRESS + [429] * 3
    kept = await DatabaseAskerReports(database).reports(since=None, asker=None)
    assert len(kept) == PER_ADDRESS


@pytest.mark.parametrize("days", [-400, 2])
async def test_a_day_that_cannot_be_is_refused(phone: httpx2.AsyncClient, days: int) -> None:
    other = replace(REPORT, on=REPORT.on + timedelta(days=days))
    assert (await sent(phone, other)).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"x" * 20_000])
async def test_what_is_no_report_is_refused(phone: httpx2.AsyncClient, body: bytes) -> None:
    answer = await phone.post("/asker-reports", content=body, headers=JSON)
    assert answer.status_code == 400


async def test_a_wallet_in_a_browser_may_post(phone: httpx2.AsyncClient) -> None:
    asked = {
        "origin": "https://phone.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    answer = await phone.request("OPTIONS", "/asker-reports", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_nothing_of_the_sender_is_in_the_database(
    phone: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await sent(phone)
    files = [path.read_bytes() for path in (tmp_path / "authority").iterdir()]
    assert any(b"Hanbit" in data for data in files)
    assert not any(b"192.0.2.7" in data for data in files)


@contextmanager
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("MRC_HOME", str(tmp_path))
    yield CliRunner()


def test_an_auditor_reads_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mrc.infra.settings import Settings

    async def put() -> None:
        async with open_database(url) as opened:
            store = DatabaseAskerReports(opened)
            for n, asker in enumerate(("x509_hash:abc", "x509_hash:other")):
                report = replace(REPORT, id=bytes([n] * 16), asker=asker)
                await store.add(report, received_on=REPORT.on)

    with installation(tmp_path, monkeypatch) as runner:
        url = Settings().database_of("authority")
        upgrade(url, "askers")
        asyncio.run(put())
        told = runner.invoke(audit, ["asker-reports"])
        assert "2 reports" in told.output
        assert REPORT.reference in told.output
        found = runner.invoke(audit, ["asker-reports", "--asker", "x509_hash:other", "--json"])
        (one,) = json.loads(found.output)
        assert one["complaint"] == "asked_too_much"
        later = str(REPORT.on + timedelta(days=1))
        none = runner.invoke(audit, ["asker-reports", "--since", later, "--json"])
        assert json.loads(none.output) == []
