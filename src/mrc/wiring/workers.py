"""Several processes of one issuer: started by the first, on its port and its database.

All of them listen on the port of the wallets' origin and the kernel deals out the connections
(Linux, `SO_REUSEPORT`). Half an issuer that looks whole is worse than none: a worker that ends
ends the first process, and no worker outlives it.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence

import structlog

from mrc.infra.processes import Role, Running, running_roles, until_one_ends
from mrc.infra.settings import Settings
from mrc.wiring.installation import environment_of

PARENT_SECONDS = 0.5  # how long a worker may outlive the process that started it
_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def further_workers(settings: Settings) -> AsyncIterator[None]:
    """The processes beside this one, ready when entered and stopped at the end."""
    roles = [
        Role(name=f"authority-{number}", arguments=("authority", "--beside", str(os.getpid())))
        for number in range(2, settings.issuer_workers + 1)
    ]
    logs = settings.home / "logs"
    async with running_roles(roles, logs=logs, environment=environment_of(settings)) as running:
        watching = asyncio.create_task(_end_with(running)) if running else None
        try:
            yield
        finally:
            if watching is not None:
                watching.cancel()


async def _end_with(workers: Sequence[Running]) -> None:
    ended = await until_one_ends(workers)
    _log.error("worker.ended", worker=ended.role.name)
    signal.raise_signal(signal.SIGTERM)


@contextlib.asynccontextmanager
async def ending_with(parent: int) -> AsyncIterator[None]:
    """Tell this process to stop when `parent`, which started it, is gone, however that ended."""

    async def watch() -> None:
        while True:
            if os.getppid() != parent:
                signal.raise_signal(signal.SIGTERM)
                return
            await asyncio.sleep(PARENT_SECONDS)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
