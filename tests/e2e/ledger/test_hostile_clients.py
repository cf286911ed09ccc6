"""Clients that want to use the ledger's server up, over real sockets; and an honest one beside them."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import repeat

import coincurve
import pytest
from web3 import HTTPProvider
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from mrc.infra.chain.client import LedgerClient, LedgerWriter, deploy
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.free_ports import find_free_ports
from mrc.ledger.headers import Address
from tests.simulators.hostile_contracts import endless
from tests.simulators.ledger_server import start_ledger

BODY, PATIENCE, CONNECTIONS, SOCKETS = 50_000, 1.0, 24, 4
SLOW_HEAD = [bytes([byte]) for byte in b"POST / HTTP/1.1\r\nHost: " + b"x" * 200]
CHAIN_ID = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


@dataclass(frozen=True)
class Target:
    port: int
    client: LedgerClient
    endless: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def post(self, body: bytes) -> tuple[int, object]:
        """Status and decoded answer of one request on a connection of its own."""
        with closing(self.connect()) as sock:
            sock.sendall(_head(len(body)) + body)
            return _read_answer(sock)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    directory, port = tmp_path_factory.mktemp("hostile"), find_free_ports(1)
    process = start_ledger(
        directory,
        port,
        "--key-file",
        str(directory / "key"),
        ledger_rpc_body_bytes=BODY,
        ledger_rpc_batch=20,
        ledger_rpc_requests=6,
        ledger_rpc_connections=CONNECTIONS,
        ledger_rpc_sockets=SOCKETS,
        ledger_rpc_subscriptions=3,
        ledger_rpc_client_seconds=PATIENCE,
        ledger_rpc_request_seconds=2,
        ledger_rpc_call_seconds=0.5,
    )
    provider = HTTPProvider(f"http://127.0.0.1:{port}")
    secret = coincurve.PrivateKey().secret
    client = LedgerClient(provider, deploy(provider, secret, [SoftwareSealer(secret).address], 1))
    made = LedgerWriter(client, secret).send(Address(b""), endless(), gas=300_000)
    assert made is not None
    yield Target(port, client, "0x" + made.hex())
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def honest_afterwards(target: Target) -> Iterator[None]:
    """Whatever was tried: within a little more than the server's patience it serves as before."""
    yield
    until = time.monotonic() + 15
    while True:
        try:
            assert target.client.read("threshold") == 1
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _head(length: int) -> bytes:
    return f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def _read_answer(sock: socket.socket) -> tuple[int, object]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if b"content-length" in line
    ]
    while len(body) < lengths[0]:
        body += _more(sock)
    return int(head.split()[1]), json.loads(body)


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    assert data, "the server ended the connection without an answer"
    return data


def _limit(answer: object) -> object:
    assert isinstance(answer, dict)
    return answer["error"]["data"]["limit"]


def _ends_within(sock: socket.socket, seconds: float) -> bool:
    """Whether the server ends the connection, however it does."""
    sock.settimeout(seconds)
    try:
        while sock.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def _is_cut_off(sock: socket.socket, pieces: Iterable[bytes], pause: float = 0.0) -> bool:
    """Whether the server ends the connection while `pieces` are sent; nothing is ever read."""
    try:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause)
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return False


def test_a_body_that_is_too_long_is_refused(target: Target) -> None:
    status, answer = target.post(b" " * (BODY + 1))
    assert (status, _limit(answer)) == (413, "body_bytes")


def test_an_endless_body_is_not_read_to_its_end(target: Target) -> None:
    with closing(target.connect()) as sock:
        sock.sendall(_head(10**12))
        assert _is_cut_off(sock, repeat(b" " * 65_536))


