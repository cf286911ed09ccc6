"""JSON-RPC: the methods that tools use, and what they are told when they are wrong."""

import json
from pathlib import Path

import pytest
from eth_account import Account
from web3 import Web3

from mrc.infra.chain.answering import answer_text
from mrc.infra.chain.chain import ChainReader
from mrc.infra.chain.contract import call_data
from mrc.infra.chain.limits import RpcError
from mrc.infra.chain.rpc import RpcMethods
from mrc.kernel.errors import Unavailable
from mrc.ledger.statements import head_slot
from tests.simulators.ledger_world import CHAIN_ID, NOW, STREAM, World, secret


@pytest.fixture
def rpc(settled: World) -> RpcMethods:
    return RpcMethods(settled.chain)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("eth_chainId", hex(CHAIN_ID)),
        ("net_version", str(CHAIN_ID)),
        ("eth_gasPrice", "0x0"),
        ("eth_maxPriorityFeePerGas", "0x0"),
        ("eth_accounts", []),
        ("eth_syncing", False),
        ("net_listening", True),
    ],
)
def test_constants(rpc: RpcMethods, method: str, expected: object) -> None:
    assert rpc.answer(method, []) == expected


def test_a_block_by_number_tag_and_hash_is_the_same(rpc: RpcMethods) -> None:
    newest = rpc.answer("eth_getBlockByNumber", ["latest", False])
    assert isinstance(newest, dict)
    assert rpc.answer("eth_getBlockByNumber", [newest["number"], False]) == newest
    assert rpc.answer("eth_getBlockByHash", [newest["hash"], False]) == newest
    assert newest["baseFeePerGas"] == "0x0"
    assert newest["timestamp"] == hex(int(NOW.timestamp()))


def test_what_is_not_there_is_null(rpc: RpcMethods) -> None:
    nothing = "0x" + "00" * 32
    for number in ("0xffff", hex(1 << 200)):
        assert rpc.answer("eth_getBlockByNumber", [number, False]) is None
    for method in ("eth_getTransactionByHash", "eth_getTransactionReceipt"):
        assert rpc.answer(method, [nothing]) is None


def test_transaction_and_receipt_agree(rpc: RpcMethods) -> None:
    block = rpc.answer("eth_getBlockByNumber", ["latest", True])
    assert isinstance(block, dict)
    transaction = block["transactions"][0]
    receipt = rpc.answer("eth_getTransactionReceipt", [transaction["hash"]])
    assert isinstance(receipt, dict)
    for name in ("blockHash", "blockNumber", "transactionIndex", "from", "to", "type"):
        assert receipt[name] == transaction[name]
    assert receipt["status"] == "0x1"
    assert receipt["logs"][0]["topics"][1] == "0x" + STREAM.hex()
    assert rpc.answer("eth_getTransactionByHash", [transaction["hash"]]) == transaction


def test_a_call_at_an_old_block_sees_the_old_state(settled: World, rpc: RpcMethods) -> None:
    call = {
        "to": "0x" + settled.client.address.hex(),
        "data": "0x" + call_data("streams", STREAM).hex(),
    }
    newest = settled.chain.head().number
    ticks = [
        int(str(rpc.answer("eth_call", [call, hex(newest - back)]))[2:66], 16) >> 64
        for back in range(3)
    ]
    assert ticks == [3, 2, 1]


def test_storage_and_proof_agree(settled: World, rpc: RpcMethods) -> None:
    address, slot = "0x" + settled.client.address.hex(), hex(head_slot(STREAM))
    word = rpc.answer("eth_getStorageAt", [address, slot, "latest"])
    proof = rpc.answer("eth_getProof", [address, [slot], "latest"])
    assert isinstance(proof, dict)
    assert int(proof["storageProof"][0]["value"], 16) == int(str(word), 16)
    assert proof["codeHash"] == Web3.to_hex(
        Web3.keccak(hexstr=str(rpc.answer("eth_getCode", [address, "latest"])))
    )


def test_logs_by_block_hash_and_by_range_agree(settled: World, rpc: RpcMethods) -> None:
    newest = settled.chain.head()
    by_hash = rpc.answer("eth_getLogs", [{"blockHash": "0x" + newest.hash.hex()}])
    number = hex(newest.number)
    by_range = rpc.answer("eth_getLogs", [{"fromBlock": number, "toBlock": number}])
    assert by_hash == by_range
    assert rpc.answer("eth_getLogs", [{"topics": [["0x" + "00" * 32]]}]) == []


def test_a_revert_carries_its_reason_and_data(settled: World, rpc: RpcMethods) -> None:
    call = {
        "to": "0x" + settled.client.address.hex(),
        "data": "0x" + call_data("set_threshold", 1).hex(),
    }
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(RpcError, match="execution reverted: council only") as refused:
            rpc.answer(method, [call])
        assert (refused.value.code, str(refused.value.data)[:10]) == (3, "0x08c379a0")


