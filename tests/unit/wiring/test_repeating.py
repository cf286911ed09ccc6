"""Standing work goes on: a failure is told, and the work is done again when it is due."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from mrc.kernel.errors import Unavailable
from mrc.wiring.repeating import repeating, running

EVERY = timedelta(seconds=7)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Still:
    def now(self) -> datetime:
        return NOW


async def work(failures: Sequence[Exception | None]) -> tuple[list[datetime], list[float]]:
    """Work that fails as told, once each, until it was done as often: when, and the waits between."""
    done: list[datetime] = []
    waits: list[float] = []
    enough = asyncio.Event()

    async def act(now: datetime) -> None:
        done.append(now)
        failure = failures[len(done) - 1]
        if failure is not None:
            raise failure

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(done) == len(failures):
            enough.set()
            await asyncio.Event().wait()

    async with repeating("work", act, every=EVERY, clock=Still(), sleep=sleep):
        await asyncio.wait_for(enough.wait(), 10)
    return done, waits


async def test_it_is_done_at_once_and_then_every_so_often() -> None:
    assert await work([None, None, None]) == ([NOW] * 3, [7.0] * 3)


@pytest.mark.parametrize(
    ("failure", "event"),
    [
        (Unavailable("database", "away"), "standing_work_failed"),
        (KeyError("a mistake of our own"), "standing_work_broke"),
    ],
)
async def test_a_failure_is_told_and_ends_nothing(failure: Exception, event: str) -> None:
    with capture_logs() as told:
        assert len((await work([failure, failure, None]))[0]) == 3
    assert [(each["event"], each["work"]) for each in told] == [(event, "work")] * 2


async def test_it_ends_with_its_context() -> None:
    running = asyncio.Event()

    async def act(_: datetime) -> None:
        running.set()
        await asyncio.Event().wait()

    async with repeating("work", act, every=EVERY):
        await running.wait()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_long_work_that_ends_by_itself_is_told_at_once() -> None:
    async def work() -> None:
        raise KeyError("a mistake of our own")

    with capture_logs() as told:
        async with running("work", work()):
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)
    assert [(each["event"], each["work"]) for each in told] == [("standing_work_ended", "work")]
    assert isinstance(told[0]["exc_info"], KeyError)
