"""Nodes that do not answer as Ethereum does: whoever asks them goes on, with an error of ours."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from mrc.infra.chain.client import LedgerClient, LedgerWriter, Wanted
from mrc.infra.chain.ethereum import http_provider
from mrc.infra.free_ports import find_free_ports
from mrc.kernel.errors import MrcError
from mrc.ledger.headers import Address
from tests.simulators.ledger_world import ISSUER, STREAM, secret

CONTRACT = Address(b"\x11" * 20)


def result(value: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


ANSWERS = {
    "nothing": b"",
    "a page": b"<html><body>502 Bad Gateway</body></html>",
    "cut off": result("0x" + "00" * 96)[:-40],
    "not UTF-8": b'{"jsonrpc":"2.0","id":1,"result":"\xff\xfe"}',
    "nested": b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "an array": b"[]",
    "a word": b'"yes"',
    "null": b"null",
    "no result": b'{"jsonrpc":"2.0","id":1}',
    "null as result": result(None),
    "a number": result(7),
    "too short": result("0x00"),
    "odd digits": result("0x0"),
    "no digits": result("0xzz"),
    "too long": result("0x" + "ff" * 5_000),
    "an object": result({"number": {}, "hash": []}),
    "a block without its members": result({"number": "0x1"}),
    "an error without a message": b'{"jsonrpc":"2.0","id":1,"error":{}}',
    "an error that is a text": b'{"jsonrpc":"2.0","id":1,"error":"no"}',
    "an endless number": b'{"jsonrpc":"2.0","id":1,"result":' + b"9" * 10_000 + b"}",
}


class Strange(BaseHTTPRequestHandler):
    body = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(params=sorted(ANSWERS))
def client(request: pytest.FixtureRequest) -> Iterator[LedgerClient]:
    port = find_free_ports(1)
    handler = type("Handler", (Strange,), {"body": ANSWERS[request.param]})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield LedgerClient(http_provider(f"http://127.0.0.1:{port}"), CONTRACT)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_strange_answer_is_an_error_of_ours(client: LedgerClient) -> None:
    writer = LedgerWriter(client, secret("writer"), patience_s=0.2)
    acts = {
        "head": lambda: client.stream_head(STREAM),
        "header": client.newest_header,
        "block": lambda: client.block(1),
        "bundle": lambda: client.bundle(Wanted(organisations=[ISSUER], streams=[STREAM])),
        "events": lambda: client.events("Anchored"),
        "write": lambda: writer.write("take_stream", STREAM),
    }
    for name, act in acts.items():
        try:
            told = act()
        except MrcError:
            continue
        assert name == "head", f"{name}: {told}"  # 96 and more bytes decode to some head


def test_nobody_there_is_an_error_of_ours() -> None:
    client = LedgerClient(http_provider(f"http://127.0.0.1:{find_free_ports(1)}"), CONTRACT)
    with pytest.raises(MrcError):
        client.stream_head(STREAM)


def test_the_client_leaves_the_recursion_limit_alone() -> None:
    """An issuer decodes the network's JSON in the same process."""
    asked = "import sys, mrc.wiring.anchoring; print(sys.getrecursionlimit())"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)
    assert int(told.stdout) == sys.getrecursionlimit()


def test_nothing_else_imports_it() -> None:
    """Its import has a side effect that `ethereum.py` takes back."""
    source = Path(__file__).parents[4] / "src" / "mrc"
    found = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        for line in path.read_text().splitlines()
        if line.split()[:1] in (["from"], ["import"])
        and line.split()[1].split(".")[0] in ("web3", "eth_account", "eth_abi")
    }
    assert found == {"infra/chain/ethereum.py"}
