"""Starting the roles, each as a process of its own, and stopping them together.

A role says on its standard output, in one line, that it is ready. A role that dies takes the
others with it: half a system that looks whole is worse than none.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

READY = "ready"
START_SECONDS = 60.0
STOP_SECONDS = 8.0


class RoleFailed(Exception):
    """A role did not come up, or ended. Its log says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One process: its name (also its log's) and the arguments of `mrc`."""

    name: str
    arguments: Sequence[str]


class Running:
    """A role that is up. `kill` is for tests of what survives."""

    def __init__(self, role: Role, process: asyncio.subprocess.Process, log: Path) -> None:
        self.role = role
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ended(self) -> int:
        return await self._process.wait()

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                await self.kill()

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def start_role(role: Role, *, logs: Path, environment: Mapping[str, str]) -> Running:
    """Start one role and wait until it is ready. Raises `RoleFailed`."""
    log = logs / f"{role.name}.log"
    with _opened(log) as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mrc",
            *role.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        )
    running = Running(role, process, log)
    try:
        await asyncio.wait_for(_until_ready(process), START_SECONDS)
    except (TimeoutError, RoleFailed) as error:
        await running.kill()
        raise RoleFailed(f"{role.name} did not start: see {log}\n{_tail(log)}") from error
    return running


def _opened(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")


async def _until_ready(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        if line.decode(errors="replace").strip() == READY:
            return
    raise RoleFailed


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextlib.asynccontextmanager
async def running_roles(
    roles: Sequence[Role], *, logs: Path, environment: Mapping[str, str]
) -> AsyncIterator[list[Running]]:
    """The roles, started in order, stopped in reverse order when the context ends."""
    started: list[Running] = []
    try:
        for role in roles:
            started.append(await start_role(role, logs=logs, environment=environment))
        yield started
    finally:
        for role_running in reversed(started):
            await role_running.stop()


async def until_one_ends(running: Sequence[Running]) -> Running:
    """The first role that ended by itself."""
    waiting = {asyncio.create_task(one.ended()): one for one in running}
    done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    return waiting[done.pop()]


async def run_until_stopped() -> None:
    """Say that this role is ready, and wait for SIGTERM or SIGINT."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    print(READY, flush=True)  # noqa: T201 - the supervisor reads it
    await stopped.wait()