def test_a_body_in_chunks_without_a_length_is_bounded_too(target: Target) -> None:
    with closing(target.connect()) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"fa0\r\n" + b" " * 4_000 + b"\r\n"
        for _ in range(BODY // 4_000 + 1):
            sock.sendall(chunk)
        sock.sendall(b"0\r\n\r\n")
        status, answer = _read_answer(sock)
    assert (status, _limit(answer)) == (413, "body_bytes")


def test_an_endless_head_is_not_kept(target: Target) -> None:
    with closing(target.connect()) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\n")
        lines = (f"X-{number}: {'a' * 1_000}\r\n".encode() for number in range(10_000))
        assert _is_cut_off(sock, lines)


def test_who_says_nothing_is_let_go(target: Target) -> None:
    with closing(target.connect()) as sock:
        assert _ends_within(sock, 5 * PATIENCE)


def test_a_head_sent_drop_by_drop_is_given_up(target: Target) -> None:
    with closing(target.connect()) as sock:
        assert _is_cut_off(sock, SLOW_HEAD, pause=PATIENCE / 10)


def test_a_second_head_sent_drop_by_drop_is_given_up(target: Target) -> None:
    body = json.dumps(CHAIN_ID).encode()
    with closing(target.connect()) as sock:
        sock.sendall(_head(len(body)) + body)
        assert _read_answer(sock)[0] == 200
        assert _is_cut_off(sock, SLOW_HEAD, pause=PATIENCE / 10)


def test_a_body_sent_drop_by_drop_is_given_up_and_told_so(target: Target) -> None:
    with closing(target.connect()) as sock:
        sock.sendall(_head(1_000) + b"{")
        status, answer = _read_answer(sock)
    assert (status, _limit(answer)) == (408, "client_seconds")


def test_an_answer_that_is_not_read_is_not_kept(target: Target) -> None:
    """Pipelined questions for large answers, and nothing read of them."""
    ask = {"id": 1, "method": "eth_getCode", "params": ["0x" + target.client.address.hex()]}
    body = json.dumps([ask] * 20).encode()
    with closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", target.port))
        assert _is_cut_off(sock, repeat(_head(len(body)) + body))


def test_a_batch_that_is_too_long_is_refused(target: Target) -> None:
    status, answer = target.post(json.dumps([CHAIN_ID] * 21).encode())
    assert (status, _limit(answer)) == (200, "batch")


def test_a_batch_of_endless_calls_ends_with_its_time(target: Target) -> None:
    ask = {"id": 1, "method": "eth_call", "params": [{"to": target.endless}]}
    began = time.monotonic()
    status, answer = target.post(json.dumps([ask] * 20).encode())
    assert status == 200
    told = [answer] if isinstance(answer, dict) else answer
    assert isinstance(told, list)
    assert {_limit(one) for one in told} <= {"call_seconds", "request_seconds"}
    assert time.monotonic() - began < 2 + 5


def test_more_requests_than_may_wait_are_sent_away(target: Target) -> None:
    ask = {"id": 1, "method": "eth_call", "params": [{"to": target.endless}]}
    body = json.dumps(ask).encode()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: target.post(body), range(16)))
    assert {status for status, _ in answers} == {200, 429}
    assert {_limit(answer) for status, answer in answers if status == 429} == {"requests"}
    assert {_limit(answer) for status, answer in answers if status == 200} <= {
        "call_seconds",
        "request_seconds",
    }


def test_more_connections_than_may_be_open_are_told_so(target: Target) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(target.connect())) for _ in range(CONNECTIONS + 8)]
        status, answer = _read_answer(sockets[-1])
        assert (status, _limit(answer)) == (503, "connections")
        assert all(_ends_within(sock, 10 * PATIENCE) for sock in sockets)


def test_more_websockets_than_may_be_open_are_told_so(target: Target) -> None:
    with ExitStack() as stack:
        for _ in range(SOCKETS):
            stack.enter_context(connect(target.ws))
        with pytest.raises(InvalidStatus) as refused:
            connect(target.ws)
    response = refused.value.response
    assert response.status_code == 503
    assert _limit(json.loads(response.body)) == "sockets"


def test_a_websocket_has_few_subscriptions(target: Target) -> None:
    with connect(target.ws) as websocket:
        ask = {"id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
        for _ in range(3):
            websocket.send(json.dumps(ask))
            assert len(json.loads(websocket.recv(5))["result"]) == 34
        websocket.send(json.dumps(ask))
        assert _limit(json.loads(websocket.recv(5))) == "subscriptions"


def test_a_long_message_is_refused_and_a_longer_one_ends_the_socket(target: Target) -> None:
    with connect(target.ws) as websocket:
        websocket.send(" " * (BODY + 1))
        assert _limit(json.loads(websocket.recv(5))) == "body_bytes"
        websocket.send(b"\x00\xff")
        assert json.loads(websocket.recv(5))["error"]["code"] == -32700
        websocket.send(" " * (2 * BODY + 1))
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_a_subscriber_that_does_not_read_is_let_go(target: Target) -> None:
    """It asks by raw frames and reads nothing: its socket ends, and others hear every block."""
    with closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", target.port))
        sock.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert sock.recv(4_096).startswith(b"HTTP/1.1 101")
        ask = {"id": 1, "method": "eth_getCode", "params": ["0x" + target.client.address.hex()]}
        frame = _frame(json.dumps([ask] * 20).encode())
        assert _is_cut_off(sock, repeat(frame))


def test_an_honest_client_is_served_beside_a_flood(target: Target) -> None:
    """Four threads flood; the transactions of another client are sealed nevertheless."""
    stop = threading.Event()
    body = json.dumps({"id": 1, "method": "eth_call", "params": [{"to": target.endless}]}).encode()

    def flood() -> None:
        while not stop.is_set():
            target.post(body)

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        secret = coincurve.PrivateKey().secret
        provider = HTTPProvider(target.url, request_kwargs={"timeout": 30})
        made = deploy(provider, secret, [SoftwareSealer(secret).address], 1)
        assert LedgerClient(provider, made).read("occupied") == 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _frame(payload: bytes) -> bytes:
    """A masked text frame (RFC 6455, 5.2) whose mask is zero."""
    return b"\x81\xfe" + struct.pack("!H", len(payload)) + bytes(4) + payload
