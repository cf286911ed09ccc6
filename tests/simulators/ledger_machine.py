"""The contract on a bare executor: no chain, no blocks on disk, a clock that a test moves."""

from collections.abc import Sequence
from hashlib import sha256

from eth.db.backends.memory import MemoryDB
from eth_abi.abi import decode
from eth_account import Account

from mrc.infra.chain import contract
from mrc.infra.chain.executor import BlockContext, CallMessage, Execution, Executor
from mrc.infra.chain.pyevm import PyEvmExecutor
from mrc.infra.chain.revm import RevmExecutor
from mrc.infra.chain.transactions import Transaction, decode_transaction
from mrc.ledger.headers import Address

CHAIN_ID = 8230
START = 1_780_000_000
EXECUTORS = ("py-evm", "revm")


def make_executor(name: str) -> Executor:
    if name == "revm":
        return RevmExecutor(CHAIN_ID)
    return PyEvmExecutor(MemoryDB(), CHAIN_ID)


class Actor:
    """An account; the same key for the same name in every run."""

    def __init__(self, name: str) -> None:
        self._account = Account.from_key(sha256(f"actor {name}".encode()).digest())
        self.name = name
        self.address = Address(bytes.fromhex(self._account.address[2:]))

    def sign(self, nonce: int, to: Address | None, data: bytes) -> Transaction:
        fields = {
            "type": 2,
            "chainId": CHAIN_ID,
            "nonce": nonce,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "gas": 6_000_000,
            "to": to or b"",
            "value": 0,
            "data": data,
        }
        return decode_transaction(bytes(self._account.sign_transaction(fields).raw_transaction))


class Machine:
    """One contract on one executor."""

    def __init__(self, name: str, members: Sequence[Actor], threshold: int) -> None:
        self.executor = make_executor(name)
        self.time = START
        self._number = 0
        made = self._apply(
            members[0],
            None,
            contract.creation_code([member.address for member in members], threshold),
        )
        assert made.contract is not None
        self.address = made.contract

    def send(self, sender: Actor, function: str, *arguments: object) -> Execution:
        return self.send_data(sender, contract.call_data(function, *arguments))

    def send_data(self, sender: Actor, data: bytes) -> Execution:
        return self._apply(sender, self.address, data)

    def read(self, function: str, *arguments: object) -> object:
        """A view function's one value, or its struct as a tuple."""
        self._begin()
        message = CallMessage(
            sender=Address(bytes(20)),
            to=self.address,
            data=contract.call_data(function, *arguments),
        )
        execution = self.executor.call(message)
        assert execution.succeeded
        entry = next(item for item in contract.abi() if item.get("name") == function)
        values = decode([_kind(output) for output in entry["outputs"]], execution.output)
        return values[0]

    def word(self, slot: int) -> int:
        self._begin()
        return self.executor.storage(self.address, slot)

    def _apply(self, sender: Actor, to: Address | None, data: bytes) -> Execution:
        self._begin()
        nonce = self.executor.nonce(sender.address)
        return self.executor.apply(sender.sign(nonce, to, data))

    def _begin(self) -> None:
        if isinstance(self.executor, PyEvmExecutor) and self._number:
            self.executor.commit()
        self._number += 1
        self.executor.begin(
            BlockContext(number=self._number, timestamp=self.time, coinbase=Address(bytes(20)))
        )


def reason(execution: Execution) -> str:
    """The text of a revert; empty where it succeeded."""
    if execution.succeeded:
        return ""
    if len(execution.output) < 68:
        return "reverted"
    length = int.from_bytes(execution.output[36:68])
    return execution.output[68 : 68 + length].decode()


def _kind(output: dict[str, object]) -> str:
    if output["type"] != "tuple":
        return str(output["type"])
    members = output["components"]
    assert isinstance(members, list)
    return f"({','.join(_kind(member) for member in members)})"
