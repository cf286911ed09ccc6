"""The ledger's figures: `python bench/ledger.py [--anvil PATH] [--node-modules DIR] [--kills N]`.

Sequential and batched anchors of the same contract over the same JSON-RPC client, the embedded chain
beside anvil (npm `@foundry-rs/anvil`) and beside eth-tester (PyPI, where it can be imported) in
interleaved rounds; event latency; proof check time and bundle size (three facts, four validators)
with the libraries, in pure Python and under Pyodide (npm `pyodide`); growth; reopening; kills.
Prints one JSON object.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from eth_account import Account
from websockets.sync.client import connect

from mrc.infra.chain.chain import EmbeddedChain
from mrc.infra.chain.client import Wanted
from mrc.infra.chain.contract import abi, call_data, creation_code
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.ledger import bundle as bundles
from mrc.ledger import hashing, headers, keccak, recovery, statements, trie
from mrc.ledger.anchors import publication
from mrc.ledger.proofs import check_bundle

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.simulators import ledger_world as worlds  # noqa: E402

ROUNDS, SEQUENTIAL, BATCH, CHECKS = 3, 60, 100, 200
STREAM = worlds.STREAM
SECRET = worlds.secret("bench")
TICKS_A_YEAR = 365 * 24 * 6  # every ten minutes
Figures = dict[str, Any]


class Node:
    """A JSON-RPC node with the contract on it and a stream of its own."""

    def __init__(self, url: str, chain_id: int) -> None:
        self.session = requests.Session()
        self.url, self.chain_id = url, chain_id
        self.account = Account.from_key(SECRET)
        self.nonce = int(self.ask("eth_getTransactionCount", self.account.address, "latest"), 16)
        self.tick = 0
        member = SoftwareSealer(SECRET).address
        made = self.wait(self.send(self.sign(None, creation_code([member], 1), 6_000_000)))
        self.contract = made["contractAddress"]
        block = self.ask("eth_getBlockByNumber", "latest", False)
        action = call_data("nominate_writer", STREAM, member)
        for data in (
            call_data("propose", action, int(block["timestamp"], 16) + 1000),
            call_data("execute", 1, action),
            call_data("take_stream", STREAM),
        ):
            assert self.wait(self.send(self.call(data)))["status"] == "0x1"

    def ask(self, method: str, *params: object) -> Any:
        body: Figures = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.session.post(self.url, json=body, timeout=60).json()
        assert "error" not in answer, answer
        return answer["result"]

    def sign(self, to: str | None, data: bytes, gas: int) -> str:
        fields: Figures = {"type": 2, "chainId": self.chain_id, "nonce": self.nonce, "gas": gas}
        fees = {"maxFeePerGas": 2_000_000_000, "maxPriorityFeePerGas": 0}
        if self.chain_id == worlds.CHAIN_ID:
            fees = {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
        more = {"to": bytes.fromhex(to[2:]) if to else b"", "value": 0, "data": data}
        self.nonce += 1
        signed = self.account.sign_transaction({**fields, **fees, **more})
        text: str = signed.raw_transaction.to_0x_hex()
        return text

    def call(self, data: bytes, gas: int = 500_000) -> str:
        return self.sign(self.contract, data, gas)

    def anchor(self) -> str:
        self.tick += 1
        return self.call(call_data("anchor", STREAM, self.tick, self.tick.to_bytes(32)))

    def send(self, raw: str) -> str:
        digest: str = self.ask("eth_sendRawTransaction", raw)
        return digest

    def wait(self, digest: str) -> Figures:
        while (receipt := self.ask("eth_getTransactionReceipt", digest)) is None:
            time.sleep(0.001)
        found: Figures = receipt
        return found

    def sequential(self) -> float:
        """Anchors a second, each with its receipt before the next; signing not counted."""
        raws = [self.anchor() for _ in range(SEQUENTIAL)]
        began = time.perf_counter()
        for raw in raws:
            assert self.wait(self.send(raw))["status"] == "0x1"
        return SEQUENTIAL / (time.perf_counter() - began)

    def batched(self) -> float:
        """Anchors a second as one JSON-RPC batch."""
        raws = [self.anchor() for _ in range(BATCH)]
        batch: Any = [
            {"jsonrpc": "2.0", "id": n, "method": "eth_sendRawTransaction", "params": [raw]}
            for n, raw in enumerate(raws)
        ]
        began = time.perf_counter()
        answers = self.session.post(self.url, json=batch, timeout=120).json()
        assert self.wait(answers[-1]["result"])["status"] == "0x1"
        return BATCH / (time.perf_counter() - began)

    def many(self) -> float:
        """Anchors a second in one `anchor_many` of 100."""
        roots = [number.to_bytes(32) for number in range(1, BATCH + 1)]
        raw = self.call(call_data("anchor_many", STREAM, self.tick + 1, roots), 20_000_000)
        self.tick += BATCH
        began = time.perf_counter()
        assert self.wait(self.send(raw))["status"] == "0x1"
        return BATCH / (time.perf_counter() - began)

    def event_latency_ms(self) -> float:
        """From sending a transaction to its event on a WebSocket of its own."""
        with connect(self.url.replace("http", "ws")) as websocket:
            ask = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["logs", {}]}
            websocket.send(json.dumps(ask))
            websocket.recv(5)
            times = []
            for _ in range(10):
                raw = self.anchor()
                began = time.perf_counter()
                self.send(raw)
                websocket.recv(5)
                times.append((time.perf_counter() - began) * 1000)
        return statistics.median(times)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: list[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def embedded(directory: Path) -> Iterator[Node]:
    port = free_port()
    files = ["--file", str(directory / "l.sqlite"), "--key-file", str(directory / "key")]
    start = "from mrc.cli.main import main; main()"
    command = [sys.executable, "-c", start, "ledger", "serve", *files, "--port", str(port)]
    with started(command, port) as url:
        yield Node(url, worlds.CHAIN_ID)


@contextmanager
def anvil(program: str) -> Iterator[Node]:
    port = free_port()
    free_gas = ["--gas-price", "0", "--block-base-fee-per-gas", "0"]
    with started([program, "--port", str(port), "--silent", *free_gas], port) as url:
        session = requests.Session()
        ask: Figures = {"jsonrpc": "2.0", "id": 1, "method": "anvil_setBalance"}
        address = Account.from_key(SECRET).address
        session.post(url, json={**ask, "params": [address, hex(10**21)]}, timeout=10)
        yield Node(url, 31337)


def in_process(directory: Path) -> Callable[[], float]:
    """Sequential anchors without a socket, through the client's web3.py: for eth-tester's row."""
    world = worlds.make_world(directory)

    def run() -> float:
        head = world.client.stream_head(STREAM)
        first = 1 if head is None else head.tick + 1
        began = time.perf_counter()
        for tick in range(first, first + SEQUENTIAL):
            world.writer.write("anchor", STREAM, tick, b"\x01" * 32)
        return SEQUENTIAL / (time.perf_counter() - began)

    return run


def with_eth_tester() -> Callable[[], float] | None:
    """The same contract and calls on eth-tester, in memory; None where it is not installed."""
    try:
        from eth_tester import EthereumTester, PyEVMBackend  # type: ignore[import-not-found]
    except ImportError:
        return None
    from web3 import EthereumTesterProvider, Web3

    web3 = Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend())))
    account = Account.from_key(SECRET)
    rich = web3.eth.accounts[0]
    web3.eth.send_transaction({"from": rich, "to": account.address, "value": 10**20})  # type: ignore[typeddict-item]
    member = SoftwareSealer(SECRET).address

    def send(to: object, data: bytes, gas: int) -> Any:
        fields = {
            "type": 2,
            "chainId": web3.eth.chain_id,
            "nonce": web3.eth.get_transaction_count(account.address),
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 0,
            "gas": gas,
            "to": to,
            "value": 0,
            "data": data,
        }
        digest = web3.eth.send_raw_transaction(account.sign_transaction(fields).raw_transaction)
        return web3.eth.wait_for_transaction_receipt(digest, poll_latency=0.001)

    contract = send(b"", creation_code([member], 1), 6_000_000)["contractAddress"]
    ledger = web3.eth.contract(address=contract, abi=abi())
    action = call_data("nominate_writer", STREAM, member)
    now = web3.eth.get_block("latest")["timestamp"]
    send(contract, call_data("propose", action, now + 1000), 500_000)
    send(contract, call_data("execute", 1, action), 500_000)
    send(contract, call_data("take_stream", STREAM), 500_000)

    def run() -> float:
        first = (ledger.functions.streams(STREAM).call()[0] >> 64) + 1
        began = time.perf_counter()
        for tick in range(first, first + SEQUENTIAL):
            receipt = send(contract, call_data("anchor", STREAM, tick, b"\x01" * 32), 500_000)
            assert receipt["status"] == 1
        return SEQUENTIAL / (time.perf_counter() - began)

    return run


def rates(nodes: dict[str, Node], local: dict[str, Callable[[], float]]) -> Figures:
    """Medians over interleaved rounds."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS):
        for name, node in nodes.items():
            row = found.setdefault(name, {})
            row.setdefault("sequential_per_s", []).append(node.sequential())
            row.setdefault("batched_per_s", []).append(node.batched())
            row.setdefault("anchor_many_per_s", []).append(node.many())
            row.setdefault("event_latency_ms", []).append(node.event_latency_ms())
        for name, run in local.items():
            found.setdefault(name, {}).setdefault("sequential_per_s", []).append(run())
    return {
        name: {figure: round(statistics.median(values), 1) for figure, values in row.items()}
        for name, row in found.items()
    }


