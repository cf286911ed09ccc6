"""The lock code: locks every copy, cannot be guessed, tells a guesser nothing."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mrc.authority.loss.codes import network_of
from mrc.authority.loss.records import Channel, LossReason, LossReport, Target
from mrc.formats.status_list.bits import Status
from mrc.infra.database.loss_tables import codes, reports, tries
from mrc.infra.keys.software import SystemEntropy
from mrc.kernel.errors import Forbidden, Rejected
from mrc.protocols.card_loss.lock_code import ALPHABET, LockCode, decode_lock_code, draw_lock_code
from tests.simulators.losses import LossWorld, give_card, statuses

HOME = "203.0.113.7"


def fresh() -> LockCode:
    return draw_lock_code(SystemEntropy())


def test_every_single_slip_of_the_pen_is_found() -> None:
    code = fresh()
    for place in range(len(code)):
        for other in ALPHABET.replace(code[place], ""):
            with pytest.raises(Rejected):
                decode_lock_code(code[:place] + other + code[place + 1 :])


def test_a_person_may_write_as_people_write() -> None:
    code = fresh()
    written = f" {code[:4]} {code[4:8]}-{code[8:]} ".lower().replace("0", "o").replace("1", "l")
    assert decode_lock_code(written) == code


async def test_the_code_locks_every_copy(both: LossWorld) -> None:
    code = await both.register()
    receipt = await both.codes.lock(code, address=HOME, now=both.now)
    assert await statuses(both.world, both.held) == {Status.LOCKED}
    assert both.now < receipt.refused_from <= both.now + timedelta(seconds=3)
    assert receipt.refused_from.microsecond == 0
    assert both.others.told == [code]


async def test_wrong_replaced_and_dead_codes_cannot_be_told_apart(losses: LossWorld) -> None:
    replaced = await losses.register()
    dead = await losses.register()
    await losses.world.counter.cancel(losses.held.order("moved"), now=losses.now)
    reasons = set()
    for code in (fresh(), replaced, dead):
        with pytest.raises(Forbidden) as refused:
            await losses.codes.lock(code, address=HOME, now=losses.now)
        reasons.add((refused.value.reason, refused.value.detail))
    assert reasons == {(LossReason.CODE_UNKNOWN, "")}


async def test_an_address_may_try_ten_times_an_hour(both: LossWorld) -> None:
    code = await both.register()

    async def guess() -> object:
        try:
            return await both.codes.lock(fresh(), address=HOME, now=both.now)
        except Forbidden as error:
            return error.reason

    ends = [await guess() for _ in range(12)]
    assert ends.count(LossReason.CODE_UNKNOWN) == 10
    with pytest.raises(Forbidden, match="too_many"):
        await both.codes.lock(code, address=HOME, now=both.now)
    assert not await both.locked()
    await both.codes.lock(code, address=HOME, now=both.now + timedelta(hours=1))
    assert await both.locked()


async def test_many_addresses_share_the_tries_of_a_prefix(both: LossWorld) -> None:
    code = await both.register()

    async def guess(number: int) -> object:
        body = code[:4] + fresh()[4:11]
        wrong = next(
            LockCode(body + last)
            for last in ALPHABET
            if not isinstance(_decoded(body + last), Rejected)
        )
        try:
            return await both.codes.lock(wrong, address=f"198.51.100.{number}", now=both.now)
        except Forbidden as error:
            return error.reason

    ends = await asyncio.gather(*(guess(number) for number in range(8)))
    assert ends.count(LossReason.TOO_MANY_TRIES) == 3, "five tries, however many at once"
    with pytest.raises(Forbidden, match="too_many"):
        await both.codes.lock(code, address=HOME, now=both.now)


def _decoded(text: str) -> object:
    try:
        return decode_lock_code(text)
    except Rejected as error:
        return error


def test_an_ipv6_subscriber_is_one_address() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("") == network_of("testclient")


async def test_nothing_kept_is_the_code(losses: LossWorld) -> None:
    code = await losses.register()
    await losses.codes.lock(code, address=HOME, now=losses.now)
    async with losses.world.database.reading() as tx:
        for table in (codes, tries, reports):
            rows = await tx.fetch_all(sa.select(table))
            assert rows
            assert code not in str(rows)
            assert HOME not in str(rows)


async def test_only_the_cards_own_phone_registers_a_code(losses: LossWorld) -> None:
    access = await losses.access("lock-code")
    await losses.door.register_code(access, fresh(), now=losses.now)
    with pytest.raises(Rejected, match="dpop"):
        await losses.door.register_code(access, fresh(), now=losses.now)


async def test_the_wallet_locks_its_card(both: LossWorld) -> None:
    await both.door.lock(await both.access("lock"), now=both.now)
    assert await both.locked()


async def test_the_old_phones_code_leaves_the_new_phone_alone(losses: LossWorld) -> None:
    old_code = await losses.register()
    new = await give_card(losses.world, losses.held.person, agreed=True)
    with pytest.raises(Forbidden, match="unknown"):
        await losses.codes.lock(old_code, address=HOME, now=losses.now)
    assert await statuses(losses.world, new) == {Status.VALID}


async def test_another_office_may_be_the_only_one_that_knows_the_code(losses: LossWorld) -> None:
    losses.others.locked = 1
    assert (await losses.codes.lock(fresh(), address=HOME, now=losses.now)).reference


async def test_a_kill_after_the_report_was_written_still_locks(both: LossWorld) -> None:
    report = LossReport(
        reference="L-KILLED",
        channel=Channel.CALL_CENTRE,
        actor="call-centre:kim",
        reason="lost",
        targets=(Target(holder=both.held.holder, card=both.held.card),),
        received_at=both.now,
    )
    await both.store.add_report(report)
    later = both.now + timedelta(minutes=1)
    assert await both.parts.reports.resume(now=later) == 1
    assert await both.locked()
    assert await both.parts.reports.resume(now=later) == 0


async def test_a_kill_before_the_receipt_does_not_lock_again_after_the_unlock(
    both: LossWorld,
) -> None:
    report = LossReport(
        reference="L-KILLED",
        channel=Channel.CARRIER,
        actor="carrier:sandbox",
        reason="lost",
        targets=(Target(holder=both.held.holder, card=both.held.card),),
        received_at=both.now,
    )
    await both.store.add_report(report)
    await both.parts.reports._carry_out(report, both.now)
    async with both.world.database.transaction() as tx:
        await tx.execute(sa.text("UPDATE loss_reports SET refused_from = NULL"))
    await both.unlock()
    await both.parts.reports.resume(now=both.now + timedelta(minutes=1))
    assert not await both.locked()
