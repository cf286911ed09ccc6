"""The publishers' clockwork: at every tick of the timetable, anchor what is published now.

All streams tick at one time and none waits for another: an issuer that does not answer is late alone.
A tick that fails is logged and made up for at the next; an anchor that is late raises the alarm
``ledger_anchor_late`` and shows in the metric. Nothing here decides what is published.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from mrc.infra.chain.publisher import AnchorMetrics, Publisher
from mrc.kernel.errors import MrcError
from mrc.kernel.ports import Clock
from mrc.ledger.anchors import Publication
from mrc.ledger.timetable import Timetable

Collect = Callable[[datetime], Awaitable[Sequence[Publication]]]
Sleep = Callable[[float], Awaitable[None]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A stream: its publisher, and what it anchors at a tick."""

    publisher: Publisher
    collect: Collect


class Clockwork:
    """Ticks every lane until it is cancelled. `lanes` is asked at each tick."""

    def __init__(
        self,
        lanes: Callable[[], Sequence[Lane]],
        clock: Clock,
        timetable: Timetable,
        metrics: AnchorMetrics,
    ) -> None:
        self._lanes = lanes
        self._clock = clock
        self._timetable = timetable
        self._metrics = metrics

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        while True:
            now = self._clock.now()
            await sleep((self._timetable.next_after(now) - now).total_seconds())
            await self.tick()

    async def tick(self) -> bool:
        """One tick of every lane; whether all were anchored."""
        return all(await asyncio.gather(*(self.tick_lane(lane) for lane in self._lanes())))

    async def tick_lane(self, lane: Lane) -> bool:
        """One tick; whether it was anchored."""
        now, publisher = self._clock.now(), lane.publisher
        anchored = True
        try:
            publications = await lane.collect(now)
            await asyncio.to_thread(publisher.anchor, publications)
        except MrcError as error:
            anchored = False
            _log.warning(
                "ledger_tick_failed",
                stream=publisher.stream.hex()[:16],
                error=type(error).__name__,
                detail=str(error),
            )
        await self._observe(publisher, now)
        return anchored

    async def _observe(self, publisher: Publisher, now: datetime) -> None:
        try:
            last = await asyncio.to_thread(publisher.anchored_at)
        except MrcError:
            last = publisher.last_seen
        stream = publisher.stream
        if last is not None:
            self._metrics.observe(stream, anchored_at=last, now=now)
        if self._timetable.is_late(now, last):
            since = None if last is None else last.isoformat()
            _log.error("ledger_anchor_late", stream=stream.hex()[:16], last=since)