def three_facts(directory: Path) -> tuple[bytes, Any]:
    """A bundle of an issuer, an entitled asker and an anchored list, sealed by four validators."""
    world = worlds.make_settled_world(directory)
    for _ in range(50):
        world.publisher.anchor([publication(worlds.URI, worlds.JWT, worlds.NOW, b"list")])
    batch = world.journal.find_newest_anchored(STREAM)
    assert batch is not None
    wanted = Wanted(
        organisations=[worlds.ISSUER],
        entitlements=[(worlds.ASKER, worlds.PURPOSE)],
        publications=[batch.prove(0)],
    )
    made = bundles.decode_bundle(world.client.bundle(wanted))
    data = bundles.encode_bundle(worlds.reseal(made, worlds.VALIDATORS))
    trust = worlds.four_validators(world.client.address)
    world.close()
    return data, trust


def check_ms(data: bytes, trust: Any, count: int) -> float:
    times = []
    for _ in range(count):
        began = time.perf_counter()
        check_bundle(bundles.decode_bundle(data), trust=trust, at=worlds.NOW)
        times.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(times), 3)


def pure_check_ms(data: bytes, trust: Any) -> float:
    """With the fall-backs in place of the libraries, everywhere they are used."""
    for module in (headers, trie, statements, hashing):
        if hasattr(module, "keccak256"):
            module.keccak256 = keccak.keccak256  # type: ignore[attr-defined]
        if hasattr(module, "recover_address"):
            module.recover_address = recovery.recover_address  # type: ignore[attr-defined]
    return check_ms(data, trust, 10)