def test_an_estimate_is_enough(settled: World, rpc: RpcMethods) -> None:
    data = call_data("anchor", STREAM, 4, b"\x01" * 32)
    call = {
        "from": "0x" + settled.writer.address.hex(),
        "to": "0x" + settled.client.address.hex(),
        "data": "0x" + data.hex(),
    }
    gas = int(str(rpc.answer("eth_estimateGas", [call])), 16)
    settled.writer.send(settled.client.address, data, gas=gas)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("eth_mine", [], -32601),
        ("eth_getBlockByNumber", [], -32602),
        ("eth_getBlockByNumber", ["ten"], -32602),
        ("eth_getBlockByNumber", ["0xzz"], -32602),
        ("eth_getBlockByNumber", [5.0], -32602),
        ("eth_getBlockByNumber", ["5"], -32602),
        ("eth_getBlockByHash", ["0x00"], -32602),
        ("eth_getBalance", ["0x00"], -32602),
        ("eth_getLogs", [[]], -32602),
        ("eth_getLogs", [{"topics": "0x"}], -32602),
        ("eth_getLogs", [{"topics": {"0x" + "00" * 32: 1}}], -32602),
        ("eth_getProof", ["0x" + "00" * 20, {"0x0": 1}, "latest"], -32602),
        ("eth_getProof", ["0x" + "00" * 20, ["0x" + "ff" * 33]], -32602),
        ("eth_getProof", ["0x" + "00" * 20, ["0x0"] * 257], -32005),
        ("eth_getLogs", [{"topics": [["0x" + "00" * 32] * 1001]}], -32602),
        ("eth_feeHistory", ["0x400", "latest", [50] * 101], -32602),
        ("eth_sendRawTransaction", ["0x00"], -32602),
        ("eth_call", [{"to": "0x" + "00" * 20}, "0xffffff"], -32000),
        ("eth_getLogs", [{"blockHash": "0x" + "00" * 32}], -32000),
    ],
)
def test_wrong_questions_are_answered_as_such(
    rpc: RpcMethods, method: str, params: list[object], code: int
) -> None:
    with pytest.raises(RpcError) as refused:
        rpc.answer(method, params)
    assert refused.value.code == code


def test_a_missing_parameter_is_named(rpc: RpcMethods) -> None:
    with pytest.raises(RpcError, match="number 0 is missing"):
        rpc.answer("eth_getBlockByNumber", [])


def test_there_is_no_reader_before_there_is_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="none yet"):
        ChainReader.open_for_reading(tmp_path / "ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_does_not_write(settled: World) -> None:
    reader = ChainReader.open_for_reading(settled.directory / "ledger.sqlite")
    with pytest.raises(RpcError, match="only reads"):
        RpcMethods(reader).answer("eth_sendRawTransaction", ["0x00"])
    reader.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b'"text"', -32600),
        (b"{}", -32600),
        (b'{"method":"eth_chainId","params":{}}', -32600),
        (b" " * 2_000_001, -32005),
    ],
)
def test_what_is_no_request_is_answered_as_such(rpc: RpcMethods, body: bytes, code: int) -> None:
    assert json.loads(answer_text(rpc, body))["error"]["code"] == code


def test_a_batch_is_answered_in_order(rpc: RpcMethods) -> None:
    batch = [{"jsonrpc": "2.0", "id": n, "method": "eth_chainId"} for n in range(3)]
    answers = json.loads(answer_text(rpc, json.dumps(batch).encode()))
    assert [answer["id"] for answer in answers] == [0, 1, 2]


def test_a_batch_of_transactions_shares_a_block(settled: World, rpc: RpcMethods) -> None:
    account = Account.from_key(secret("batch"))
    requests = []
    for nonce in (0, 1, 7):
        fields = {"nonce": nonce, "chainId": CHAIN_ID, "gas": 21_000, "gasPrice": 0, "value": 0}
        raw = account.sign_transaction({**fields, "to": bytes(20)}).raw_transaction
        requests.append(
            {"id": nonce, "method": "eth_sendRawTransaction", "params": [raw.to_0x_hex()]}
        )
    before = settled.chain.head().number
    answers = json.loads(answer_text(rpc, json.dumps(requests).encode()))
    assert [sorted(answer)[0] for answer in answers] == ["id", "id", "error"]
    assert settled.chain.head().number == before + 1


def test_one_malformed_transaction_spoils_no_other(settled: World, rpc: RpcMethods) -> None:
    account = Account.from_key(secret("batch"))
    fields = {"nonce": 0, "chainId": CHAIN_ID, "gas": 21_000, "gasPrice": 0, "value": 0}
    raw = account.sign_transaction({**fields, "to": bytes(20)}).raw_transaction.to_0x_hex()
    for params in (["0x00"], ["zz"], []):
        requests = [
            {"id": 1, "method": "eth_sendRawTransaction", "params": params},
            {"id": 2, "method": "eth_chainId"},
            {"id": 3, "method": "eth_sendRawTransaction", "params": params},
        ]
        answers = json.loads(answer_text(rpc, json.dumps(requests).encode()))
        assert [answer.get("error", {}).get("code") for answer in answers] == [-32602, None, -32602]
    both = [
        {"id": n, "method": "eth_sendRawTransaction", "params": [text]}
        for n, text in enumerate(["0x00", raw])
    ]
    answers = json.loads(answer_text(rpc, json.dumps(both).encode()))
    assert (answers[0]["error"]["code"], len(answers[1]["result"])) == (-32602, 66)
