"""What one JSON-RPC request may cost, without a socket. Hostile ones first."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from mrc.infra.chain import chain
from mrc.infra.chain.answering import answer_text
from mrc.infra.chain.client import LedgerWriter
from mrc.infra.chain.contract import call_data
from mrc.infra.chain.limits import Deadline, Limit, RpcError, RpcLimits, exceeded, limits_of
from mrc.infra.chain.rpc import RpcMethods
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.settings import Settings
from mrc.kernel.errors import MrcError
from mrc.ledger.headers import Address
from tests.simulators.hostile_contracts import calls_precompile, endless
from tests.simulators.ledger_world import CHAIN_ID, STREAM, World, secret

LIMITS = RpcLimits()


class SteppingClock:
    """A monotonic clock that goes on by a second each time it is asked."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def deployed(world: World, code: bytes) -> str:
    made = LedgerWriter(world.client, secret("hostile")).send(Address(b""), code, gas=300_000)
    assert made is not None
    return "0x" + made.hex()


def refusal(methods: RpcMethods, method: str, *params: object) -> object:
    with pytest.raises(RpcError) as refused:
        methods.answer(method, list(params))
    return refused.value.data


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_call_that_never_ends_is_stopped_by_its_time(settled: World, method: str) -> None:
    methods = RpcMethods(settled.chain, replace(LIMITS, call_seconds=0.05))
    told = refusal(methods, method, {"to": deployed(settled, endless())})
    assert told == {"limit": "call_seconds", "max": 0.05}


def test_a_call_that_never_ends_is_stopped_by_its_gas(settled: World) -> None:
    methods = RpcMethods(settled.chain, replace(LIMITS, call_gas=200_000))
    call = {"to": deployed(settled, endless()), "gas": hex(1 << 60)}
    assert refusal(methods, "eth_call", call) == {"limit": "call_gas", "max": 200_000}


def test_a_request_out_of_time_does_not_begin(settled: World) -> None:
    methods = RpcMethods(settled.chain)
    with pytest.raises(RpcError) as refused:
        methods.answer("eth_chainId", [], Deadline(0.0, SteppingClock()))
    assert refused.value.code == -32002


@pytest.mark.parametrize("number", [5, 6, 7, 8, 9])
def test_a_step_that_cannot_be_stopped_is_not_offered(settled: World, number: int) -> None:
    """Powers, pairings and BLAKE2 take seconds in one step."""
    contract = deployed(settled, calls_precompile(number))
    with pytest.raises(RpcError, match="does not offer"):
        RpcMethods(settled.chain).answer("eth_call", [{"to": contract}])


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_short_precompiles_are_offered(settled: World, number: int) -> None:
    contract = deployed(settled, calls_precompile(number))
    assert RpcMethods(settled.chain).answer("eth_call", [{"to": contract}]) == "0x"


def test_a_transaction_that_calls_what_is_not_offered_changes_nothing(settled: World) -> None:
    contract = deployed(settled, calls_precompile(8))
    before = settled.chain.head()
    with pytest.raises(RpcError, match="does not offer"):
        RpcMethods(settled.chain).answer("eth_sendRawTransaction", [_raw(contract, 1_000_000)])
    assert settled.chain.head() == before
    settled.publisher.anchor(settled.publisher.newest())  # and the chain goes on


def test_a_transaction_of_too_much_gas_is_not_queued(settled: World) -> None:
    methods = RpcMethods(settled.chain)
    raw = _raw("0x" + "00" * 20, LIMITS.transaction_gas + 1)
    told = {"limit": "transaction_gas", "max": LIMITS.transaction_gas}
    assert refusal(methods, "eth_sendRawTransaction", raw) == told
    request = {"id": 1, "method": "eth_sendRawTransaction", "params": [raw]}
    answers = json.loads(answer_text(methods, json.dumps([request, request]).encode()))
    assert [answer["error"]["data"] for answer in answers] == [told, told]