PYODIDE = """
const { loadPyodide } = require("pyodide");
const fs = require("fs"), path = require("path");
(async () => {
  const [source, work] = process.argv.slice(1);
  const python = await loadPyodide();
  const copy = (from, to) => {
    python.FS.mkdirTree(to);
    for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
      const [a, b] = [path.join(from, entry.name), to + "/" + entry.name];
      if (entry.isDirectory()) copy(a, b);
      else if (entry.name.endsWith(".py")) python.FS.writeFile(b, fs.readFileSync(a));
    }
  };
  for (const room of ["kernel", "ledger"]) copy(path.join(source, room), "/app/mrc/" + room);
  python.FS.writeFile("/app/mrc/__init__.py", "");
  python.FS.writeFile("/bundle", fs.readFileSync(path.join(work, "bundle.json")));
  python.FS.writeFile("/trust", fs.readFileSync(path.join(work, "trust.json")));
  console.log(python.runPython(`
import json, statistics, sys, time
from datetime import datetime
sys.path.insert(0, "/app")
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.proofs import LedgerTrust, check_bundle
with open("/bundle", "rb") as file:
    data = file.read()
with open("/trust") as file:
    told = json.load(file)
trust = LedgerTrust(contract=bytes.fromhex(told["contract"]),
                    validators=frozenset(map(bytes.fromhex, told["validators"])))
at, times = datetime.fromisoformat(told["at"]), []
for _ in range(10):
    began = time.perf_counter()
    check_bundle(decode_bundle(data), trust=trust, at=at)
    times.append((time.perf_counter() - began) * 1000)
str(round(statistics.median(times), 1))
`));
})();
"""


