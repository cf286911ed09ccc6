"""Passkeys and sessions: every way to cheat, then the way in."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import MOST_TRIES, Role, StaffState
from mrc.kernel.errors import Forbidden, Malformed, MrcError, Rejected
from tests.simulators.authenticator import Authenticator
from tests.unit.authority.staff.conftest import Staff


def other_origin(key: Authenticator) -> None:
    key.origin = "https://desk.localhost.evil.example"


def other_site(key: Authenticator) -> None:
    key.rp_id = "evil.example"


def not_verified(key: Authenticator) -> None:
    key.user_verified = False


def other_key(key: Authenticator) -> None:
    key.key = Authenticator(origin="", rp_id="").key


def cloned(key: Authenticator) -> None:
    key.count -= 1
    key.counts = False


CHEATS = [other_origin, other_site, not_verified, other_key, cloned]


@pytest.mark.parametrize("cheat", CHEATS)
async def test_a_forged_sign_in_is_refused_and_counted(
    staff: Staff, cheat: Callable[[Authenticator], None]
) -> None:
    key = staff.authenticator()
    who = await staff.supervisor(key)
    cheat(key)
    with pytest.raises(Rejected) as refused:
        await staff.sign_in(key)
    assert refused.value.reason is StaffReason.PASSKEY_REFUSED
    member = await staff.world.staff.find_member(who.member.id)
    assert member is not None
    assert member.tries == 1


@pytest.mark.parametrize("cheat", [other_origin, other_site, not_verified])
async def test_a_forged_enrolment_is_refused_and_the_link_stays(
    staff: Staff, cheat: Callable[[Authenticator], None]
) -> None:
    made = await staff.world.administration.bootstrap("김", "SES", now=staff.world.clock.now())
    key = staff.authenticator()
    cheat(key)
    with pytest.raises(Rejected):
        await staff.enrol(made.link, key)
    assert await staff.enrol(made.link, staff.authenticator())


async def test_an_answer_serves_once(staff: Staff) -> None:
    key, now = staff.authenticator(), staff.world.clock.now()
    await staff.supervisor(key)
    answer = key.sign_in(await staff.signing_in.begin_sign_in(now=now))
    await staff.signing_in.finish_sign_in(answer, now=now)
    with pytest.raises(Forbidden) as refused:
        await staff.signing_in.finish_sign_in(answer, now=now)
    assert refused.value.reason is StaffReason.CHALLENGE_UNKNOWN


async def test_an_answer_to_an_old_or_foreign_challenge_is_refused(staff: Staff) -> None:
    key, now = staff.authenticator(), staff.world.clock.now()
    await staff.supervisor(key)
    old = key.sign_in(await staff.signing_in.begin_sign_in(now=now))
    foreign = key.sign_in('{"challenge": "AAAA"}')
    for answer, at in ((old, now + timedelta(minutes=3)), (foreign, now)):
        with pytest.raises(Forbidden):
            await staff.signing_in.finish_sign_in(answer, now=at)


async def test_a_challenge_of_enrolment_signs_nobody_in(staff: Staff) -> None:
    key, now = staff.authenticator(), staff.world.clock.now()
    first = await staff.supervisor(key)
    made = await staff.world.administration.invite("b", Role.OFFICER, by=first.member, now=now)
    options = await staff.signing_in.begin_enrolment(made.link, now=now)
    with pytest.raises(Forbidden):
        await staff.signing_in.finish_sign_in(key.sign_in(options), now=now)


@pytest.mark.parametrize("answer", [{}, {"rawId": 1}, {"rawId": "AA", "response": {}}])
async def test_nonsense_is_malformed(staff: Staff, answer: dict[str, object]) -> None:
    with pytest.raises((Malformed, Forbidden)):
        await staff.signing_in.finish_sign_in(answer, now=staff.world.clock.now())


async def test_five_failures_lock_and_another_supervisor_unlocks(staff: Staff) -> None:
    key = staff.authenticator()
    first = await staff.supervisor(key)
    second_key = staff.authenticator("b")
    second = await staff.colleague(first, Role.OFFICER, second_key)
    good, second_key.key = second_key.key, Authenticator(origin="", rp_id="").key
    for _ in range(MOST_TRIES):
        with pytest.raises(Rejected):
            await staff.sign_in(second_key)
    second_key.key = good
    with pytest.raises(Forbidden) as refused:
        await staff.sign_in(second_key)
    assert refused.value.reason is StaffReason.LOCKED

    administration, now = staff.world.administration, staff.world.clock.now()
    with pytest.raises(Forbidden):
        await administration.release(first.member.id, by=first.member, now=now)
    await administration.release(second.member.id, by=first.member, now=now)
    assert (await staff.sign_in(second_key)).signed_in.member.id == second.member.id


async def test_a_good_sign_in_forgets_the_tries(staff: Staff) -> None:
    key = staff.authenticator()
    who = await staff.supervisor(key)
    good, key.key = key.key, Authenticator(origin="", rp_id="").key
    with pytest.raises(Rejected):
        await staff.sign_in(key)
    key.key = good
    await staff.sign_in(key)
    member = await staff.world.staff.find_member(who.member.id)
    assert member is not None
    assert member.tries == 0


async def test_a_link_works_once_and_for_a_day(staff: Staff) -> None:
    made = await staff.world.administration.bootstrap("김", "SES", now=staff.world.clock.now())
    with pytest.raises(Forbidden):
        await staff.signing_in.enrolment_of(made.link, now=made.expires_at)
    await staff.enrol(made.link, staff.authenticator())
    with pytest.raises(Forbidden):
        await staff.enrol(made.link, staff.authenticator("b"))


async def test_one_passkey_belongs_to_one_member(staff: Staff) -> None:
    key = staff.authenticator()
    first = await staff.supervisor(key)
    with pytest.raises(Forbidden) as refused:
        await staff.colleague(first, Role.OFFICER, key)
    assert refused.value.reason is StaffReason.PASSKEY_KNOWN


async def test_there_is_one_first_supervisor(staff: Staff) -> None:
    await staff.supervisor(staff.authenticator())
    with pytest.raises(Forbidden) as refused:
        await staff.world.administration.bootstrap("b", "SES", now=staff.world.clock.now())
    assert refused.value.reason is StaffReason.SUPERVISOR_EXISTS


async def test_each_office_has_a_first_supervisor_and_minds_its_own(staff: Staff) -> None:
    administration, now = staff.world.administration, staff.world.clock.now()
    first = await staff.supervisor(staff.authenticator())
    made = await administration.bootstrap("b", "BUS", now=now)
    assert made.member.office == "BUS"
    with pytest.raises(Forbidden) as refused:
        await administration.suspend(made.member.id, by=first.member, now=now)
    assert refused.value.reason is StaffReason.UNKNOWN_MEMBER
    assert [each.office for each in await administration.members("BUS")] == ["BUS"]


async def test_suspension_ends_the_session_and_the_passkey(staff: Staff) -> None:
    now, key = staff.world.clock.now(), staff.authenticator("b")
    first = await staff.supervisor(staff.authenticator())
    second = await staff.colleague(first, Role.OFFICER, key)
    cookie = (await staff.sign_in(key)).cookie
    await staff.world.administration.suspend(second.member.id, by=first.member, now=now)
    assert await staff.signing_in.find(cookie, now=now) is None
    with pytest.raises(MrcError):
        await staff.sign_in(key)


async def test_the_last_supervisor_stays(staff: Staff) -> None:
    now = staff.world.clock.now()
    first = await staff.supervisor(staff.authenticator())
    other = await staff.colleague(first, Role.OFFICER, staff.authenticator("b"))
    with pytest.raises(Forbidden) as refused:
        await staff.world.administration.suspend(first.member.id, by=other.member, now=now)
    assert refused.value.reason is StaffReason.LAST_SUPERVISOR
    member = await staff.world.staff.find_member(first.member.id)
    assert member is not None
    assert member.state is StaffState.ACTIVE


async def test_an_idle_session_ends_and_polling_does_not_keep_it(staff: Staff) -> None:
    key = staff.authenticator()
    await staff.supervisor(key)
    cookie, now = (await staff.sign_in(key)).cookie, staff.world.clock.now()
    step = timedelta(minutes=10)
    assert await staff.signing_in.find(cookie, now=now + step)
    assert await staff.signing_in.find(cookie, now=now + 2 * step, in_background=True)
    assert await staff.signing_in.find(cookie, now=now + 3 * step) is None


async def test_a_session_ends_with_the_shift(staff: Staff) -> None:
    key = staff.authenticator()
    await staff.supervisor(key)
    cookie, now = (await staff.sign_in(key)).cookie, staff.world.clock.now()
    for minutes in range(10, 600, 10):
        assert await staff.signing_in.find(cookie, now=now + timedelta(minutes=minutes))
    assert await staff.signing_in.find(cookie, now=now + timedelta(minutes=600)) is None


async def test_signing_out_ends_the_session(staff: Staff) -> None:
    key, now = staff.authenticator(), staff.world.clock.now()
    await staff.supervisor(key)
    made = await staff.sign_in(key)
    await staff.signing_in.sign_out(made.signed_in, now=now)
    assert await staff.signing_in.find(made.cookie, now=now) is None
