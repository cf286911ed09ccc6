"""The holder's app and `mrc wallet` on one wallet: each sees what the other did, in turns."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from mrc.infra.free_ports import find_free_ports
from mrc.infra.settings import Host, Settings
from mrc.kernel.errors import Unavailable
from mrc.wiring.wallet_process import process_wallet, shared_wallet, wallet_folder
from mrc.wiring.wallet_server import served_wallet

PIN = "493817"
NAME = "phone"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", first_port=find_free_ports(len(Host)))


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    async with served_wallet(settings, NAME) as served:
        transport = httpx2.ASGITransport(app=served.app)
        base = settings.url_of(Host.WALLET)
        headers = {"origin": base, "accept-language": "en"}
        async with httpx2.AsyncClient(
            transport=transport, base_url=base, headers=headers, follow_redirects=True
        ) as client:
            assert (await client.get(served.link)).status_code == 200
            yield client


def command(settings: Settings, *words: str) -> "subprocess.CompletedProcess[str]":
    pin_file = settings.home / "pin"
    pin_file.write_text(PIN)
    pin_file.chmod(0o600)
    program = [sys.executable, "-m", "mrc", "wallet", "--pin-file", str(pin_file), *words]
    environment = os.environ | {
        "MRC_HOME": str(settings.home),
        "MRC_FIRST_PORT": str(settings.first_port),
    }
    return subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60)


@contextlib.contextmanager
def kept(settings: Settings) -> Iterator[None]:
    """Another program has the wallet's turn."""
    with (wallet_folder(settings, NAME) / "wallet.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def test_a_wallet_activated_by_command_opens_in_the_app_that_already_runs(
    settings: Settings, app: httpx2.AsyncClient
) -> None:
    assert "activated" in command(settings, "activate", "--json").stdout
    log = wallet_folder(settings, NAME) / "wallet.sqlite3-wal"
    assert log.exists(), "the command must leave the log of the app's open file"
    opened = await app.post("/app/unlock", data={"pin": PIN})
    assert opened.url.path == "/app/"
    assert opened.status_code == 200
    assert command(settings, "cards").stdout == "No cards yet.\n"
    assert (await app.get("/app/")).status_code == 200


async def test_an_act_of_the_app_waits_for_a_command_and_then_says_so(
    settings: Settings, app: httpx2.AsyncClient
) -> None:
    assert command(settings, "activate").returncode == 0
    with kept(settings):
        refused = await app.post("/app/unlock", data={"pin": PIN})
    assert refused.status_code == 503
    assert "open in another program" in refused.text
    assert (await app.post("/app/unlock", data={"pin": PIN})).url.path == "/app/"


async def test_a_command_is_turned_away_while_the_app_acts(
    settings: Settings, app: httpx2.AsyncClient
) -> None:
    async with shared_wallet(settings, NAME) as wallet, wallet.turn.take():
        refused = command(settings, "activate")
    assert refused.returncode != 0
    assert "open in another program" in refused.stderr


async def test_a_command_keeps_the_wallet_until_it_ends(settings: Settings) -> None:
    async with process_wallet(settings, NAME):
        with pytest.raises(Unavailable, match="another program"):
            async with process_wallet(settings, NAME):
                pass