def pyodide_check_ms(data: bytes, trust: Any, node_modules: str, work: Path) -> float:
    (work / "bundle.json").write_bytes(data)
    told = {
        "contract": trust.contract.hex(),
        "validators": [address.hex() for address in trust.validators],
        "at": worlds.NOW.isoformat(),
    }
    (work / "trust.json").write_text(json.dumps(told))
    command = ["node", "-e", PYODIDE, "--", str(ROOT / "src" / "mrc"), str(work)]
    environment = {**os.environ, "NODE_PATH": node_modules}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(run.stdout.strip().splitlines()[-1])


def growth_and_reopening(directory: Path) -> Figures:
    """Bytes for each tick at the default timetable, and opening what a year leaves."""
    world = worlds.make_world(directory)
    file = directory / "ledger.sqlite"
    ticks = 600

    def size() -> int:
        world.chain.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return file.stat().st_size

    before = size()
    for tick in range(1, ticks + 1):
        world.clock.at += timedelta(minutes=10)
        world.writer.write("anchor", STREAM, tick, tick.to_bytes(32, "little"))
    a_tick = (size() - before) / ticks
    world.close()
    began = time.perf_counter()
    chain = EmbeddedChain.open(
        file, sealer=worlds.VALIDATORS[0], clock=world.clock, chain_id=worlds.CHAIN_ID
    )
    reopening = (time.perf_counter() - began) * 1000
    chain.close()
    return {
        "bytes_per_tick": round(a_tick),
        "mb_per_year_at_ten_minutes": round(a_tick * TICKS_A_YEAR / 1e6, 1),
        "reopening_ms": round(reopening, 1),
    }


def kills(directory: Path, count: int, simulator: str) -> Figures:
    command = [sys.executable, "-m", f"tests.simulators.{simulator}", str(directory), str(count)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    toll: Figures = json.loads(run.stdout)
    return toll


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anvil", help="the anvil program")
    parser.add_argument("--node-modules", default="", help="a folder that holds pyodide")
    parser.add_argument("--kills", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for part in ("served", "local", "facts", "growth", "kills", "sockets"):
            (work / part).mkdir()
        figures: Figures = {"rates": measure_rates(work, chosen.anvil)}
        data, trust = three_facts(work / "facts")
        figures["bundle_bytes"] = len(data)
        figures["check_ms"] = check_ms(data, trust, CHECKS)
        if (Path(chosen.node_modules) / "pyodide").is_dir():
            milliseconds = pyodide_check_ms(data, trust, chosen.node_modules, work)
            figures["check_pyodide_ms"] = milliseconds
        figures["growth"] = growth_and_reopening(work / "growth")
        figures["kills"] = kills(work / "kills", chosen.kills, "ledger_kills")
        figures["kills_over_rpc"] = kills(work / "sockets", chosen.kills, "publisher_kills")
        figures["check_pure_ms"] = pure_check_ms(data, trust)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def measure_rates(work: Path, anvil_program: str | None) -> Figures:
    local = {"embedded, in process through web3.py": in_process(work / "local")}
    tester = with_eth_tester()
    if tester is not None:
        local["eth-tester, in memory through web3.py"] = tester
    with embedded(work / "served") as own:
        if anvil_program is None:
            return rates({"embedded": own}, local)
        with anvil(anvil_program) as other:
            return rates({"embedded": own, "anvil": other}, local)


if __name__ == "__main__":
    main()
