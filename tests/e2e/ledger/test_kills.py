"""Whatever moment the process dies: nothing acknowledged is lost, nothing doubles."""

import json
import subprocess
import sys
from pathlib import Path

from mrc.infra.chain.store import WAL_PAGES

ROOT = Path(__file__).parents[3]
KILLS = 20  # bench/ledger.py does 200
SOCKET_KILLS = 9  # so many of these, too
LONGEST_LOG_BYTES = (WAL_PAGES + 250) * 4_120  # with the block that reached the limit
REOPENING_CPU_MS = 100  # measured: 2 to 5; the wall clock of a loaded machine says little


def test_no_kill_loses_an_acknowledged_anchor(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.simulators.ledger_kills", str(tmp_path), str(KILLS)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    toll = json.loads(run.stdout)
    assert toll["kills"] == KILLS
    assert toll["acknowledged"] >= KILLS // 2
    faults = ("lost", "gaps", "doubles", "roots_that_differ")
    assert {name: toll[name] for name in faults} == dict.fromkeys(faults, 0)
    assert 100_000 < toll["largest_wal_bytes"] < LONGEST_LOG_BYTES
    assert 0 < toll["slowest_reopening_cpu_ms"] < REOPENING_CPU_MS


def test_no_kill_of_publisher_or_ledger_loses_an_anchor_sent_over_a_socket(tmp_path: Path) -> None:
    """The issuer's process and the ledger's die in turns and at once; each goes on by itself."""
    command = [sys.executable, "-m", "tests.simulators.publisher_kills", str(tmp_path)]
    run = subprocess.run(
        [*command, str(SOCKET_KILLS)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    toll = json.loads(run.stdout)
    assert toll.pop("kills") == SOCKET_KILLS
    assert toll.pop("acknowledged") >= SOCKET_KILLS
    assert toll == dict.fromkeys(toll, 0)
    assert {"lost", "gaps", "doubles", "roots_that_differ", "unsettled"} <= set(toll)
