"""The carrier's webhook: forged, repeated, late, early and reordered reports."""

from datetime import timedelta

import pytest

from mrc.formats.status_list.bits import Status
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.card_loss.messages import LOCK_NOTICE
from tests.simulators.losses import LossWorld, give_card, statuses

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_a_lost_line_locks_its_registrants_cards(both: LossWorld) -> None:
    await both.carriers.receive(await both.line_report(), now=both.now)
    assert await both.locked()


@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        ({"by": SoftwareSigner.generate()}, "signature"),
        ({"reporter": "another"}, "reporter_unknown"),
        ({"audience": "https://another.example"}, "audience"),
        ({"typ": LOCK_NOTICE}, "typ"),
    ],
)
async def test_a_forged_report_locks_nothing(
    losses: LossWorld, forgery: dict[str, object], reason: str
) -> None:
    with pytest.raises(Rejected, match=reason):
        await losses.carriers.receive(await losses.line_report(**forgery), now=losses.now)
    assert not await losses.locked()


async def test_a_carrier_that_is_taken_out_is_not_believed(losses: LossWorld) -> None:
    text = await losses.line_report()
    losses.keys.known.clear()
    with pytest.raises(Rejected):
        await losses.carriers.receive(text, now=losses.now)


@pytest.mark.parametrize("text", ["", "a.b.c", "x" * 9000, "e30.e30.", "é.é.é"])
async def test_what_is_no_report_is_refused(losses: LossWorld, text: str) -> None:
    with pytest.raises((Malformed, Rejected)):
        await losses.carriers.receive(text, now=losses.now)


@pytest.mark.parametrize(("skew", "fine"), [(4, True), (5, True), (6, False)])
async def test_the_carriers_clock_may_be_five_minutes_ahead(
    losses: LossWorld, skew: int, fine: bool
) -> None:
    ahead = losses.now + skew * MINUTE
    text = await losses.line_report(issued_at=ahead, occurred_at=ahead)
    if fine:
        await losses.carriers.receive(text, now=losses.now)
    else:
        with pytest.raises(Rejected, match="future"):
            await losses.carriers.receive(text, now=losses.now)
    assert await losses.locked() is fine


async def test_a_carriers_clock_five_minutes_behind_still_locks_a_new_card(
    losses: LossWorld,
) -> None:
    behind = losses.now - 5 * MINUTE
    text = await losses.line_report(issued_at=behind, occurred_at=behind)
    await losses.carriers.receive(text, now=losses.now)
    assert await losses.locked()


async def test_an_old_report_is_refused(losses: LossWorld) -> None:
    text = await losses.line_report()
    with pytest.raises(Rejected, match="too_old"):
        await losses.carriers.receive(text, now=losses.now + 25 * HOUR)


async def test_a_repeated_report_does_not_lock_what_was_unlocked(both: LossWorld) -> None:
    text = await both.line_report()
    await both.carriers.receive(text, now=both.now)
    await both.unlock()
    await both.carriers.receive(text, now=both.now)
    assert not await both.locked()
    assert (await both.held.acts(both.world)).count("locked") == 1


async def test_a_late_report_of_an_earlier_loss_does_not_lock_what_was_unlocked(
    both: LossWorld,
) -> None:
    occurred = both.now
    await both.carriers.receive(await both.line_report(), now=both.now)
    both.world.clock.forward(HOUR)
    await both.unlock()
    late = await both.line_report(id="event-0", occurred_at=occurred)
    await both.carriers.receive(late, now=both.now)
    assert not await both.locked()


async def test_a_late_report_leaves_the_new_phone_alone(losses: LossWorld) -> None:
    occurred = losses.now
    losses.world.clock.forward(HOUR)
    new = await give_card(losses.world, losses.held.person, agreed=True)
    late = await losses.line_report(occurred_at=occurred)
    await losses.carriers.receive(late, now=losses.now)
    assert await statuses(losses.world, new) == {Status.VALID}


async def test_a_phone_that_was_found_is_not_unlocked_by_the_carrier(losses: LossWorld) -> None:
    found = await losses.line_report(id="event-2", claims={"event": "found"})
    await losses.carriers.receive(await losses.line_report(), now=losses.now)
    await losses.carriers.receive(found, now=losses.now)
    assert await losses.locked()


async def test_a_strangers_line_locks_nobody_and_is_not_kept(losses: LossWorld) -> None:
    text = await losses.line_report(phone="+821099999999")
    await losses.carriers.receive(text, now=losses.now)
    assert not await losses.locked()
    assert await losses.store.unfinished(before=losses.now + HOUR) == []
