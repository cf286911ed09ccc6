"""The ledger's JSON-RPC serves ethers, a library that knows nothing of us."""

from collections.abc import Iterator
from pathlib import Path

import coincurve
import pytest
from web3 import HTTPProvider

from mrc.infra.chain.client import deploy
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.free_ports import find_free_ports
from tests.interop.strangers import StrangerRefused, Strangers
from tests.simulators.ledger_server import start_ledger


@pytest.fixture
def ledger_url(tmp_path: Path) -> Iterator[str]:
    port = find_free_ports(1)
    process = start_ledger(tmp_path, port, "--key-file", str(tmp_path / "validator.key"))
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def test_ethers_reads_writes_and_queries(ledger_url: str, strangers: Strangers) -> None:
    seat = coincurve.PrivateKey().secret
    made = deploy(HTTPProvider(ledger_url), seat, [SoftwareSealer(seat).address], 1)
    told = {"url": ledger_url, "address": "0x" + made.hex(), "seat": "0x" + seat.hex()}
    shown = strangers.node("ledger", "propose", **told)
    assert shown == {"threshold": 1, "status": 1, "events": 1}


def test_ethers_is_told_why_a_stranger_may_not_propose(
    ledger_url: str, strangers: Strangers
) -> None:
    seat, other = coincurve.PrivateKey().secret, coincurve.PrivateKey().secret
    made = deploy(HTTPProvider(ledger_url), seat, [SoftwareSealer(seat).address], 1)
    told = {"url": ledger_url, "address": "0x" + made.hex(), "seat": "0x" + other.hex()}
    with pytest.raises(StrangerRefused, match="revert"):
        strangers.node("ledger", "propose", **told)
