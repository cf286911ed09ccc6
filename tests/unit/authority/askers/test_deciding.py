"""Reports about askers are read, decided once at a time, recorded, and deleted after a set time."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from mrc.authority.askers.deciding import (
    LONGEST_REASON,
    Decision,
    ReportBook,
    ReportOutcome,
    ReportQuery,
)
from mrc.authority.staff.audit import AuditQuery
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import Role, StaffId, StaffMember, StaffState
from mrc.formats.catalogue.ages import seoul_date
from mrc.infra.database.asker_tables import decisions as decision_table
from mrc.infra.database.engine import Database
from mrc.infra.stores.asker_decisions import DatabaseAskerDecisions
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.infra.stores.staff_reports import DatabaseReports
from mrc.kernel.errors import Forbidden
from mrc.protocols.asker_report.messages import AskerReport, Complaint
from tests.simulators.pki import NOW

TODAY = seoul_date(NOW)
ALL = ReportQuery(limit=100)


def member(role: Role = Role.SUPERVISOR, name: str = "one") -> StaffMember:
    return StaffMember(
        id=StaffId(name),
        name=name,
        role=role,
        office="SES",
        state=StaffState.ACTIVE,
        tries=0,
        created_at=NOW,
    )


def report(number: int = 1, *, asker: str = "x509_hash:abc") -> AskerReport:
    return AskerReport(
        id=bytes([number] * 16),
        complaint=Complaint.PRETENDS if number % 2 else Complaint.UNKNOWN,
        asker=asker,
        name="Hanbit Bank (sample)",
        registered=False,
        purpose="Open an account",
        kinds=("birth_date",),
        on=TODAY,
    )


@pytest.fixture
def book(database: Database) -> ReportBook:
    return ReportBook(DatabaseAskerDecisions(database), kept_days=30)


async def put(database: Database, *reports: AskerReport, on: date = TODAY) -> None:
    for each in reports:
        await DatabaseAskerReports(database).add(each, received_on=on)


async def decide(
    book: ReportBook,
    reference: str,
    *,
    outcome: ReportOutcome = ReportOutcome.SPOKEN_TO,
    reason: str = "called them",
    seen: int = 0,
    by: StaffMember | None = None,
    now: datetime = NOW,
) -> None:
    await book.decide(reference, outcome, reason, seen=seen, by=by or member(), now=now)


async def deeds(database: Database, kind: str) -> list[tuple[str, str | None, str]]:
    found = await DatabaseReports(database).search(AuditQuery(limit=100, kind=kind))
    return [(each.actor, each.subject, each.reason) for each in found]


async def test_only_a_supervisor_decides(database: Database, book: ReportBook) -> None:
    await put(database, report())
    for role in (Role.OFFICER, Role.AUDITOR):
        with pytest.raises(Forbidden) as refused:
            await decide(book, report().reference, by=member(role))
        assert refused.value.reason is StaffReason.NOT_A_SUPERVISOR
    assert await deeds(database, "asker_report_decided") == []


@pytest.mark.parametrize("reason", ["", "  \t", "x" * (LONGEST_REASON + 1)])
async def test_a_decision_needs_a_reason(database: Database, book: ReportBook, reason: str) -> None:
    await put(database, report())
    with pytest.raises(Forbidden) as refused:
        await decide(book, report().reference, reason=reason)
    assert refused.value.reason is StaffReason.REASON_MISSING
    assert (await book.get(report().reference))[1] == []


async def test_nobody_decides_about_a_report_that_is_not_there(
    database: Database, book: ReportBook
) -> None:
    with pytest.raises(Forbidden) as refused:
        await decide(book, "AAAAA-AAAAA")
    assert refused.value.reason is StaffReason.REPORT_UNKNOWN
    assert await deeds(database, "asker_report_decided") == []


async def test_of_two_supervisors_at_once_one_decides(database: Database, book: ReportBook) -> None:
    await put(database, report())
    reference = report().reference
    answers = await asyncio.gather(
        decide(book, reference, by=member(name="one")),
        decide(book, reference, by=member(name="two"), outcome=ReportOutcome.NO_FAULT),
        return_exceptions=True,
    )
    (refused,) = [answer for answer in answers if answer is not None]
    assert isinstance(refused, Forbidden)
    assert refused.reason is StaffReason.REPORT_DECIDED
    _, made = await book.get(reference)
    assert len(made) == len(await deeds(database, "asker_report_decided")) == 1


async def test_a_decision_is_not_changed_but_followed_by_another(
    database: Database, book: ReportBook
) -> None:
    await put(database, report())
    reference = report().reference
    await decide(book, reference, outcome=ReportOutcome.SPOKEN_TO)
    await decide(book, reference, outcome=ReportOutcome.PASSED_ON, seen=1, reason="did it again")
    received, made = await book.get(reference)
    assert received.report == report()
    assert [(each.number, each.outcome) for each in made] == [
        (1, ReportOutcome.SPOKEN_TO),
        (2, ReportOutcome.PASSED_ON),
    ]
    assert made[0] == Decision(
        reference=reference,
        number=1,
        outcome=ReportOutcome.SPOKEN_TO,
        reason="called them",
        decided_by=StaffId("one"),
        decided_at=NOW,
    )
    (listed,) = await book.listed(ALL)
    assert listed.outcome is ReportOutcome.PASSED_ON
    assert sorted(await deeds(database, "asker_report_decided")) == [
        ("one", reference, "passed_on: did it again"),
        ("one", reference, "spoken_to: called them"),
    ]


async def test_the_list_is_narrowed(database: Database, book: ReportBook) -> None:
    first, second, third = report(1), report(2), report(3, asker="x509_hash:other")
    await put(database, first, second)
    await put(database, third, on=TODAY - timedelta(days=1))
    await decide(book, second.reference)

    async def found(query: ReportQuery) -> set[str]:
        return {each.received.reference for each in await book.listed(query)}

    assert await found(ALL) == {first.reference, second.reference, third.reference}
    assert await found(ReportQuery(limit=9, decided=True)) == {second.reference}
    assert await found(ReportQuery(limit=9, decided=False)) == {first.reference, third.reference}
    assert await found(ReportQuery(limit=9, asker=third.asker)) == {third.reference}
    assert await found(ReportQuery(limit=9, complaint=Complaint.UNKNOWN)) == {second.reference}
    newest = await book.listed(ReportQuery(limit=2))
    assert third.reference not in {each.received.reference for each in newest}


async def test_what_was_kept_long_enough_is_deleted_and_that_is_recorded(
    database: Database, book: ReportBook
) -> None:
    old, decided, last = report(1), report(2), report(3)
    await put(database, old, decided, on=TODAY - timedelta(days=31))
    await put(database, last, on=TODAY - timedelta(days=30))
    await decide(book, decided.reference)
    await decide(book, last.reference)
    assert await book.purge(now=NOW) == 2
    assert [each.received.reference for each in await book.listed(ALL)] == [last.reference]
    async with database.reading() as tx:
        kept = await tx.fetch_all(sa.select(decision_table.c.reference))
    assert kept == [{"reference": last.reference}]
    before = TODAY - timedelta(days=30)
    assert await deeds(database, "asker_reports_deleted") == [
        ("calendar", None, f"2 received before {before}")
    ]
    assert len(await deeds(database, "asker_report_decided")) == 2


async def test_a_day_without_anything_old_leaves_no_record(
    database: Database, book: ReportBook
) -> None:
    await put(database, report())
    assert await book.purge(now=NOW) == 0
    assert await deeds(database, "asker_reports_deleted") == []


async def test_the_page_s_day_of_deletion_is_the_day_of_deletion(
    database: Database, book: ReportBook
) -> None:
    await put(database, report())
    received, _ = await book.get(report().reference)
    day = timedelta(days=1)
    due = NOW + (book.deleted_on(received) - TODAY)
    assert await book.purge(now=due - day) == 0
    assert await book.purge(now=due) == 1
    with pytest.raises(Forbidden) as refused:
        await book.get(report().reference)
    assert refused.value.reason is StaffReason.REPORT_UNKNOWN
