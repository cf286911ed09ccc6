"""The clockwork: every tick, changed or not, and an alarm where the ledger does not answer."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from mrc.infra.chain.publisher import AnchorMetrics
from mrc.infra.chain.ticking import Clockwork, Collect, Lane
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


def lanes_of(world: World, collect: Collect) -> Callable[[], list[Lane]]:
    return lambda: [Lane(publisher=world.publisher, collect=collect)]


class Enough(Exception):
    pass


async def test_it_ticks_on_the_timetable(world: World) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            raise Enough
        world.clock.at += timedelta(seconds=seconds)

    world.clock.at = NOW + timedelta(minutes=3)
    metrics = AnchorMetrics(CollectorRegistry())
    clockwork = Clockwork(lanes_of(world, same_list), world.clock, Timetable(), metrics)
    with pytest.raises(Enough):
        await clockwork.run(sleep)
    assert waits == [420, 600, 600, 600]
    head = world.client.stream_head(STREAM)
    assert head is not None
    assert (head.tick, head.anchored_at) == (3, NOW + timedelta(minutes=30))


async def test_a_failed_tick_is_logged_and_made_up_for(world: World) -> None:
    registry = CollectorRegistry()
    parts = (world.clock, Timetable(), AnchorMetrics(registry))
    assert await Clockwork(lanes_of(world, same_list), *parts).tick()
    world.clock.at = NOW + timedelta(minutes=25)
    with capture_logs() as logs:
        failing = Clockwork(lanes_of(world, nothing_to_be_had), *parts)
        assert not await failing.tick()
    assert [entry["event"] for entry in logs] == ["ledger_tick_failed", "ledger_anchor_late"]
    assert registry.get_sample_value(AGE, LABELS) == 25 * 60
    assert await Clockwork(lanes_of(world, same_list), *parts).tick()
    assert registry.get_sample_value(AGE, LABELS) == 0
