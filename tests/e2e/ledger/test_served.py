"""`mrc ledger serve` as others use it: the commands, web3.py and WebSocket.

With MRC_TEST_LEDGER_RPC the client's story runs unchanged against any other node at that address
(a Besu network).
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import coincurve
import pytest
from click.testing import CliRunner
from web3 import HTTPProvider, Web3
from websockets.sync.client import connect

from mrc.cli.ledger import ledger
from mrc.infra.chain.client import LedgerClient, LedgerWriter, Wanted, deploy
from mrc.infra.chain.council import decide, nominate_writer
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.free_ports import find_free_ports
from mrc.infra.keys.software import SystemEntropy
from mrc.ledger.anchors import publication
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.headers import decode_header
from mrc.ledger.proofs import LedgerTrust, check_bundle
from mrc.ledger.statements import organisation_id, stream_id
from mrc.ledger.trust_file import encode_trust
from tests.simulators.ledger_server import start_ledger

OTHER_RPC = os.environ.get("MRC_TEST_LEDGER_RPC")


@dataclass(frozen=True)
class Served:
    url: str
    directory: Path
    process: "subprocess.Popen[bytes] | None"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("served")
    if OTHER_RPC:
        yield Served(OTHER_RPC, directory, None)
        return
    port = find_free_ports(1)
    process = start_ledger(directory, port, "--key-file", str(directory / "validator.key"))
    yield Served(f"http://127.0.0.1:{port}", directory, process)
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def client(served: Served) -> LedgerClient:
    provider = HTTPProvider(served.url)
    keys = [coincurve.PrivateKey().secret for _ in range(2)]
    members = [SoftwareSealer(key).address for key in keys]
    return LedgerClient(provider, deploy(provider, keys[0], members, 1))


def test_the_whole_story_over_http(served: Served, client: LedgerClient, tmp_path: Path) -> None:
    """Council, writer, anchor, bundle, offline check: unchanged against any node."""
    secrets = [coincurve.PrivateKey().secret for _ in range(3)]
    members = [SoftwareSealer(key).address for key in secrets]
    provider = HTTPProvider(served.url)
    own = LedgerClient(provider, deploy(provider, secrets[0], members, 2))
    seats = [LedgerWriter(own, key) for key in secrets]
    writer = LedgerWriter(own, coincurve.PrivateKey().secret)
    stream, now = stream_id(os.urandom(16)), datetime.now(UTC)
    decide(seats[:2], nominate_writer(stream, writer.address), now=now)
    publisher = Publisher(writer, Journal(tmp_path / "journal"), stream, SystemEntropy())
    publisher.take_stream()
    publisher.anchor([publication("https://x.example/1", "text/plain", now, b"list")])
    validators = own.newest_header().extra.validators
    trust = LedgerTrust(contract=own.address, validators=frozenset(validators))
    bundle = publisher.bundle_of([("https://x.example/1", "text/plain")])
    facts = check_bundle(decode_bundle(bundle), trust=trust, at=datetime.now(UTC))
    head = facts.streams[stream]
    assert head is not None
    assert head.tick == 1


def test_headers_over_the_wire_hash_to_their_block(served: Served, client: LedgerClient) -> None:
    header = client.newest_header()
    block = Web3(HTTPProvider(served.url)).provider.make_request(
        "eth_getBlockByNumber",  # type: ignore[arg-type]
        [hex(header.number), False],
    )
    assert "0x" + header.block_hash.hex() == block["result"]["hash"]


def test_subscriptions_over_websocket(served: Served, client: LedgerClient) -> None:
    with connect(served.url.replace("http", "ws")) as websocket:
        for number, kind in enumerate(["newHeads", "logs"]):
            ask = {"jsonrpc": "2.0", "id": number, "method": "eth_subscribe", "params": [kind]}
            websocket.send(json.dumps(ask))
        names = [json.loads(websocket.recv(5))["result"] for _ in range(2)]
        secret = coincurve.PrivateKey().secret
        deploy(HTTPProvider(served.url), secret, [SoftwareSealer(secret).address], 1)
        heard = [json.loads(websocket.recv(5))["params"] for _ in range(3)]
    by_name = {name: [h["result"] for h in heard if h["subscription"] == name] for name in names}
    assert len(by_name[names[0]]) == 1
    assert len(by_name[names[1]]) == 2  # the first seat and the threshold
    assert by_name[names[1]][0]["blockHash"] == by_name[names[0]][0]["hash"]


def test_the_commands_look_and_check(served: Served, client: LedgerClient, tmp_path: Path) -> None:
    contract, run = "0x" + client.address.hex(), CliRunner().invoke
    shown = json.loads(
        run(ledger, ["status", "--rpc", served.url, "--contract", contract, "--json"]).output
    )
    assert (shown["council_seats"], shown["threshold"], shown["paused"]) == (2, 1, False)
    nobody = organisation_id(bytes(16))
    (tmp_path / "bundle.json").write_bytes(client.bundle(Wanted(organisations=[nobody])))
    validators = client.newest_header().extra.validators
    trust = LedgerTrust(contract=client.address, validators=frozenset(validators))
    (tmp_path / "trust.json").write_bytes(encode_trust(trust))
    file = ["bundle", "check", str(tmp_path / "bundle.json"), "--json"]
    told = run(ledger, [*file, "--trust", str(tmp_path / "trust.json")])
    assert (told.exit_code, json.loads(told.output)["outcome"]) == (0, "passed")
    assert run(ledger, file, env={"MRC_HOME": str(tmp_path)}).exit_code == 2
    check = [*file, "--contract", contract]
    good = run(ledger, [*check, "--validator", *shown["validators"]])
    assert (good.exit_code, json.loads(good.output)["outcome"]) == (0, "passed")
    forged = run(ledger, [*check, "--validator", "0x" + "01" * 20])
    assert (forged.exit_code, json.loads(forged.output)["reason"]) == (1, "other_validators")


def test_network_init_writes_a_network_once(tmp_path: Path) -> None:
    run = CliRunner().invoke
    arguments = ["network", "init", str(tmp_path / "net"), "--validators", "4"]
    assert run(ledger, arguments).exit_code == 0
    assert run(ledger, arguments).exit_code == 1
    assert len(list((tmp_path / "net").glob("node-*/key"))) == 4


@pytest.mark.skipif(OTHER_RPC is not None, reason="another node's files are not ours")
def test_a_second_process_reads_the_file(served: Served, client: LedgerClient) -> None:
    port = find_free_ports(1)
    reader = start_ledger(served.directory, port, "--read-only")
    try:
        there = LedgerClient(HTTPProvider(f"http://127.0.0.1:{port}"), client.address)
        assert there.read("occupied") == 2
        assert there.newest_header().number >= 1
    finally:
        reader.terminate()
        reader.wait(10)


@pytest.mark.skipif(OTHER_RPC is not None, reason="another node is not killed")
def test_a_killed_server_comes_back_with_everything(tmp_path: Path) -> None:
    port, key = find_free_ports(1), ["--key-file", str(tmp_path / "key")]
    process = start_ledger(tmp_path, port, *key)
    provider = HTTPProvider(f"http://127.0.0.1:{port}")
    secret = coincurve.PrivateKey().secret
    made = deploy(provider, secret, [SoftwareSealer(secret).address], 1)
    process.kill()
    process.wait(10)
    process = start_ledger(tmp_path, port, *key)
    try:
        assert LedgerClient(provider, made).read("occupied") == 1
    finally:
        process.terminate()
        process.wait(10)


def test_the_genesis_of_a_served_chain_is_read(served: Served, client: LedgerClient) -> None:
    block = client.web3.eth.get_block(0)
    assert block["number"] == 0
    assert decode_header(client.newest_header().encode()).number > 0
    assert timedelta(0) <= datetime.now(UTC) - client.newest_header().timestamp < timedelta(hours=1)
