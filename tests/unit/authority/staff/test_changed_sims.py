"""A number whose SIM was changed lately: no code without two people, and one code for a yes."""

import asyncio
from datetime import timedelta

import pytest

from mrc.authority.desk import DeskReason, IssueOrder
from mrc.authority.ports import SIM_CHANGED_RECENTLY
from mrc.authority.staff.approvals import ApprovalPolicy, Approvals, Wish
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    Approval,
    ApprovalId,
    ApprovalState,
    Deed,
    DelicateAct,
    PersonCheck,
    Role,
    StaffAct,
    Visit,
)
from mrc.authority.staff.signing_in import SignedIn
from mrc.authority.staff.visits import ACCEPTED_FOR, OpenRecord
from mrc.infra.carrier.reasons import LineReason
from mrc.kernel.errors import Forbidden
from mrc.kernel.findings import Outcome
from mrc.registry.acts import ActKind
from mrc.registry.eligibility import PhoneFacts, Reason
from mrc.registry.people import RegistrantId
from mrc.registry.phones import PhoneNumber
from tests.simulators.losses import OFFICER
from tests.unit.authority.staff.conftest import ENTROPY, Staff

STUDENT, PHONE = RegistrantId("P-STUDENT"), PhoneNumber("+821000000001")


@pytest.fixture
async def swapped(staff: Staff) -> Staff:
    staff.world.carrier.new_sims.add(PHONE)
    return staff


async def two(staff: Staff) -> tuple[SignedIn, SignedIn]:
    """A supervisor and an officer."""
    first = await staff.supervisor(staff.authenticator())
    return first, await staff.colleague(first, Role.OFFICER, staff.authenticator("b"))


async def checked(staff: Staff, who: SignedIn, registrant: RegistrantId = STUDENT) -> OpenRecord:
    now = staff.world.clock.now()
    visit = await staff.visits.open(registrant, who, now=now)
    found = await staff.visits.get(visit.id, who, now=now)
    same = await staff.visits.check_person(found, PersonCheck.SAME, now=now)
    return OpenRecord(visit=same, person=found.person)


async def ask(
    staff: Staff, by: SignedIn, *, registrant: RegistrantId = STUDENT, about: str | None = PHONE
) -> Approval:
    wish = Wish(
        act=DelicateAct.SIM_CHANGE,
        registrant=registrant,
        reason="old phone broke; contract shown",
        about=about,
    )
    asked = await staff.approvals.ask(wish, by=by.member, now=staff.world.clock.now())
    assert asked is not None
    return asked


async def decide(staff: Staff, asked: Approval, by: SignedIn, *, approve: bool = True) -> Approval:
    now = staff.world.clock.now()
    return await staff.approvals.decide(asked.id, approve=approve, remark="", by=by.member, now=now)


async def refused(staff: Staff, record: OpenRecord, who: SignedIn) -> Forbidden:
    with pytest.raises(Forbidden) as caught:
        await staff.visits.offer(record, who, now=staff.world.clock.now())
    assert caught.value.reason is DeskReason.NOT_ELIGIBLE
    assert caught.value.detail == Reason.SIM_CHANGED_RECENTLY.value
    return caught.value


async def offer(staff: Staff, record: OpenRecord, who: SignedIn) -> Visit:
    return await staff.visits.offer(record, who, now=staff.world.clock.now())


async def test_no_code_where_the_carrier_reports_a_new_sim(swapped: Staff) -> None:
    _, officer = await two(swapped)
    record = await checked(swapped, officer)
    await refused(swapped, record, officer)
    assessment = await swapped.visits.assess(record, officer, now=swapped.world.clock.now())
    assert assessment.sim_changed
    assert assessment.decision.reasons == (Reason.SIM_CHANGED_RECENTLY,)


async def test_an_officer_alone_gets_none(swapped: Staff) -> None:
    """Neither by asking, nor by deciding the own request."""
    _, officer = await two(swapped)
    record = await checked(swapped, officer)
    asked = await ask(swapped, officer)
    assert await swapped.visits.sim_change_waits(record, officer, now=swapped.world.clock.now())
    await refused(swapped, record, officer)
    with pytest.raises(Forbidden) as caught:
        await decide(swapped, asked, officer)
    assert caught.value.reason is StaffReason.OWN_REQUEST
    await refused(swapped, record, officer)


