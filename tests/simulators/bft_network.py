"""Four real validators on this machine: CometBFT with an EVM, from the `injective-core` wheel.

BUSL-1.1: for tests only, never a dependency, never shipped. Every listener is bound to loopback. The
consensus tolerates one fault of four, halts at two, and goes on when they are back. Its headers and
proofs are not Ethereum's, so bundles cannot be checked on it.
"""

import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from web3 import HTTPProvider

from mrc.infra.free_ports import find_free_ports
from mrc.ledger.headers import Address

NETWORK = "injective-777"
EVM_CHAIN_ID = 1776
MAX_FEE = 2_000_000_000
VALIDATORS = 4
PORTS_EACH = 10
RICH = f"{10**24}inj"
STAKE = f"{10**21}inj"
_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class BftNetwork:
    """Makes, starts, stops and kills the four nodes under `directory`."""

    def __init__(self, binary: Path, directory: Path, funded: Sequence[Address]) -> None:
        self._binary = binary
        self._directory = directory
        self._environment = {**os.environ, "LD_LIBRARY_PATH": str(binary.parent)}
        self._first_port = find_free_ports(VALIDATORS * PORTS_EACH)
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._prepare(funded)

    def provider(self, number: int) -> HTTPProvider:
        return HTTPProvider(
            f"http://127.0.0.1:{self._port(number, 2)}", request_kwargs={"timeout": 20}
        )

    def start(self, *numbers: int) -> None:
        for number in numbers:
            with (self._directory / f"node-{number}.log").open("ab") as log:
                self._running[number] = subprocess.Popen(
                    [str(self._binary), "start", "--home", str(self._home(number))],
                    env=self._environment,
                    stdout=log,
                    stderr=log,
                )

    def kill(self, *numbers: int) -> None:
        for number in numbers:
            process = self._running.pop(number)
            process.kill()
            process.wait(30)

    def stop_all(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(60)
        self._running.clear()

    def height(self, number: int) -> int:
        """The node's newest block; -1 where it does not answer."""
        try:
            answer = self.provider(number).make_request("eth_blockNumber", [])
        except OSError:
            return -1
        return int(str(answer.get("result", "-0x1")), 16)

    def await_height(self, number: int, height: int, patience_s: float = 120) -> None:
        until = time.monotonic() + patience_s
        while self.height(number) < height:
            if time.monotonic() > until:
                raise AssertionError(f"node {number} did not reach block {height}")
            time.sleep(0.2)

    def _prepare(self, funded: Sequence[Address]) -> None:
        for number in range(VALIDATORS):
            self._command("init", f"node{number}", "--chain-id", NETWORK, home=number)
            self._command("keys", "add", "val", "--keyring-backend", "test", home=number)
        addresses = [
            self._command("keys", "show", "val", "-a", "--keyring-backend", "test", home=n).strip()
            for n in range(VALIDATORS)
        ]
        self._edit_genesis()
        for name in [*addresses, *(bech32("inj", address) for address in funded)]:
            self._command("add-genesis-account", name, RICH, "--chain-id", NETWORK, home=0)
        genesis = self._home(0) / "config" / "genesis.json"
        gentxs = self._home(0) / "config" / "gentx"
        gentxs.mkdir()
        for number in range(VALIDATORS):
            if number:
                (self._home(number) / "config" / "genesis.json").write_bytes(genesis.read_bytes())
            self._command(
                "genesis", "gentx", "val", STAKE, "--chain-id", NETWORK, "--keyring-backend",
                "test", "--output-document", str(gentxs / f"gentx-{number}.json"), home=number,
            )  # fmt: skip
        self._command("genesis", "collect-gentxs", home=0)
        peers = ",".join(
            f"{self._command('comet', 'show-node-id', home=n).strip()}@127.0.0.1:{self._port(n, 0)}"
            for n in range(VALIDATORS)
        )
        for number in range(VALIDATORS):
            (self._home(number) / "config" / "genesis.json").write_bytes(genesis.read_bytes())
            self._configure(number, peers)

    def _edit_genesis(self) -> None:
        path = self._home(0) / "config" / "genesis.json"
        text = path.read_text().replace('"stake"', '"inj"')
        genesis = json.loads(text)
        genesis["consensus"]["params"]["block"]["max_gas"] = "50000000"
        path.write_text(json.dumps(genesis))

    def _configure(self, number: int, peers: str) -> None:
        config = self._home(number) / "config" / "config.toml"
        text = config.read_text()
        text = text.replace("tcp://127.0.0.1:26657", f"tcp://127.0.0.1:{self._port(number, 1)}")
        text = text.replace("tcp://0.0.0.0:26656", f"tcp://127.0.0.1:{self._port(number, 0)}")
        text = re.sub(r'pprof_laddr = ".*"', 'pprof_laddr = ""', text)
        text = re.sub(r'persistent_peers = ".*"', f'persistent_peers = "{peers}"', text)
        text = text.replace("addr_book_strict = true", "addr_book_strict = false")
        text = text.replace("allow_duplicate_ip = false", "allow_duplicate_ip = true")
        config.write_text(text)
        app = self._home(number) / "config" / "app.toml"
        text = app.read_text()
        for old, place in (
            ("127.0.0.1:8545", 2),
            ("127.0.0.1:8546", 3),
            ("0.0.0.0:9900", 4),
            ("0.0.0.0:10337", 5),
            ("127.0.0.1:6065", 6),
            ("127.0.0.1:8547", 7),
        ):
            text = text.replace(old, f"127.0.0.1:{self._port(number, place)}")
        app.write_text(text)

    def _command(self, *arguments: str, home: int) -> str:
        command = [str(self._binary), *arguments, "--home", str(self._home(home))]
        run = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )
        if run.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {run.stderr[-800:]}")
        return run.stdout

    def _home(self, number: int) -> Path:
        return self._directory / f"node-{number}"

    def _port(self, number: int, place: int) -> int:
        return self._first_port + PORTS_EACH * number + place


def bech32(prefix: str, data: bytes) -> str:
    """BIP-173, for the account names of Cosmos chains."""
    bits = "".join(f"{byte:08b}" for byte in data)
    words = [int(bits[n : n + 5].ljust(5, "0"), 2) for n in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*expanded, *words, *([0] * 6)]) ^ 1
    words += [(check >> 5 * (5 - n)) & 31 for n in range(6)]
    return prefix + "1" + "".join(_CHARSET[word] for word in words)


def _polymod(values: Sequence[int]) -> int:
    generator = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate(generator):
            check ^= factor if (top >> bit) & 1 else 0
    return check
