"""What a role does from time to time, as long as it runs: one failure is told, and never the end of it.

A task that ended by itself would be noticed when somebody's lock was not published for hours.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime, timedelta

import structlog

from mrc.infra.clock import SystemClock
from mrc.kernel.errors import MrcError
from mrc.kernel.ports import Clock

_log = structlog.get_logger(__name__)
Sleep = Callable[[float], Awaitable[None]]


@contextlib.asynccontextmanager
async def repeating(
    name: str,
    act: Callable[[datetime], Awaitable[object]],
    *,
    every: timedelta,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[None]:
    """Do `act`, given the time, at once and then `every` so often, until the context ends.

    What fails is logged under `name` and tried again when it is due.
    """
    given = clock or SystemClock()

    async def forever() -> None:
        while True:
            try:
                await act(given.now())
            except MrcError as error:
                _log.warning("standing_work_failed", work=name, what=str(error))
            except Exception:  # noqa: BLE001  # our own mistake: told with its stack, and tried again
                _log.exception("standing_work_broke", work=name)
            await sleep(every.total_seconds())

    async with running(name, forever()):
        yield


@contextlib.asynccontextmanager
async def running(name: str, work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """`work`, which never ends by itself, beside what the context does, and no longer than that.

    Where it ends all the same, that is our own mistake and told at once with its stack.
    """

    def tell(ended: "asyncio.Task[None]") -> None:
        if not ended.cancelled():
            _log.error("standing_work_ended", work=name, exc_info=ended.exception())

    task = asyncio.create_task(work)
    task.add_done_callback(tell)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