async def test_a_supervisor_alone_gets_none_either(swapped: Staff) -> None:
    supervisor, _ = await two(swapped)
    record = await checked(swapped, supervisor)
    asked = await ask(swapped, supervisor)
    with pytest.raises(Forbidden) as caught:
        await decide(swapped, asked, supervisor)
    assert caught.value.reason is StaffReason.OWN_REQUEST
    await refused(swapped, record, supervisor)


async def test_no_policy_leaves_it_to_one_person(swapped: Staff) -> None:
    _, officer = await two(swapped)
    world = swapped.world
    lax = ApprovalPolicy(needed=frozenset())
    approvals = Approvals(world.staff, world.counter, lax, ENTROPY)
    wish = Wish(act=DelicateAct.SIM_CHANGE, registrant=STUDENT, reason="hurry", about=PHONE)
    asked = await approvals.ask(wish, by=officer.member, now=world.clock.now())
    assert asked is not None
    assert asked.state is ApprovalState.WAITING
    await refused(swapped, await checked(swapped, officer), officer)


async def test_a_request_without_a_reason_is_none(swapped: Staff) -> None:
    _, officer = await two(swapped)
    wish = Wish(act=DelicateAct.SIM_CHANGE, registrant=STUDENT, reason="  ", about=PHONE)
    with pytest.raises(Forbidden) as caught:
        await swapped.approvals.ask(wish, by=officer.member, now=swapped.world.clock.now())
    assert caught.value.reason is StaffReason.REASON_MISSING


async def test_a_no_is_none(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor, approve=False)
    await refused(swapped, await checked(swapped, officer), officer)


async def test_a_yes_serves_one_code(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor)
    record = await checked(swapped, officer)
    visit = await offer(swapped, record, officer)
    assert visit.offer is not None
    await refused(swapped, OpenRecord(visit=visit, person=record.person), officer)
    await refused(swapped, await checked(swapped, officer), officer)


async def test_two_desks_at_once_get_one_code_of_one_yes(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor)
    record = await checked(swapped, officer)
    answers = await asyncio.gather(
        *[offer(swapped, record, officer) for _ in range(4)], return_exceptions=True
    )
    assert sum(isinstance(answer, Visit) for answer in answers) == 1
    failures = [answer for answer in answers if isinstance(answer, BaseException)]
    assert {getattr(one, "reason", one) for one in failures} == {DeskReason.NOT_ELIGIBLE}


async def test_a_yes_ends_after_its_time(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor)
    record = await checked(swapped, officer)
    swapped.world.clock.forward(ACCEPTED_FOR)
    await refused(swapped, record, officer)


async def test_the_time_begins_with_the_yes_and_not_with_the_request(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    asked = await ask(swapped, officer)
    swapped.world.clock.forward(timedelta(hours=3))
    await decide(swapped, asked, supervisor)
    swapped.world.clock.forward(ACCEPTED_FOR - timedelta(seconds=1))
    assert (await offer(swapped, await checked(swapped, officer), officer)).offer is not None


async def test_a_yes_to_another_person_serves_nothing(swapped: Staff) -> None:
    """Also where both have the same number, as couples do."""
    supervisor, officer = await two(swapped)
    await decide(
        swapped, await ask(swapped, officer, registrant=RegistrantId("P-LONG-NAME")), supervisor
    )
    await refused(swapped, await checked(swapped, officer), officer)


@pytest.mark.parametrize("about", ["+821000000002", None])
async def test_a_yes_to_another_number_serves_nothing(swapped: Staff, about: str | None) -> None:
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer, about=about), supervisor)
    await refused(swapped, await checked(swapped, officer), officer)


