"""A phone whose clock is five minutes off shows its card, in both formats, and is believed."""

from datetime import timedelta

import pytest

from mrc.infra.clock import SystemClock
from mrc.wallet.holdings import Format, ShowOutcome
from tests.unit.web.wallet_app.conftest import PIN, Holder


@pytest.mark.parametrize("format_", list(Format))
@pytest.mark.parametrize("minutes", [-5, 0, 5])
async def test_what_a_phone_with_a_wrong_clock_shows_is_valid(
    carrier: Holder, minutes: int, format_: Format
) -> None:
    carrier.clock.by = timedelta(minutes=minutes)
    carrier.network.clock = SystemClock()
    opened = await carrier.mobile_id.unlock(PIN)
    asked = await carrier.world.ask()
    question = await opened.asking.look_at(asked.link)
    proposal = await opened.presenting.propose(question)
    (chosen,) = (
        [choice for part in alternative for choice in part if choice.format is format_][:1]
        for alternative in proposal.alternatives()
        if any(choice.format is format_ for part in alternative for choice in part)
    )
    shown = await opened.presenting.answer(proposal, chosen)
    assert shown.outcome is ShowOutcome.SHARED
    assert await carrier.world.is_valid(asked)
