"""A whole authority in real processes, and the desk that makes chip cards: for issuance end to end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from mrc.cli.practice import import_practice
from mrc.cli.story import ic_card
from mrc.cli.story.teller import Teller
from mrc.infra.free_ports import find_free_ports
from mrc.infra.settings import Host, Settings
from mrc.wiring.installation import environment_of

MRC = str(Path(sys.executable).parent / "mrc")
_ROLES = (("sandbox", "carrier"), ("provider",), ("authority",))
_START_SECONDS = 60
_HOSTS = {"sandbox": Host.CARRIER, "provider": Host.PROVIDER, "authority": Host.ISSUER}


@dataclass
class Installation:
    settings: Settings
    teller: Teller
    processes: dict[str, subprocess.Popen[bytes]]
    office: ic_card.Office | None = None

    def start(self, *role: str) -> None:
        log = open(self.settings.home / f"{role[0]}.log", "ab")  # noqa: SIM115 - the role's
        self.processes[role[0]] = subprocess.Popen(
            [MRC, *role],
            env={**os.environ, **environment_of(self.settings)},
            stdout=log,
            stderr=log,
        )
        self._await(role[0])

    def kill(self, role: str) -> None:
        """No farewell: as a power cut."""
        process = self.processes.pop(role)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)

    def restart(self, *role: str) -> None:
        self.kill(role[0])
        self.start(*role)

    def _await(self, role: str) -> None:
        import socket

        port = urlsplit(self.settings.url_of(_HOSTS[role])).port
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            assert self.processes[role].poll() is None, self.log(role)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.1)
        raise AssertionError(f"{role} did not start: {self.log(role)}")

    def log(self, role: str) -> str:
        return (self.settings.home / f"{role}.log").read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout=20)

    def mrc(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MRC, *arguments],
            env={**os.environ, **environment_of(self.settings), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextlib.contextmanager
def installation(home: Path) -> Iterator[Installation]:
    """Carrier, provider and authority with practice people and one active chip card."""
    first = find_free_ports(len(Host) + 2)
    settings = Settings(home=home, first_port=first, ledger_port=first + len(Host) + 1)
    console = Console(stderr=True, quiet=True)
    teller = Teller(home=home, environment=environment_of(settings), console=console)
    made = Installation(settings=settings, teller=teller, processes={})
    try:
        import_practice(settings, console)
        for role in _ROLES:
            made.start(*role)
        made.office = ic_card.make_card(teller)
        yield made
    finally:
        made.stop()


def json_of(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr + done.stdout
    value: dict[str, object] = json.loads(done.stdout)
    return value
