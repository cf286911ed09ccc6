"""`mrc ledger serve` as a process of its own, for tests that speak to it over a socket."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 1_200  # times 50 ms: a loaded machine takes its time
MRC_LEDGER = [sys.executable, "-m", "mrc", "ledger"]


def start_ledger(
    directory: Path, port: int, *more: str, **settings: object
) -> "subprocess.Popen[bytes]":
    """Returns when it accepts connections at `port`; its chain is ``DIRECTORY/ledger.sqlite``."""
    names = {f"MRC_{name.upper()}": str(value) for name, value in settings.items()}
    file = ["--file", str(directory / "ledger.sqlite"), "--port", str(port)]
    process = subprocess.Popen(
        [*MRC_LEDGER, "serve", *file, *more], stdout=subprocess.DEVNULL, env={**os.environ, **names}
    )
    for _ in range(PATIENCE):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            assert process.poll() is None
            time.sleep(0.05)
        else:
            return process
    raise AssertionError("the ledger did not start")
