"""The clockwork: every tick, changed or not, and an alarm where the ledger does not answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from mrc.infra.chain.publisher import AnchorMetrics
from mrc.infra.chain.shelf import ProofShelf
from mrc.infra.chain.ticking import Clockwork, Collect, Lane, OpenStream
from mrc.kernel.errors import Unavailable
from mrc.ledger.anchors import Publication, publication
from mrc.ledger.timetable import Timetable
from tests.simulators.ledger_world import JWT, NOW, STREAM, TOKEN, URI, World

LABELS = {"stream": STREAM.hex()[:16]}
AGE = "mrc_ledger_anchor_age_seconds"


async def same_list(now: datetime) -> Sequence[Publication]:
    return [publication(URI, JWT, NOW, TOKEN)]


async def nothing_to_be_had(now: datetime) -> Sequence[Publication]:
    raise Unavailable("status list", "not there")


class Door:
    """How a lane is opened; closed while `reason` says why."""

    def __init__(self, world: World, reason: str = "") -> None:
        self.reason = reason
        self._opened = OpenStream(
            world.publisher, ProofShelf(world.publisher, world.trust, world.clock)
        )

    def open(self) -> OpenStream:
        if self.reason:
            raise Unavailable("stream", self.reason)
        return self._opened


class Enough(Exception):
    pass


class Sleep:
    """Moves the world's clock; does `acts` by the number of the wait, and ends after `last`."""

    def __init__(self, world: World, last: int, acts: dict[int, object] | None = None) -> None:
        self.waits: list[float] = []
        self._world = world
        self._last = last
        self._acts = acts or {}

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == self._last:
            raise Enough
        self._world.clock.at += timedelta(seconds=seconds)
        act = self._acts.get(len(self.waits))
        if callable(act):
            act()


def clockwork_of(
    world: World,
    collect: Collect = same_list,
    *,
    door: Door | None = None,
    registry: CollectorRegistry | None = None,
) -> Clockwork:
    lane = Lane(stream=STREAM, open=(door or Door(world)).open, collect=collect)
    metrics = AnchorMetrics(registry or CollectorRegistry(), world.clock)
    return Clockwork(lane, world.clock, Timetable(), metrics)


def ticks(world: World) -> list[int]:
    return [tick for tick, _ in world.client.anchors(STREAM, 1, 1_000)]


async def run(clockwork: Clockwork, sleep: Sleep) -> list[str]:
    """The events that were logged until the sleep had enough."""
    with capture_logs() as logs, pytest.raises(Enough):
        await clockwork.run(sleep)
    return [entry["event"] for entry in logs]


async def test_the_first_tick_does_not_wait_and_every_other_is_on_the_timetable(
    world: World,
) -> None:
    world.clock.at = NOW + timedelta(minutes=3)
    sleep = Sleep(world, 4)
    assert await run(clockwork_of(world), sleep) == []
    assert sleep.waits == [420, 600, 600, 600]
    head = world.client.stream_head(STREAM)
    assert head is not None
    assert (head.tick, head.anchored_at) == (4, NOW + timedelta(minutes=30))


async def test_a_restart_does_not_tick_between_the_times(world: World) -> None:
    await clockwork_of(world).tick()
    world.clock.at = NOW + timedelta(minutes=3)
    sleep = Sleep(world, 2)
    await run(clockwork_of(world), sleep)
    assert sleep.waits == [420, 600]
    assert ticks(world) == [1, 2]


async def test_a_failed_tick_is_logged_and_made_up_for(world: World) -> None:
    registry = CollectorRegistry()
    clockwork = clockwork_of(world, registry=registry)
    assert await clockwork.tick()
    failing = clockwork_of(world, nothing_to_be_had, registry=CollectorRegistry())
    failing._opened = clockwork._opened
    world.clock.at = NOW + timedelta(minutes=25)
    with capture_logs() as logs:
        assert not await failing.tick()
    assert [entry["event"] for entry in logs] == ["ledger_tick_failed", "ledger_anchor_late"]
    assert await clockwork.tick()
    assert registry.get_sample_value(AGE, LABELS) == 0


async def test_the_metric_grows_while_the_ledger_does_not_answer(world: World) -> None:
    registry = CollectorRegistry()
    door = Door(world)
    clockwork = clockwork_of(world, door=door, registry=registry)
    assert await clockwork.tick()
    door.reason = "gone"
    world.clock.at = NOW + timedelta(minutes=25)
    assert registry.get_sample_value(AGE, LABELS) == 25 * 60  # also before the next tick
    assert not await clockwork.tick()
    world.clock.at += timedelta(minutes=5)
    assert registry.get_sample_value(AGE, LABELS) == 30 * 60


async def test_a_failed_tick_is_tried_again_less_and_less_often_until_the_next(
    world: World,
) -> None:
    await clockwork_of(world).tick()
    door = Door(world)
    back = {8: lambda: setattr(door, "reason", "")}
    sleep = Sleep(world, 10, {1: lambda: setattr(door, "reason", "gone"), **back})
    told = await run(clockwork_of(world, door=door), sleep)
    assert sleep.waits == [600, 2, 4, 8, 16, 32, 60, 60, 418, 600]
    assert told == ["ledger_tick_failed"] * 7
    assert ticks(world) == [1, 2, 3]  # one for the time that was missed, the next at its own


async def test_a_stream_that_nobody_gave_raises_the_alarm_on_the_timetable(world: World) -> None:
    door = Door(world, "the council has not given it")
    sleep = Sleep(world, 1_300)
    world.clock.at = NOW + timedelta(seconds=1)
    told = await run(clockwork_of(world, door=door), sleep)
    assert set(sleep.waits) == {1}
    assert told == ["ledger_stream_waits", "ledger_anchor_late", "ledger_anchor_late"]
    assert ticks(world) == []


async def test_a_tick_missed_while_the_ledger_was_away_at_the_start_is_made_up_for(
    world: World,
) -> None:
    await clockwork_of(world).tick()
    door = Door(world, "away")
    world.clock.at = NOW + timedelta(seconds=598)
    sleep = Sleep(world, 6, {4: lambda: setattr(door, "reason", "")})
    await run(clockwork_of(world, door=door), sleep)
    assert sleep.waits == [1, 1, 1, 1, 2, 596]
    assert ticks(world) == [1, 2]


async def test_nothing_published_is_no_tick(world: World) -> None:
    async def nothing(now: datetime) -> Sequence[Publication]:
        return ()

    assert not await clockwork_of(world, nothing).tick()
    assert ticks(world) == []


async def test_a_proof_that_is_not_there_is_asked_for_again_and_no_tick_is_added(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(world)
    failures = iter([True, True])
    refresh = ProofShelf.refresh

    def sometimes(shelf: ProofShelf) -> None:
        if next(failures, False):
            raise Unavailable("ledger", "no proof")
        refresh(shelf)

    monkeypatch.setattr(ProofShelf, "refresh", sometimes)
    sleep = Sleep(world, 3)
    told = await run(clockwork_of(world, door=door), sleep)
    assert told == ["ledger_proof_not_made"] * 2
    assert sleep.waits == [2, 4, 594]
    assert ticks(world) == [1]
    assert door.open().shelf.find(URI, JWT) is not None
