"""How much one caller gets out of the ledger's server at once, over real sockets. Hostile ones first."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mrc.infra.chain.client import LedgerClient, LedgerWriter
from mrc.infra.chain.ethereum import http_provider
from mrc.infra.free_ports import find_free_ports
from mrc.kernel.errors import Unavailable
from mrc.ledger.headers import Address
from tests.simulators.hostile_contracts import long_code, talkative
from tests.simulators.ledger_server import start_ledger
from tests.simulators.ledger_world import secret

ANSWER, UNSENT, SUBSCRIPTIONS, PATIENCE = 10_000, 5, 16, 60.0
ERROR_BYTES = 250  # a refusal inside a batch
GAS = 3_000_000


@dataclass(frozen=True)
class Target:
    port: int
    writer: LedgerWriter

    def post(self, request: object) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(connection):
            connection.request("POST", "/", json.dumps(request))
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read()

    def make(self, creation: bytes) -> str:
        made = self.writer.send(Address(b""), creation, gas=GAS)
        assert made is not None
        return "0x" + made.hex()

    def subscriber(self, **options: int) -> ClientConnection:
        """A WebSocket with small buffers on the client's side."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.connect(("127.0.0.1", self.port))
        return connect(f"ws://127.0.0.1:{self.port}", sock=sock, compression=None, **options)

    def blocks(self, count: int) -> int:
        """Seal so many blocks; the newest one's number."""
        for _ in range(count):
            self.writer.send(Address(bytes(19) + b"\x01"), b"", gas=30_000)
        return int(self.writer.client.web3.eth.block_number)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    directory, port = tmp_path_factory.mktemp("lengths"), find_free_ports(1)
    process = start_ledger(
        directory,
        port,
        *("--key-file", str(directory / "key")),
        ledger_rpc_answer_bytes=ANSWER,
        ledger_rpc_unsent_blocks=UNSENT,
        ledger_rpc_subscriptions=SUBSCRIPTIONS,
        ledger_rpc_client_seconds=PATIENCE,
    )
    client = LedgerClient(http_provider(f"http://127.0.0.1:{port}"), Address(bytes(20)))
    yield Target(port, LedgerWriter(client, secret("anybody")))
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def honest_afterwards(target: Target) -> Iterator[None]:
    yield
    assert json.loads(target.post(ask(1, "eth_chainId")))["result"] == "0x2026"


def ask(identifier: object, method: str, *params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)}


def code_of(identifier: object, contract: str) -> dict[str, object]:
    return ask(identifier, "eth_getCode", contract, "latest")


def limit_of(answer: dict[str, dict[str, dict[str, object]]]) -> object:
    return answer["error"]["data"]["limit"]


def envelope(identifier: str) -> int:
    """The bytes of an answer around a code's digits."""
    return len(f'{{"jsonrpc":"2.0","id":"{identifier}","result":"0x"}}')


