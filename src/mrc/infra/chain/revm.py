"""The second machine: revm through pyrevm, for differential testing and as the exit from py-evm.

No tries and no state root: it runs the contract suite beside py-evm, never the embedded chain.
pyrevm is a test dependency; importing this module without it fails.
"""

import re

import pyrevm

from mrc.infra.chain.executor import (
    BLOCK_GAS_LIMIT,
    BlockContext,
    CallMessage,
    Execution,
    Log,
    Refused,
)
from mrc.infra.chain.transactions import Transaction
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import Address


class RevmExecutor:
    """An `Executor` in memory. It keeps the nonces itself: pyrevm's calls do not."""

    def __init__(self, chain_id: int) -> None:
        self._evm = pyrevm.EVM(spec_id="LONDON")
        self._chain_id = chain_id
        self._nonces: dict[Address, int] = {}

    def begin(self, block: BlockContext) -> None:
        self._evm.set_block_env(
            pyrevm.BlockEnv(
                number=block.number,
                timestamp=block.timestamp,
                coinbase=_text(block.coinbase),
                difficulty=1,
                basefee=0,
                gas_limit=BLOCK_GAS_LIMIT,
            )
        )

    def apply(self, transaction: Transaction) -> Execution:
        if transaction.chain_id != self._chain_id:
            raise Refused("another chain's transaction")
        if transaction.nonce != self.nonce(transaction.sender):
            raise Refused("nonce")
        contract = None
        if transaction.to is None:
            contract = _created(transaction.sender, transaction.nonce)
            execution = self._deploy(transaction, contract)
        else:
            message = CallMessage(
                sender=transaction.sender,
                to=transaction.to,
                data=transaction.data,
                gas=transaction.gas,
            )
            execution = self._run(message, keep=True)
        self._nonces[transaction.sender] = transaction.nonce + 1
        return execution

    def call(self, message: CallMessage) -> Execution:
        return self._run(message, keep=False)

    def storage(self, address: Address, slot: int) -> int:
        return int(self._evm.storage(_text(address), slot))

    def nonce(self, address: Address) -> int:
        return self._nonces.get(address, 0)

    def _deploy(self, transaction: Transaction, contract: Address) -> Execution:
        try:
            self._evm.deploy(_text(transaction.sender), transaction.data, gas=transaction.gas)
        except RuntimeError as error:
            return self._execution(_reverted(error), contract)
        return self._execution(bytes(self._evm.get_code(_text(contract)) or b""), contract)

    def _run(self, message: CallMessage, *, keep: bool) -> Execution:
        checkpoint = None if keep else self._evm.snapshot()
        output = b""
        try:
            output = self._evm.message_call(
                _text(message.sender), _text(message.to), message.data, gas=message.gas
            )
        except RuntimeError as error:
            output = _reverted(error)
        execution = self._execution(bytes(output), None)
        if checkpoint is not None:
            self._evm.revert(checkpoint)
        return execution

    def _execution(self, output: bytes, contract: Address | None) -> Execution:
        result = self._evm.result
        if result is None:
            raise ValueError("revm gave no result")
        return Execution(
            succeeded=bool(result.is_success),
            gas_used=int(result.gas_used),
            output=output,
            logs=tuple(
                Log(
                    address=Address(bytes.fromhex(log.address[2:])),
                    topics=tuple(bytes.fromhex(topic[2:]) for topic in log.topics),
                    data=bytes(log.data[1]),
                )
                for log in (result.logs if result.is_success else ())
            ),
            contract=contract,
        )


def _text(address: Address) -> str:
    return "0x" + address.hex()


def _created(sender: Address, nonce: int) -> Address:
    return Address(keccak256(rlp.encode([sender, rlp.encode_int(nonce)]))[-20:])


def _reverted(error: RuntimeError) -> bytes:
    """The revert data, which pyrevm gives in the error's text alone."""
    found = re.search(r"output: 0x([0-9a-f]*)", str(error))
    return bytes.fromhex(found.group(1)) if found else b""
