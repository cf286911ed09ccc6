"""The embedded chain's machine: py-evm's London state on a store of trie nodes.

Only py-evm's state is used; blocks, receipts and durability are ours (`chain.py`, `store.py`).
py-evm is frozen upstream, so nothing but this module knows it.
"""

from collections.abc import Callable, Iterable

from eth_typing import Address as EthAddress
from eth_typing import BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from mrc.infra.chain.executor import (
    BLOCK_GAS_LIMIT,
    BlockContext,
    CallMessage,
    Execution,
    IsLate,
    Log,
    Overdue,
    Refused,
    never,
)
from mrc.infra.chain.guarded import GuardedState
from mrc.infra.chain.machine import (
    BLANK_ROOT_HASH,
    AtomicDB,
    BaseDB,
    ExecutionContext,
    LondonVM,
    Message,
    VMError,
)
from mrc.infra.chain.transactions import Transaction
from mrc.ledger.headers import Address
from mrc.ledger.trie import Root

EMPTY_STATE = Root(BLANK_ROOT_HASH)


class PyEvmExecutor:
    """A `RootedExecutor`: the state under `state_root`, whose nodes live in `nodes`."""

    def __init__(
        self,
        nodes: BaseDB,
        chain_id: int,
        state_root: Root = EMPTY_STATE,
        ancestors: Callable[[], Iterable[bytes]] = tuple,
    ) -> None:
        self._nodes = AtomicDB(nodes)
        self._chain_id = chain_id
        self._root = state_root
        self._ancestors = ancestors
        self._state: GuardedState | None = None

    def begin(self, block: BlockContext) -> None:
        context = ExecutionContext(
            coinbase=EthAddress(block.coinbase),
            timestamp=block.timestamp,
            block_number=BlockNumber(block.number),
            difficulty=1,
            mix_hash=Hash32(bytes(32)),
            gas_limit=BLOCK_GAS_LIMIT,
            prev_hashes=(Hash32(digest) for digest in self._ancestors()),
            chain_id=self._chain_id,
            base_fee_per_gas=0,
        )
        self._state = GuardedState(self._nodes, context, Hash32(self._root))

    def apply(self, transaction: Transaction, is_late: IsLate = never) -> Execution:
        """As `Executor.apply`; one that is late is refused too."""
        if transaction.chain_id != self._chain_id:
            raise Refused("another chain's transaction")
        state = self._running()
        try:
            decoded = LondonVM.get_transaction_builder().decode(transaction.raw)
            decoded.validate()
            state.lock_changes()
            before = state.snapshot()
            with state.bounded(is_late):
                computation = state.apply_transaction(decoded)
        except (ValidationError, VMError) as error:
            raise Refused(str(error)) from error
        except (RecursionError, Overdue) as error:
            state.revert(before)
            raise _refusal(error) from error
        except Refused:
            state.revert(before)
            raise
        gas_used = LondonVM.finalize_gas_used(decoded, computation)
        return _execution(computation, gas_used)

    def call(self, message: CallMessage) -> Execution:
        state = self._running()
        snapshot = state.snapshot()
        context = state.get_transaction_context_class()(
            gas_price=0, origin=EthAddress(message.sender)
        )
        inner = Message(
            gas=message.gas,
            to=EthAddress(message.to),
            sender=EthAddress(message.sender),
            value=0,
            data=message.data,
            code=state.get_code(EthAddress(message.to)),
        )
        try:
            with state.bounded(message.is_late):
                computation = state.computation_class.apply_message(state, inner, context)
        except RecursionError as error:
            raise _refusal(error) from error
        finally:
            state.revert(snapshot)
        return _execution(computation, computation.get_gas_used())

    def storage(self, address: Address, slot: int) -> int:
        return int(self._running().get_storage(EthAddress(address), slot))

    def nonce(self, address: Address) -> int:
        return int(self._running().get_nonce(EthAddress(address)))

    def balance(self, address: Address) -> int:
        return int(self._running().get_balance(EthAddress(address)))

    def code(self, address: Address) -> bytes:
        return bytes(self._running().get_code(EthAddress(address)))

    def commit(self) -> Root:
        """Write the block's new nodes to the store and return the new state root."""
        state = self._running()
        state.lock_changes()
        state.persist()
        self._root = Root(bytes(state.state_root))
        self._state = None
        return self._root

    def _running(self) -> GuardedState:
        if self._state is None:
            raise ValueError("no block was begun")
        return self._state


def _refusal(error: RecursionError | Overdue) -> Refused:
    late = isinstance(error, Overdue)
    return Refused("it ran for too long" if late else "calls nested too deeply")


def _execution(computation: object, gas_used: int) -> Execution:
    failed = bool(computation.is_error)  # type: ignore[attr-defined]
    logs = () if failed else computation.get_log_entries()  # type: ignore[attr-defined]
    message = computation.msg  # type: ignore[attr-defined]
    return Execution(
        succeeded=not failed,
        gas_used=gas_used,
        output=bytes(computation.output),  # type: ignore[attr-defined]
        logs=tuple(
            Log(
                address=Address(bytes(address)),
                topics=tuple(topic.to_bytes(32) for topic in topics),
                data=bytes(data),
            )
            for address, topics, data in logs
        ),
        contract=Address(bytes(message.storage_address)) if message.is_create else None,
    )