def test_an_answer_of_just_the_limit_comes_and_one_of_a_byte_more_does_not(
    target: Target,
) -> None:
    """The identifier's length makes the difference of one byte."""
    identifier = "i" * (2 - (ANSWER - envelope("")) % 2)
    contract = target.make(long_code((ANSWER - envelope(identifier)) // 2))
    whole = target.post(code_of(identifier, contract))
    assert len(whole) == ANSWER
    longer = json.loads(target.post(code_of(identifier + "i", contract)))
    assert (longer["id"], limit_of(longer)) == (identifier + "i", "answer_bytes")
    assert longer["error"]["data"]["max"] == ANSWER


def test_a_batch_in_sum_is_no_longer_than_an_answer(target: Target) -> None:
    """What fits is answered, the rest is told by name, and nothing is left out."""
    contract, count = target.make(long_code(1_000)), 60
    told = target.post([code_of(number, contract) for number in range(count)])
    assert len(told) < ANSWER + count * ERROR_BYTES
    answers = json.loads(told)
    assert [answer["id"] for answer in answers] == list(range(count))
    given = [answer["id"] for answer in answers if "result" in answer]
    assert given == list(range(len(given)))
    assert 3 <= len(given) <= ANSWER // 2_000
    assert {limit_of(answer) for answer in answers[len(given) :]} == {"answer_bytes"}


def test_many_who_ask_for_too_much_get_little(target: Target) -> None:
    contract = target.make(long_code(ANSWER))
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(target.post, [code_of(1, contract)] * 40))
    assert max(len(answer) for answer in told) < ERROR_BYTES
    assert {limit_of(json.loads(answer)) for answer in told} == {"answer_bytes"}


def test_over_a_websocket_it_is_the_same_and_the_socket_stays(target: Target) -> None:
    contract = target.make(long_code(ANSWER))
    with target.subscriber() as websocket:
        websocket.send(json.dumps(code_of(7, contract)))
        answer = json.loads(websocket.recv(10))
        assert (answer["id"], limit_of(answer)) == (7, "answer_bytes")
        websocket.send(json.dumps([code_of(number, contract) for number in range(3)]))
        assert {limit_of(one) for one in json.loads(websocket.recv(10))} == {"answer_bytes"}
        websocket.send(json.dumps(ask(8, "eth_chainId")))
        assert json.loads(websocket.recv(10))["id"] == 8


def subscribe(websocket: ClientConnection, *params: object) -> str:
    websocket.send(json.dumps(ask(1, "eth_subscribe", *params)))
    name: str = json.loads(websocket.recv(10))["result"]
    return name


def read_to_the_end(websocket: ClientConnection) -> tuple[dict[str, list[int]], int, str]:
    """The blocks that each subscription told, then the close code and reason."""
    seen: dict[str, list[int]] = {}

    def read() -> None:
        while True:
            params = json.loads(websocket.recv(30))["params"]
            number = int(params["result"]["number"], 16)
            seen.setdefault(params["subscription"], []).append(number)

    with pytest.raises(ConnectionClosed) as closed:
        read()
    assert closed.value.rcvd is not None
    return seen, closed.value.rcvd.code, closed.value.rcvd.reason


def test_a_subscriber_that_falls_behind_is_closed_and_told_and_was_told_no_gap(
    target: Target,
) -> None:
    """It stops reading while blocks are sealed, and reads again before its connection is given up."""
    with target.subscriber(max_queue=1) as slow, target.subscriber(max_queue=1_000) as quick:
        names = {subscribe(slow, "newHeads") for _ in range(SUBSCRIPTIONS)}
        subscribe(quick, "newHeads")
        first = target.blocks(1)
        newest = target.blocks(400)
        seen, code, reason = read_to_the_end(slow)
        assert code == 1013
        assert str(UNSENT) in reason
        assert "subscribe again" in reason
        assert set(seen) <= names
        for numbers in seen.values():
            assert numbers == list(range(first, first + len(numbers)))
            assert numbers[-1] < newest
        heard = [json.loads(quick.recv(10))["params"]["result"]["number"] for _ in range(401)]
        assert [int(number, 16) for number in heard] == list(range(first, newest + 1))


def test_who_was_closed_may_subscribe_again(target: Target) -> None:
    with target.subscriber() as websocket:
        subscribe(websocket, "newHeads")
        newest = target.blocks(1)
        assert int(json.loads(websocket.recv(10))["params"]["result"]["number"], 16) == newest


def test_who_unsubscribed_does_not_fall_behind(target: Target) -> None:
    with target.subscriber(max_queue=1) as websocket:
        for _ in range(SUBSCRIPTIONS):
            name = subscribe(websocket, "newHeads")
            websocket.send(json.dumps(ask(2, "eth_unsubscribe", name)))
            assert json.loads(websocket.recv(10))["result"] is True
        target.blocks(20 * UNSENT)
        websocket.send(json.dumps(ask(3, "eth_chainId")))
        assert json.loads(websocket.recv(10))["id"] == 3


def test_a_notice_longer_than_an_answer_ends_the_socket(target: Target) -> None:
    """A stranger's log of any length would be written to every subscriber, as often as it subscribed."""
    short, long = (target.make(talkative(size)) for size in (1_000, ANSWER))
    with target.subscriber() as websocket:
        subscribe(websocket, "logs", {"address": [short, long]})
        target.writer.send(Address(bytes.fromhex(short[2:])), b"", gas=GAS)
        told = json.loads(websocket.recv(10))["params"]["result"]
        assert told["address"] == short
        with pytest.raises(Unavailable, match="answers have at most"):  # its receipt is as long
            target.writer.send(Address(bytes.fromhex(long[2:])), b"", gas=GAS)
        began = time.monotonic()
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(10)
        assert time.monotonic() - began < PATIENCE
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert str(ANSWER) in closed.value.rcvd.reason
