"""A publisher's clockwork: at every tick of the timetable, anchor what is published now.

Every stream has a clockwork of its own, in its writer's process; all tick at one time and none waits for
another. A tick that fails is logged and tried again, less and less often, until the next one is
due; an anchor that is late raises the alarm ``ledger_anchor_late`` and shows in the metric.
Nothing here decides what is published.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from mrc.infra.chain.publisher import AnchorMetrics, Publisher
from mrc.infra.chain.shelf import ProofShelf
from mrc.kernel.errors import MrcError, Unavailable
from mrc.kernel.ports import Clock
from mrc.ledger.anchors import Publication
from mrc.ledger.statements import StreamId
from mrc.ledger.timetable import Timetable

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
Collect = Callable[[datetime], Awaitable[Sequence[Publication]]]
Sleep = Callable[[float], Awaitable[None]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream in its writer's hand."""

    publisher: Publisher
    shelf: ProofShelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A stream, how it is opened, and what it anchors at a tick.

    `open` blocks, is called at every tick, and raises `MrcError` as long as it cannot be opened.
    """

    stream: StreamId
    open: Callable[[], OpenStream]
    collect: Collect


class Clockwork:
    """Ticks a lane until it is cancelled."""

    def __init__(
        self, lane: Lane, clock: Clock, timetable: Timetable, metrics: AnchorMetrics
    ) -> None:
        self._lane = lane
        self._clock = clock
        self._timetable = timetable
        self._metrics = metrics
        self._opened: OpenStream | None = None
        self._detail = ""  # of what a stream that never ticked waits for

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        """A stream's first tick does not wait for the timetable, every other one does."""
        anchored, retry = await self._begin(sleep), FIRST_RETRY_S
        while True:
            done = await self._show() and anchored
            left = self._left()
            retry = FIRST_RETRY_S if done else min(2 * retry, LONGEST_RETRY_S)
            wait = left if done else min(left, retry)
            await sleep(wait)
            if not anchored or wait == left:
                anchored = await self.tick()

    async def tick(self) -> bool:
        """One tick; whether it was anchored."""
        now, anchored = self._clock.now(), True
        try:
            await self._anchor(now)
        except MrcError as error:
            anchored = False
            self._warn("ledger_tick_failed", error)
        await self._observe(now)
        return anchored

    async def _begin(self, sleep: Sleep) -> bool:
        """Until the stream is open and has a tick; whether none was missed meanwhile.

        Tries often, and raises the alarm on the timetable only.
        """
        due, missed = self._timetable.next_after(self._clock.now()), False
        while not await self._has_begun():
            now = self._clock.now()
            if now >= due:
                missed = True
                await self._observe(now)
                due = self._timetable.next_after(now)
            await sleep(FIRST_RETRY_S)
        return not missed

    async def _has_begun(self) -> bool:
        try:
            opened = await self._open()
            if await asyncio.to_thread(opened.publisher.anchored_at) is None:
                await self._anchor(self._clock.now())
        except MrcError as error:
            if str(error) != self._detail:
                self._detail = str(error)
                self._warn("ledger_stream_waits", error)
            return False
        return True

    async def _open(self) -> OpenStream:
        self._opened = await asyncio.to_thread(self._lane.open)
        return self._opened

    async def _anchor(self, now: datetime) -> None:
        opened = await self._open()
        publications = await self._lane.collect(now)
        if not publications:
            raise Unavailable("published documents", "there are none yet")
        await asyncio.to_thread(opened.publisher.anchor, publications)

    async def _show(self) -> bool:
        """Put the newest tick's proofs on the shelf; whether they are there."""
        try:
            if self._opened is not None:
                await asyncio.to_thread(self._opened.shelf.refresh)
        except MrcError as error:
            self._warn("ledger_proof_not_made", error)
            return False
        return True

    def _left(self) -> float:
        now = self._clock.now()
        return (self._timetable.next_after(now) - now).total_seconds()

    async def _observe(self, now: datetime) -> None:
        last = await asyncio.to_thread(self._last_anchored)
        if last is not None:
            self._metrics.observe(self._lane.stream, anchored_at=last)
        if self._timetable.is_late(now, last):
            since = None if last is None else last.isoformat()
            _log.error("ledger_anchor_late", stream=self._lane.stream.hex()[:16], last=since)

    def _last_anchored(self) -> datetime | None:
        if self._opened is None:
            return None
        try:
            return self._opened.publisher.anchored_at()
        except MrcError:
            return self._opened.publisher.last_seen

    def _warn(self, event: str, error: MrcError) -> None:
        stream = self._lane.stream.hex()[:16]
        _log.warning(event, stream=stream, error=type(error).__name__, detail=str(error))
