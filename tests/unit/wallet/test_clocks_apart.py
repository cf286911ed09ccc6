"""A phone whose clock is five minutes off still collects, renews, locks, unlocks and learns of it.

What it signs for a server is dated by that server's `Date`; the servers' own windows stay as they
are: a proof that is really old or from the future is refused (test_dpop, test_client_attestation).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from mrc.kernel.errors import Rejected
from mrc.wallet.holdings import CardState
from mrc.wallet.server_time import MOST, ServerTime
from tests.simulators.ic_issuance_world import IcWorld, ic_world
from tests.simulators.unlocking import card_of, report, unlock

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HERE, THERE = "https://issuer.example/a", "https://elsewhere.example/a"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IcWorld]:
    async with ic_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("minutes", [-5, -2, 2, 5])
async def test_a_phone_whose_clock_is_off_does_everything(world: IcWorld, minutes: int) -> None:
    phone = await world.phone(ahead=minutes * MINUTE)
    card = await phone.receive()
    opened = await phone.wallet()
    renewed = await opened.renewing.renew(card.id)
    assert renewed.card.id
    await report(world)
    await opened.standing.refresh()
    assert (await card_of(phone)).state is CardState.LOCKED
    await unlock(phone)
    assert (await card_of(phone)).state is CardState.USABLE
    await opened.locking.lock((await card_of(phone)).id)
    await opened.standing.refresh()
    assert (await card_of(phone)).state is CardState.LOCKED


@pytest.mark.parametrize("minutes", [-12, 12])
async def test_a_clock_that_is_quite_wrong_is_refused_by_name(world: IcWorld, minutes: int) -> None:
    phone = await world.phone(ahead=minutes * MINUTE)
    with pytest.raises(Rejected, match="issued_outside_window"):
        await phone.receive()


@dataclass
class Still:
    def now(self) -> datetime:
        return NOW


def said(at: datetime) -> dict[str, str]:
    return {"date": format_datetime(at, usegmt=True)}


def test_a_servers_time_is_its_own_and_nobody_elses() -> None:
    time = ServerTime(Still())
    time.heard(HERE, said(NOW + 4 * MINUTE))
    assert time.at("https://issuer.example/b?c") == NOW + 4 * MINUTE
    assert time.at(THERE) == NOW
    assert time.at("http://issuer.example/a") == NOW
    assert time.at("https://issuer.example:444/a") == NOW


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"date": ""},
        {"date": "soon"},
        {"date": "Sun, 01 Mar 2026 12:04:00 -0000"},
        {"date": "Sun, 99 Mar 2026 12:04:00 GMT"},
        {"date": "Sun, 01 Mar 2026 12:04:00 GMT, Sun, 01 Mar 2026 12:09:00 GMT"},
    ],
)
def test_an_answer_without_a_readable_time_changes_nothing(headers: dict[str, str]) -> None:
    time = ServerTime(Still())
    time.heard(HERE, headers)
    assert time.at(HERE) == NOW
    time.heard(HERE, said(NOW + MINUTE))
    time.heard(HERE, headers)
    assert time.at(HERE) == NOW + MINUTE


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_server_that_says_something_far_off_is_not_believed(sign: int) -> None:
    """It could ask for proofs of next year, to be used then."""
    time = ServerTime(Still())
    time.heard(HERE, said(NOW + sign * MOST))
    assert time.at(HERE) == NOW + sign * MOST
    time.heard(HERE, said(NOW + sign * (MOST + timedelta(seconds=1))))
    assert time.at(HERE) == NOW
