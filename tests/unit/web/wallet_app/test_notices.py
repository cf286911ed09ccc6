"""Notices: days that come near, changes that were found, and what is new."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mrc.infra.clock import SystemClock
from mrc.issuer.cards import Order
from tests.simulators.holder_world import HOLDER
from tests.unit.web.wallet_app.conftest import Holder


def lets_stay(holder: Holder, days: int) -> None:
    """The register says that the stay ends in `days`."""
    today = (datetime.now(UTC) + timedelta(hours=9)).date()
    holder.world.register.ends = today + timedelta(days=days)
    holder.world.register.__post_init__()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (30, "Your stay ends in 30 days."),
        (7, "Your stay ends in 7 days."),
        (1, "Your stay ends in 1 day."),
    ],
)
async def test_the_end_of_the_stay_is_told_in_time(holder: Holder, days: int, words: str) -> None:
    lets_stay(holder, days)
    await holder.onboard()
    await holder.get_card()
    assert words in (await holder.open("/app/notices")).words


async def test_an_end_that_is_far_is_no_notice(holder: Holder) -> None:
    lets_stay(holder, 31)
    await holder.onboard()
    await holder.get_card()
    assert "No notices" in (await holder.open("/app/notices")).words


async def test_a_notice_is_new_until_it_was_read(holder: Holder) -> None:
    lets_stay(holder, 7)
    await holder.onboard()
    await holder.get_card()
    assert 'class="unseen"' in (await holder.open("/app/")).html
    await holder.open("/app/notices")
    assert 'class="unseen"' not in (await holder.open("/app/")).html


async def test_a_lock_is_found_told_and_shown_on_the_card(carrier: Holder) -> None:
    now = SystemClock().now()
    order = Order(holder=HOLDER, actor="officer-1", reason="lost")
    await carrier.world.issuer.cards.lock(order, now=now)
    await carrier.world.issuer.status.refresh(now=now)
    news = await carrier.send("/app/care")
    assert "Your card is locked." in news.words
    home = await carrier.open("/app/")
    assert "card-out" in home.html
    assert 'href="/app/scan"' not in home.html
    assert "Your card is locked." in (await carrier.open("/app/notices")).words
    asked = await carrier.world.ask("age-19")
    assert "Your card does not have what is asked for." in (await carrier.scan(asked.link)).words


async def test_looking_after_cards_offline_tells_nothing_and_harms_nothing(
    carrier: Holder,
) -> None:
    carrier.network.down = set(carrier.network.apps)
    answer = await carrier.send("/app/care")
    assert answer.status == 204
    assert "NGUYEN, VAN ANH" in (await carrier.open("/app/")).words


async def test_the_card_face_says_that_the_stay_ended(carrier: Holder) -> None:
    await carrier.send("/app/lock")
    carrier.clock.by = datetime(2029, 5, 5, tzinfo=UTC) - datetime.now(UTC)
    assert date(2029, 5, 3) < carrier.clock.now().date()
    await carrier.unlock()
    assert "ribbon-expired" in (await carrier.open("/app/")).html
