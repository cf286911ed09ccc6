"""What an engine does for the chain: execute transactions in a block, and calls beside it.

One interface, so that the machine can be exchanged: py-evm (`pyevm.py`) runs the embedded chain,
revm (`revm.py`) runs the contract suite beside it. Gas is free: base fee 0, prices 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mrc.infra.chain.transactions import Transaction
from mrc.kernel.errors import MrcError
from mrc.ledger.headers import Address

BLOCK_GAS_LIMIT = 200_000_000
CALL_GAS_LIMIT = 50_000_000
IsLate = Callable[[], bool]


def never() -> bool:
    """The answer of what has no deadline."""
    return False


class Refused(MrcError):
    """A transaction that no block may contain: wrong nonce, chain, gas or signature."""


class Overdue(Exception):
    """A call was stopped because it was late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockContext:
    number: int
    timestamp: int
    coinbase: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What came of a transaction or call. `output` is the revert data where it failed."""

    succeeded: bool
    gas_used: int
    output: bytes
    logs: tuple[Log, ...]
    contract: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMessage:
    """A call; `is_late` is asked while it runs, where the machine can be stopped."""

    sender: Address
    to: Address
    data: bytes
    gas: int = CALL_GAS_LIMIT
    is_late: IsLate = never


class Executor(Protocol):
    def begin(self, block: BlockContext) -> None:
        """What follows happens in this block."""

    def apply(self, transaction: Transaction) -> Execution:
        """Execute a transaction and keep its effects. Raises `Refused` without any."""

    def call(self, message: CallMessage) -> Execution:
        """Execute a call and forget its effects. Raises `Overdue` once the call says it is late."""

    def storage(self, address: Address, slot: int) -> int:
        """A word of a contract's storage."""

    def nonce(self, address: Address) -> int:
        """How many transactions the account has sent."""
