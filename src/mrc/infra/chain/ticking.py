"""The publisher's clockwork: at every tick of the timetable, anchor what is published now.

A tick that fails is logged and made up for at the next; an anchor that is late raises the alarm
``ledger_anchor_late`` and shows in the metric. Nothing here decides what is published.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
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


class Clockwork:
    """Ticks until it is cancelled."""

    def __init__(
        self,
        publisher: Publisher,
        collect: Collect,
        clock: Clock,
        timetable: Timetable,
        metrics: AnchorMetrics,
    ) -> None:
        self._publisher = publisher
        self._collect = collect
        self._clock = clock
        self._timetable = timetable
        self._metrics = metrics

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        while True:
            now = self._clock.now()
            await sleep((self._timetable.next_after(now) - now).total_seconds())
            await self.tick()

    async def tick(self) -> bool:
        """One tick; whether it was anchored."""
        now = self._clock.now()
        anchored = True
        try:
            publications = await self._collect(now)
            await asyncio.to_thread(self._publisher.anchor, publications)
        except MrcError as error:
            anchored = False
            _log.warning("ledger_tick_failed", error=type(error).__name__, detail=str(error))
        await self._observe(now)
        return anchored

    async def _observe(self, now: datetime) -> None:
        try:
            last = await asyncio.to_thread(self._publisher.anchored_at)
        except MrcError:
            last = self._publisher.last_seen
        if last is not None:
            self._metrics.observe(self._publisher.stream, anchored_at=last, now=now)
        if self._timetable.is_late(now, last):
            _log.error("ledger_anchor_late", last=None if last is None else last.isoformat())
