"""A private PC/SC stack: pcscd and vpcd in a network and mount namespace of their own.

The daemon's socket is bound into a temporary folder, where our reader finds it by
PCSCLITE_CSOCK_NAME; vpcd's port is reachable from inside the namespace alone, so no other process
can insert a card, and stacks do not disturb each other.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

MRC = str(Path(sys.executable).parent / "mrc")
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_TOOLS = ("pcscd", "unshare", "nsenter", "ip")
_START_SECONDS = 15
_SCRIPT = """
set -e
ip link set lo up
mount --bind "$1" /run/pcscd
exec pcscd --foreground
"""


@dataclass
class Stack:
    """A running pcscd. `card` puts an emulated card into its first slot."""

    pid: int
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PCSCLITE_CSOCK_NAME": str(self.folder / "pcscd.comm")}

    def inside(self, *command: str) -> list[str]:
        return ["nsenter", "--target", str(self.pid), "--net", *command]

    def card(self, path: Path, *options: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Our emulator with the card of that file."""
        return self.emulator(path.with_suffix(".log"), MRC, "ic-card", "emulate", path, *options)

    @contextmanager
    def emulator(self, log_path: Path, *command: object) -> Iterator[subprocess.Popen[bytes]]:
        """Any program that plays a card for vpcd."""
        with open(log_path, "wb") as log:
            process = subprocess.Popen(
                self.inside(*map(str, command)), stderr=log, stdout=log, env=self.environment
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=10)
            time.sleep(0.5)  # until pcscd has noticed that the slot is empty


@contextmanager
def running_stack() -> Iterator[Stack]:
    missing = [
        tool
        for tool in _TOOLS
        if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin") is None
    ]
    assert not missing, f"not installed: {missing} (apt-get install pcscd vsmartcard-vpcd iproute2)"
    assert DRIVER.exists(), "vpcd is not installed (apt-get install vsmartcard-vpcd)"
    folder = Path(tempfile.mkdtemp(prefix="mrc-pcsc-"))
    Path("/run/pcscd").mkdir(exist_ok=True)
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    with open(folder / "pcscd.log", "wb") as log:
        daemon = subprocess.Popen(
            ["unshare", *as_root, "--mount", "--net", "sh", "-c", _SCRIPT, "sh", str(folder)],
            stdout=log,
            stderr=log,
        )
    made = Stack(pid=daemon.pid, folder=folder)
    try:
        _await_socket(made, daemon)
        os.environ["PCSCLITE_CSOCK_NAME"] = made.environment["PCSCLITE_CSOCK_NAME"]
        yield made
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=10)
        os.environ.pop("PCSCLITE_CSOCK_NAME", None)
        shutil.rmtree(folder, ignore_errors=True)


def _await_socket(stack: Stack, daemon: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (stack.folder / "pcscd.comm").exists():
        log = (stack.folder / "pcscd.log").read_text(errors="replace")
        assert daemon.poll() is None, f"pcscd did not start: {log}"
        assert time.monotonic() < deadline, f"pcscd opened no socket: {log}"
        time.sleep(0.05)