async def test_a_yes_to_another_act_serves_nothing(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    wish = Wish(act=DelicateAct.FURTHER_CARD, registrant=STUDENT, reason="lost", about=PHONE)
    asked = await swapped.approvals.ask(wish, by=officer.member, now=swapped.world.clock.now())
    assert asked is not None
    await decide(swapped, asked, supervisor)
    await refused(swapped, await checked(swapped, officer), officer)


async def test_a_colleague_does_not_use_anothers_yes(swapped: Staff) -> None:
    """Not even the supervisor who gave it: asker and giver stay two people."""
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor)
    await refused(swapped, await checked(swapped, supervisor), supervisor)
    assert (await offer(swapped, await checked(swapped, officer), officer)).offer is not None


@pytest.mark.parametrize("trouble", ["stranger", "silent"])
async def test_a_yes_covers_the_sim_and_nothing_else(swapped: Staff, trouble: str) -> None:
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor)
    record = await checked(swapped, officer)
    if trouble == "stranger":
        swapped.world.carrier.strangers.add(PHONE)
    else:
        swapped.world.carrier.silent = True
    with pytest.raises(Forbidden) as caught:
        await offer(swapped, record, officer)
    expected = Reason.PHONE_OF_ANOTHER if trouble == "stranger" else Reason.PHONE_OWNER_UNKNOWN
    assert caught.value.detail == expected.value
    swapped.world.carrier.strangers.discard(PHONE)
    swapped.world.carrier.silent = False
    assert (await offer(swapped, record, officer)).offer is not None, "the yes was not spent"


async def test_a_yes_is_not_spent_where_the_sim_is_no_longer_new(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor)
    record = await checked(swapped, officer)
    swapped.world.carrier.new_sims.clear()
    await offer(swapped, record, officer)
    swapped.world.carrier.new_sims.add(PHONE)
    assert (await offer(swapped, record, officer)).offer is not None


async def test_nothing_but_a_given_yes_can_be_spent(swapped: Staff) -> None:
    _, officer = await two(swapped)
    asked, now = await ask(swapped, officer), swapped.world.clock.now()
    deed = Deed(
        kind=StaffAct.SIM_CHANGE_PASSED, actor="x", subject=STUDENT, reason="forged", at=now
    )
    assert not await swapped.world.staff.spend(asked.id, deed, at=now)
    assert not await swapped.world.staff.spend(ApprovalId("unknown"), deed, at=now)


async def test_the_record_says_who_accepted_what_and_why(swapped: Staff) -> None:
    supervisor, officer = await two(swapped)
    asked = await decide(swapped, await ask(swapped, officer), supervisor)
    await offer(swapped, await checked(swapped, officer), officer)
    last = (await swapped.world.registry.acts_of(STUDENT))[-1].act
    assert last.kind is ActKind.ELIGIBILITY_DECIDED
    assert last.actor == officer.member.id
    assert last.reason == f"counter_qr: eligible; changed SIM accepted by approval {asked.id}"
    kept = await swapped.world.staff.find_approval(asked.id)
    assert kept is not None
    assert kept.spent_at == swapped.world.clock.now()
    assert (kept.asked_by, kept.decided_by) == (officer.member.id, supervisor.member.id)
    assert kept.reason == "old phone broke; contract shown"


async def test_the_desk_without_visits_knows_no_override(swapped: Staff) -> None:
    """The management API's way: the operator's token is one person."""
    supervisor, officer = await two(swapped)
    await decide(swapped, await ask(swapped, officer), supervisor)
    with pytest.raises(Forbidden) as caught:
        await swapped.world.desk.offer(
            IssueOrder(registrant=STUDENT, officer=OFFICER), now=swapped.world.clock.now()
        )
    assert caught.value.detail == Reason.SIM_CHANGED_RECENTLY.value


def test_the_carriers_word_has_one_name() -> None:
    assert LineReason.SIM_CHANGED_RECENTLY.value == SIM_CHANGED_RECENTLY
    assert Reason.SIM_CHANGED_RECENTLY.value == SIM_CHANGED_RECENTLY


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED])
def test_facts_that_contradict_themselves_are_refused(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match="undetermined"):
        PhoneFacts(in_own_name=outcome, other_active=False, sim_changed=True)
