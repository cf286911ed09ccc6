"""The app and a command on the same wallet's file: nothing is lost, and they take turns."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mrc.infra.wallet_host.storage import FileRecordStore, WalletFile
from mrc.infra.wallet_host.turn import WalletTurn
from mrc.kernel.errors import Unavailable

_VISIT = """
import sqlite3, sys
visitor = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
visitor.execute("insert into record values (?, ?)", (sys.argv[2], b"of the visitor"))
visitor.close()
"""
_KEEP = """
import fcntl, sys
lock = open(sys.argv[1], "r+")
fcntl.flock(lock, fcntl.LOCK_EX)
print("taken", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wallet.sqlite3"


def visit(path: Path, name: str) -> None:
    """Another program opens the file, writes one record and closes it."""
    subprocess.run([sys.executable, "-c", _VISIT, str(path), name], check=True, timeout=30)


@contextlib.contextmanager
def kept_by_another(lock: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", _KEEP, str(lock)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        try:
            yield process
        finally:
            process.kill()


async def test_a_visitor_leaves_the_write_ahead_log_of_an_open_wallet(path: Path) -> None:
    """Twice open in this process: the second opening must not end the first one's locks."""
    with (
        contextlib.closing(WalletFile(path)) as first,
        contextlib.closing(WalletFile(path)) as second,
    ):
        await FileRecordStore(first).commit({"a": b"before"})
        visit(path, "v1")
        assert path.with_name("wallet.sqlite3-wal").exists()
        await FileRecordStore(second).commit({"b": b"after"})
        visit(path, "v2")
        assert await FileRecordStore(first).names("") == ["a", "b", "v1", "v2"]
    with contextlib.closing(sqlite3.connect(path)) as later:
        assert later.execute("select count(*) from record").fetchone() == (4,)
        assert later.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_new_file_is_its_owners_alone(path: Path) -> None:
    WalletFile(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_second_process_is_turned_away_while_the_first_acts(tmp_path: Path) -> None:
    lock = tmp_path / "wallet.lock"
    turn = WalletTurn(lock, wait_seconds=0.1)
    with (
        contextlib.closing(turn),
        kept_by_another(lock),
        pytest.raises(Unavailable, match="another program"),
    ):
        await _act(turn)


async def test_the_turn_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "wallet.lock"
    with contextlib.closing(WalletTurn(lock)) as turn, kept_by_another(lock) as other:
        waiting = asyncio.create_task(_act(turn))
        await asyncio.sleep(0)
        assert not waiting.done()
        other.kill()
        other.wait(timeout=30)
        await waiting


async def test_the_turn_ends_with_the_last_act_of_a_process(tmp_path: Path) -> None:
    lock = tmp_path / "wallet.lock"
    with (
        contextlib.closing(WalletTurn(lock)) as ours,
        contextlib.closing(WalletTurn(lock, wait_seconds=0.0)) as theirs,
    ):
        async with ours.take():
            async with ours.take():
                pass
            with pytest.raises(Unavailable):
                await _act(theirs)
        await _act(theirs)


async def _act(turn: WalletTurn) -> None:
    async with turn.take():
        pass
