"""Visits belong to one officer; delicate acts need two; numbers never tell of a few people."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mrc.authority.desk import DeskReason
from mrc.authority.staff.approvals import LONGEST_REASON, ApprovalPolicy, Approvals, Wish
from mrc.authority.staff.audit import AuditQuery, Source
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    ApprovalState,
    Deed,
    DelicateAct,
    PersonCheck,
    Role,
    StaffAct,
)
from mrc.authority.staff.signing_in import SignedIn
from mrc.authority.staff.statistics import SMALLEST_CELL, safe_rows
from mrc.authority.staff.visits import OpenRecord
from mrc.infra.database.staff_tables import acts, visits
from mrc.infra.stores.staff_reports import DatabaseReports
from mrc.issuer.records import CardState, OfferState
from mrc.kernel.errors import Forbidden
from mrc.registry.people import RegistrantId
from tests.unit.authority.staff.conftest import ENTROPY, Staff

STUDENT, PHONE = RegistrantId("P-STUDENT"), "+821000000001"


async def two(staff: Staff) -> tuple[SignedIn, SignedIn]:
    first = await staff.supervisor(staff.authenticator())
    return first, await staff.colleague(first, Role.OFFICER, staff.authenticator("b"))


async def opened(staff: Staff, who: SignedIn) -> OpenRecord:
    now = staff.world.clock.now()
    visit = await staff.visits.open(STUDENT, who, now=now)
    return await staff.visits.get(visit.id, who, now=now)


async def checked(staff: Staff, who: SignedIn) -> OpenRecord:
    found = await opened(staff, who)
    visit = await staff.visits.check_person(found, PersonCheck.SAME, now=staff.world.clock.now())
    return OpenRecord(visit=visit, person=found.person)


async def issued(staff: Staff, who: SignedIn) -> OpenRecord:
    found, now = await checked(staff, who), staff.world.clock.now()
    visit = await staff.visits.offer(found, who, now=now)
    progress = await staff.visits.progress(visit, now=now)
    assert progress is not None
    assert progress.link is not None
    await staff.world.collect(staff.world.phone(), progress.link, PHONE)
    return await staff.visits.get(visit.id, who, now=now)


async def test_nobody_goes_on_with_the_visit_of_another(staff: Staff) -> None:
    first, second = await two(staff)
    found = await opened(staff, second)
    with pytest.raises(Forbidden) as refused:
        await staff.visits.get(found.visit.id, first, now=staff.world.clock.now())
    assert refused.value.reason is StaffReason.VISIT_UNKNOWN


async def test_a_colleague_sees_that_the_record_is_open(staff: Staff) -> None:
    first, second = await two(staff)
    await opened(staff, second)
    mine = await opened(staff, first)
    others = await staff.visits.others_at_it(mine.visit, now=staff.world.clock.now())
    assert [each.officer for each in others] == [second.member.id]


@pytest.mark.parametrize("check", [None, PersonCheck.UNSURE, PersonCheck.NOT_SAME])
async def test_no_code_without_a_clear_look(staff: Staff, check: PersonCheck | None) -> None:
    first, _ = await two(staff)
    found, now = await opened(staff, first), staff.world.clock.now()
    if check is not None:
        visit = await staff.visits.check_person(found, check, now=now)
        found = OpenRecord(visit=visit, person=found.person)
    with pytest.raises(Forbidden) as refused:
        await staff.visits.offer(found, first, now=now)
    assert refused.value.reason is StaffReason.PERSON_NOT_CHECKED


async def test_no_code_for_a_stranger_s_phone(staff: Staff) -> None:
    first, _ = await two(staff)
    staff.world.carrier.strangers.add(PHONE)
    with pytest.raises(Forbidden) as refused:
        await staff.visits.offer(await checked(staff, first), first, now=staff.world.clock.now())
    assert refused.value.reason is DeskReason.NOT_ELIGIBLE


async def test_the_code_is_sealed_in_the_database(staff: Staff) -> None:
    first, _ = await two(staff)
    now = staff.world.clock.now()
    visit = await staff.visits.offer(await checked(staff, first), first, now=now)
    progress = await staff.visits.progress(visit, now=now)
    assert progress is not None
    assert progress.link is not None
    async with staff.world.database.reading() as tx:
        rows = await tx.fetch_all(sa.select(visits.c.sealed_link))
    assert rows
    assert all(progress.link.encode() not in bytes(row["sealed_link"]) for row in rows)


async def test_a_new_code_ends_the_old_one(staff: Staff) -> None:
    first, _ = await two(staff)
    found, now = await checked(staff, first), staff.world.clock.now()
    old = await staff.visits.offer(found, first, now=now)
    again = OpenRecord(visit=old, person=found.person)
    await staff.visits.offer(again, first, now=now)
    assert old.offer is not None
    assert await staff.world.counter.progress(old.offer, now=now) is OfferState.WITHDRAWN


async def test_a_screen_that_looks_late_overwrites_nothing(staff: Staff) -> None:
    first, _ = await two(staff)
    found, now = await issued(staff, first), staff.world.clock.now()
    stale = found.visit
    assert await staff.visits.progress(stale, now=now)
    locked, _cards = await staff.visits.lock(found, "passport", now=now)
    await staff.visits.progress(stale, now=now)
    kept = await staff.world.staff.find_visit(locked.id)
    assert kept is not None
    assert kept.locked_at == now


async def test_another_person_s_opening_clears_the_counter(staff: Staff) -> None:
    first, _ = await two(staff)
    now = staff.world.clock.now()
    await staff.visits.offer(await checked(staff, first), first, now=now)
    other = await staff.visits.open(RegistrantId("P-ONE-NAME"), first, now=now)
    shown = await staff.visits.at_counter(first.session.id)
    assert shown is not None
    assert shown.id == other.id


async def test_a_loss_locks_at_once(staff: Staff) -> None:
    first, _ = await two(staff)
    found = await issued(staff, first)
    _, moved = await staff.visits.lock(found, "passport", now=staff.world.clock.now())
    assert [card.state for card in moved] == [CardState.LOCKED]


async def test_two_people_unlock(staff: Staff) -> None:
    first, second = await two(staff)
    found, now = await issued(staff, second), staff.world.clock.now()
    await staff.visits.lock(found, "passport", now=now)
    wish = Wish(act=DelicateAct.UNLOCK, registrant=STUDENT, reason="found")
    asked = await staff.approvals.ask(wish, by=second.member, now=now)
    assert asked is not None
    with pytest.raises(Forbidden) as refused:
        await staff.approvals.decide(asked.id, approve=True, remark="", by=second.member, now=now)
    assert refused.value.reason is StaffReason.OWN_REQUEST
    with pytest.raises(Forbidden) as refused:
        await staff.approvals.ask(wish, by=first.member, now=now)
    assert refused.value.reason is StaffReason.ALREADY_ASKED

    done = await staff.approvals.decide(asked.id, approve=True, remark="", by=first.member, now=now)
    assert done.state is ApprovalState.DONE
    assert [card.state for card in await staff.visits.live_cards(found)] == [CardState.ACTIVE]
    with pytest.raises(Forbidden) as refused:
        await staff.approvals.decide(asked.id, approve=False, remark="", by=first.member, now=now)
    assert refused.value.reason is StaffReason.ALREADY_DECIDED


@pytest.mark.parametrize("reason", ["", " \n", "x" * (LONGEST_REASON + 1)])
async def test_no_request_without_a_reason_that_can_be_read(staff: Staff, reason: str) -> None:
    first, _ = await two(staff)
    wish = Wish(act=DelicateAct.CANCEL, registrant=STUDENT, reason=reason)
    with pytest.raises(Forbidden) as refused:
        await staff.approvals.ask(wish, by=first.member, now=staff.world.clock.now())
    assert refused.value.reason is StaffReason.REASON_MISSING


async def test_nobody_carries_out_what_was_not_approved(staff: Staff) -> None:
    first, second = await two(staff)
    found, now = await issued(staff, second), staff.world.clock.now()
    wish = Wish(act=DelicateAct.CANCEL, registrant=STUDENT, reason="departure")
    asked = await staff.approvals.ask(wish, by=second.member, now=now)
    assert asked is not None
    with pytest.raises(Forbidden) as waiting:
        await staff.approvals.carry_out(asked.id, by=second.member, now=now)
    await staff.approvals.decide(asked.id, approve=False, remark="no", by=first.member, now=now)
    with pytest.raises(Forbidden) as refused:
        await staff.approvals.carry_out(asked.id, by=second.member, now=now)
    assert waiting.value.reason is refused.value.reason is StaffReason.ALREADY_DECIDED
    assert [card.state for card in await staff.visits.live_cards(found)] == [CardState.ACTIVE]


async def test_another_office_decides_nothing_here(staff: Staff) -> None:
    first, second = await two(staff)
    found, now = await issued(staff, second), staff.world.clock.now()
    wish = Wish(act=DelicateAct.CANCEL, registrant=STUDENT, reason="departure")
    asked = await staff.approvals.ask(wish, by=second.member, now=now)
    assert asked is not None
    stranger = replace(first.member, id="another", office="PUS")
    for approve in (True, False):
        with pytest.raises(Forbidden) as refused:
            await staff.approvals.decide(asked.id, approve=approve, remark="", by=stranger, now=now)
        assert refused.value.reason is StaffReason.ALREADY_DECIDED
    (waiting,) = await staff.approvals.recent(second.member.office, now=now)
    assert waiting.state is ApprovalState.WAITING
    assert [card.state for card in await staff.visits.live_cards(found)] == [CardState.ACTIVE]


async def test_the_database_itself_refuses_one_s_own_request(staff: Staff) -> None:
    first, _ = await two(staff)
    now = staff.world.clock.now()
    wish = Wish(act=DelicateAct.CANCEL, registrant=STUDENT, reason="gone")
    asked = await staff.approvals.ask(wish, by=first.member, now=now)
    assert asked is not None
    forged = replace(
        asked, state=ApprovalState.APPROVED, decided_by=first.member.id, decided_at=now
    )
    deed = Deed(kind=StaffAct.APPROVAL_GIVEN, actor="x", subject=None, reason="x", at=now)
    assert not await staff.world.staff.decide(forged, deed)


async def test_a_refused_cancel_changes_no_card(staff: Staff) -> None:
    first, second = await two(staff)
    found, now = await issued(staff, second), staff.world.clock.now()
    wish = Wish(act=DelicateAct.CANCEL, registrant=STUDENT, reason="departure")
    asked = await staff.approvals.ask(wish, by=second.member, now=now)
    assert asked is not None
    await staff.approvals.decide(asked.id, approve=False, remark="no", by=first.member, now=now)
    assert [card.state for card in await staff.visits.live_cards(found)] == [CardState.ACTIVE]


async def test_an_approved_act_that_cannot_be_done_says_why(staff: Staff) -> None:
    first, second = await two(staff)
    await issued(staff, second)
    now = staff.world.clock.now()
    wish = Wish(act=DelicateAct.UNLOCK, registrant=STUDENT, reason="found")
    asked = await staff.approvals.ask(wish, by=second.member, now=now)
    assert asked is not None
    done = await staff.approvals.decide(asked.id, approve=True, remark="", by=first.member, now=now)
    assert (done.state, done.remark) == (ApprovalState.FAILED, "card_not_locked")


async def test_an_act_outside_the_policy_is_done_at_once(staff: Staff) -> None:
    first, _ = await two(staff)
    found, now = await issued(staff, first), staff.world.clock.now()
    policy = ApprovalPolicy(needed=frozenset())
    approvals = Approvals(staff.world.staff, staff.world.counter, policy, ENTROPY)
    wish = Wish(act=DelicateAct.CANCEL, registrant=STUDENT, reason="departure")
    assert await approvals.ask(wish, by=first.member, now=now) is None
    assert await staff.visits.live_cards(found) == []


async def test_the_audit_search_joins_register_cards_and_staff(staff: Staff) -> None:
    first, _ = await two(staff)
    await issued(staff, first)
    reports = DatabaseReports(staff.world.database)
    found = await reports.search(AuditQuery(subject=STUDENT, limit=50))
    assert {entry.source for entry in found} == set(Source)
    mine = await reports.search(AuditQuery(actor=first.member.id, subject=STUDENT, limit=50))
    assert {entry.kind for entry in mine} >= {"record_opened", "person_checked", "offer_made"}
    later = staff.world.clock.now() + timedelta(seconds=1)
    assert await reports.search(AuditQuery(since=later, limit=50)) == []


async def test_numbers_count_people(staff: Staff) -> None:
    first, _ = await two(staff)
    await issued(staff, first)
    now = staff.world.clock.now()
    numbers = await DatabaseReports(staff.world.database).numbers(
        since=now - timedelta(days=13), now=now
    )
    assert numbers.by_state == {"active": 1}
    assert numbers.by_type == {"residence": 1}
    assert numbers.offers_by_end == {"accepted": 1}
    assert len(numbers.by_day) == 14


@pytest.mark.parametrize("statement", [sa.update(acts).values(reason="x"), sa.delete(acts)])
async def test_deeds_cannot_be_changed(staff: Staff, statement: sa.Executable) -> None:
    await staff.supervisor(staff.authenticator())
    with pytest.raises(Exception, match="append-only|RaiseError"):
        async with staff.world.database.transaction() as tx:
            await tx.execute(statement)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([100, 50], [100, 50]),
        ([100, 50, 3], [100, 53]),  # one alone could be worked out from the total
        ([100, 3, 2], [100, None, None]),
        ([3, 100, 50], [53, 100]),
        ([0], [None]),
        ([SMALLEST_CELL], [SMALLEST_CELL]),
        ([SMALLEST_CELL - 1], [None]),
    ],
)
def test_no_shown_number_stands_for_few(counts: list[int], shown: list[int | None]) -> None:
    rows = [(str(place), count) for place, count in enumerate(counts)]
    assert [count for _, count in safe_rows(rows)] == shown