def test_strangers_together_have_a_rounds_time_and_no_more(
    settled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endless transactions one after the other: the first runs out of time, the others never run."""
    contract = deployed(settled, endless())
    monkeypatch.setattr(chain, "STRANGERS_SECONDS", 0.05)
    raws = [bytes.fromhex(_raw(contract, 10_000_000, name)[2:]) for name in ("a", "b", "c")]
    told = settled.chain.send_many(raws, stranger=True)
    assert [str(one) for one in told] == [
        "it ran for too long",
        *["this round has no time left: send it again"] * 2,
    ]
    settled.publisher.anchor(settled.publisher.newest())


def test_this_processs_own_transaction_goes_before_strangers(settled: World) -> None:
    """The stranger came first and takes more than the block's gas allows beside it."""
    contract = deployed(settled, endless())
    theirs = [bytes.fromhex(_raw(contract, 1_000_000, name)[2:]) for name in ("a", "b", "c", "d")]
    own = bytes.fromhex(_raw("0x" + "00" * 20, 21_000, "own")[2:])
    sealing = settled.chain._seal_lock
    with ThreadPoolExecutor(2) as pool:
        with sealing:  # a block is being made: both wait
            strangers = pool.submit(settled.chain.send_many, theirs, stranger=True)
            while len(settled.chain._queue) < len(theirs):
                time.sleep(0.001)
            mine = pool.submit(settled.chain.send, own)
            while len(settled.chain._queue) <= len(theirs):
                time.sleep(0.001)
        strangers.result(30)
        entry = settled.chain.store.find_transaction(mine.result(30))
    assert entry is not None
    assert entry.position == 0


def test_an_issuers_anchor_goes_before_strangers_over_the_same_door(settled: World) -> None:
    """Endless transactions wait already; the writer of a stream comes after them and goes first."""
    contract = deployed(settled, endless())
    methods = RpcMethods(settled.chain, admits=lambda one: one.sender == settled.writer.address)
    theirs = [[_raw(contract, 1_000_000, name)] for name in ("a", "b", "c", "d")]
    anchor = call_data("anchor", STREAM, 4, b"\x01" * 32)
    mine = settled.writer._sign(settled.client.address, anchor, 1_000_000)
    with ThreadPoolExecutor(2) as pool:
        with settled.chain._seal_lock:  # a block is being made: both wait
            strangers = pool.submit(methods.send_many, theirs)
            while len(settled.chain._queue) < len(theirs):
                time.sleep(0.001)
            sent = pool.submit(methods.answer, "eth_sendRawTransaction", ["0x" + mine.hex()])
            while len(settled.chain._queue) <= len(theirs):
                time.sleep(0.001)
        strangers.result(30)
        entry = settled.chain.store.find_transaction(bytes.fromhex(str(sent.result(30))[2:]))
    assert entry is not None
    assert (entry.position, entry.succeeded) == (0, True)


def test_a_batch_with_one_stranger_in_it_is_a_strangers(settled: World) -> None:
    """Nobody gets ahead by the company of a known one."""
    contract = deployed(settled, endless())
    known = SoftwareSealer(secret("a")).address
    methods = RpcMethods(settled.chain, admits=lambda one: one.sender == known)
    seen: list[bool] = []
    send_many = settled.chain.send_many

    def watched(raws: list[bytes], *, stranger: bool = False) -> list[bytes | MrcError]:
        seen.append(stranger)
        return send_many(raws, stranger=stranger)

    settled.chain.send_many = watched  # type: ignore[method-assign]
    methods.send_many([[_raw(contract, 100_000, "a")]])
    methods.send_many([[_raw(contract, 100_000, "a")], [_raw(contract, 100_000, "b")]])
    assert seen == [False, True]


def test_a_log_query_spans_few_blocks_and_finds_few_logs(settled: World) -> None:
    newest = settled.chain.head().number
    narrow = RpcMethods(settled.chain, replace(LIMITS, log_blocks=newest))
    assert refusal(narrow, "eth_getLogs", {"fromBlock": "earliest", "toBlock": hex(1 << 70)}) == {
        "limit": "log_blocks",
        "max": newest,
    }
    assert narrow.answer("eth_getLogs", [{"fromBlock": "0x1", "toBlock": "latest"}])
    few = RpcMethods(settled.chain, replace(LIMITS, logs=1))
    told = refusal(few, "eth_getLogs", {"fromBlock": "earliest"})
    assert told == {"limit": "logs", "max": 1}


def test_a_batch_of_too_many_is_not_begun(settled: World) -> None:
    methods = RpcMethods(settled.chain, replace(LIMITS, batch=2))
    requests = [{"id": n, "method": "eth_chainId"} for n in range(3)]
    answer = json.loads(answer_text(methods, json.dumps(requests).encode()))
    assert answer["error"]["data"] == {"limit": "batch", "max": 2}
    two = json.loads(answer_text(methods, json.dumps(requests[:2]).encode()))
    assert all("result" in each for each in two)


def test_a_batch_stops_at_its_time(settled: World) -> None:
    methods = RpcMethods(settled.chain)
    requests = [{"id": n, "method": "eth_chainId"} for n in range(5)]
    within = Deadline(3.5, SteppingClock())
    answers = json.loads(answer_text(methods, json.dumps(requests).encode(), within))
    assert [answer.get("error", {}).get("code") for answer in answers] == [None] * 3 + [-32002] * 2
    assert [answer["id"] for answer in answers] == list(range(5))


def test_a_batch_stops_at_its_answers_length(settled: World) -> None:
    methods = RpcMethods(settled.chain, replace(LIMITS, answer_bytes=4_000))
    requests = [
        {"id": n, "method": "eth_getBlockByNumber", "params": ["latest", False]} for n in range(9)
    ]
    answers = json.loads(answer_text(methods, json.dumps(requests).encode()))
    told = [answer.get("error", {}).get("data", {}).get("limit") for answer in answers]
    assert told[0] is None
    assert told[-1] == "answer_bytes"
    alone = RpcMethods(settled.chain, replace(LIMITS, answer_bytes=100))
    answer = json.loads(answer_text(alone, json.dumps(requests[7]).encode()))
    assert (answer["id"], answer["error"]["data"]["limit"]) == (7, "answer_bytes")


@pytest.mark.parametrize("limit", list(Limit))
def test_every_limit_has_a_value_a_code_and_a_sentence(limit: Limit) -> None:
    error = exceeded(limit, LIMITS)
    value = getattr(LIMITS, limit.field)
    assert error.data == {"limit": limit.field, "max": value}
    assert str(value) in error.message
    assert error.code in (-32005, -32002)


def test_the_settings_defaults_are_the_limits_own(tmp_path: Path) -> None:
    assert limits_of(Settings(home=tmp_path)) == LIMITS


def _raw(to: str, gas: int, sender: str = "sender") -> str:
    fields = {"nonce": 0, "chainId": CHAIN_ID, "gas": gas, "gasPrice": 0, "value": 0, "to": to}
    fields["to"] = bytes.fromhex(to[2:])
    signed = Account.from_key(secret(sender)).sign_transaction(fields)
    return signed.raw_transaction.to_0x_hex()
