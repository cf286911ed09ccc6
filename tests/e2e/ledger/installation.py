"""An installation of real processes that a test kills and starts again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from mrc.cli.practice import import_practice
from mrc.cli.story.teller import Teller
from mrc.infra.free_ports import find_free_ports
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.processes import Role, Running, start_role
from mrc.infra.settings import Host, LedgerPolicy, Settings
from mrc.infra.stores.audit import AuditLog
from mrc.wiring.installation import environment_of
from mrc.wiring.ledger_files import LedgerFiles

PORTS = len(Host) + 2
PATIENCE_S = 60


@dataclass
class Installation:
    settings: Settings
    teller: Teller
    running: dict[str, Running]

    async def start(self, role: Role) -> None:
        logs, environment = self.settings.home / "logs", environment_of(self.settings)
        self.running[role.name] = await start_role(role, logs=logs, environment=environment)

    async def kill(self, role: Role) -> None:
        await self.running[role.name].kill()


@contextlib.asynccontextmanager
async def installed(home: Path, *roles: Role) -> AsyncIterator[Installation]:
    """An installation with practice data and a tick a second, its `roles` started in order."""
    first = find_free_ports(PORTS)
    settings = Settings(
        home=home,
        first_port=first,
        ledger_port=first + PORTS - 1,
        anchor_seconds=1,
        ledger_policy=LedgerPolicy.REQUIRED,
    )
    console = Console(quiet=True)
    import_practice(settings, console)
    teller = Teller(home=home, environment=environment_of(settings), console=console)
    made = Installation(settings, teller, {})
    async with contextlib.AsyncExitStack() as stack:
        for role in roles:
            await made.start(role)
        stack.push_async_callback(_stop, made)
        yield made


async def _stop(installation: Installation) -> None:
    for running in installation.running.values():
        await running.stop()


async def audit(
    installation: Installation, authority: str = "authority", *, ticks: int = 1
) -> dict[str, object]:
    """The report of `mrc audit verify`, once at least so many ticks are anchored."""
    command = ("audit", "verify", "--authority", authority)
    for _ in range(PATIENCE_S):
        told = await asyncio.to_thread(installation.teller.mrc, *command, may_fail=True)
        if told.code == 0 and told.value["ticks"] >= ticks and told.value["anchored_heads"]:
            return dict(told.value)
        await asyncio.sleep(1)
    raise AssertionError(f"the audit log does not agree with the ledger: {told}")


async def acts_of(installation: Installation, role: str, kind: str) -> int:
    """How many acts of a kind a role's log holds, once there is one."""
    log = AuditLog(LedgerFiles(installation.settings.home).audit_log(role), SystemEntropy())
    with contextlib.closing(log):
        for _ in range(PATIENCE_S):
            found = sum(kind.encode() in leaf for leaf in log.leaves())
            if found:
                return found
            await asyncio.sleep(1)
    raise AssertionError(f"no act {kind} in the log of {role}")
