"""The embedded chain: one operator's ledger, sealed block by block, on one file.

Whoever holds the seal key can rewrite it: it is tamper-evident where its head is published
elsewhere, never Byzantine fault tolerant. `ChainReader` reads a file that another process writes;
`EmbeddedChain` is the one writer. Transactions that come at the same time share a block and its
one flush to the disk.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trie.hexary import HexaryTrie

from mrc.infra.chain import blocks
from mrc.infra.chain.executor import BLOCK_GAS_LIMIT, BlockContext, Execution, Refused
from mrc.infra.chain.limits import Deadline
from mrc.infra.chain.pyevm import EMPTY_STATE, PyEvmExecutor
from mrc.infra.chain.sealing import Sealer
from mrc.infra.chain.store import (
    ChainStore,
    StoredBlock,
    StoredLog,
    StoredNodes,
    StoredTransaction,
)
from mrc.infra.chain.transactions import Transaction, decode_transaction
from mrc.kernel.errors import Malformed, MrcError, Unavailable
from mrc.kernel.ports import Clock
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import Address, Header, decode_header
from mrc.ledger.trie import EMPTY_ROOT, Root, decode_account

BlockListener = Callable[[StoredBlock], None]
_MAX_ANCESTORS = 256  # what BLOCKHASH can ask for
_BYTES_IN_BLOCK = 4_000_000
TRANSACTION_SECONDS = 10.0  # a thousand times what an anchor takes
STRANGERS_SECONDS = 5.0  # of a round, for all together


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProof:
    """The nodes from a state root to an account, and from there to storage words."""

    account: bytes | None
    account_nodes: tuple[bytes, ...]
    storage_nodes: dict[int, tuple[bytes, ...]]


class ChainReader:
    """Reads and proves; every read sees the newest committed block."""

    def __init__(self, store: ChainStore) -> None:
        self.store = store
        chain_id = store.find_meta("chain_id")
        if chain_id is None:
            raise Unavailable("ledger file", "it holds no chain yet")
        self.chain_id = int.from_bytes(chain_id)

    @classmethod
    def open_for_reading(cls, path: Path) -> "ChainReader":
        return cls(ChainStore(path, writing=False))

    def close(self) -> None:
        self.store.close()

    def head(self) -> StoredBlock:
        block = self.store.find_newest_block()
        if block is None:
            raise Unavailable("ledger file", "it holds no block yet")
        return block

    def state_at(self, header: Header) -> PyEvmExecutor:
        """The machine on a block's state, for calls and look-ups that are forgotten."""
        executor = PyEvmExecutor(StoredNodes(self.store), self.chain_id, header.state_root)
        executor.begin(
            BlockContext(
                number=header.number,
                timestamp=int(header.timestamp.timestamp()),
                coinbase=Address(rlp.expect_bytes(header.fields[2], what="proposer", size=20)),
            )
        )
        return executor

    def prove(self, header: Header, address: Address, slots: list[int]) -> AccountProof:
        """The proof of an account and of its storage words, or of their absence."""
        account, account_nodes = self._walk(header.state_root, address)
        root = EMPTY_ROOT if account is None else decode_account(account)[2]
        return AccountProof(
            account=account,
            account_nodes=account_nodes,
            storage_nodes={slot: self._walk(root, slot.to_bytes(32))[1] for slot in slots},
        )

    def _walk(self, root: Root, key: bytes) -> tuple[bytes | None, tuple[bytes, ...]]:
        if root == EMPTY_ROOT:
            return None, ()
        trie = HexaryTrie(StoredNodes(self.store), root)
        digest = keccak256(key)
        value = bytes(trie[digest]) or None
        encoded = [rlp.encode(_items(node)) for node in trie.get_proof(digest)]  # type: ignore[no-untyped-call]
        own = [node for place, node in enumerate(encoded) if place == 0 or len(node) >= 32]
        return value, tuple(own)


@dataclass(slots=True)
class _Ticket:
    """A transaction waiting for its block; `stranger`: it came from outside this process."""

    transaction: Transaction
    stranger: bool
    done: bool = False
    error: MrcError | None = field(default=None)


class EmbeddedChain(ChainReader):
    """The one writer of a chain file."""

    def __init__(self, store: ChainStore, sealer: Sealer, clock: Clock) -> None:
        super().__init__(store)
        self._sealer = sealer
        self._clock = clock
        self._nodes = StoredNodes(store)
        self._queue: list[_Ticket] = []
        self._queue_lock = threading.Lock()
        self._seal_lock = threading.Lock()
        self._listeners: list[BlockListener] = []

    @classmethod
    def open(cls, path: Path, *, sealer: Sealer, clock: Clock, chain_id: int) -> "EmbeddedChain":
        """The chain at `path`, with a genesis block of its own where the file is new.

        Raises `Unavailable` where another process writes it, `ValueError` where it is another
        chain or another validator's.
        """
        store = ChainStore(path, writing=True)
        if store.find_newest_block() is None:
            header = blocks.genesis([sealer.address], int(clock.now().timestamp()), EMPTY_STATE)
            with store.transaction():
                store.put_meta("chain_id", chain_id.to_bytes(8))
                store.put_block(_stored(header))
        chain = cls(store, sealer, clock)
        if chain.chain_id != chain_id:
            chain.close()
            raise ValueError(f"the file holds chain {chain.chain_id}, expected {chain_id}")
        validators = decode_header(chain.head().header).extra.validators
        if validators != (sealer.address,):
            chain.close()
            raise ValueError("the file's validator is another one: nobody would trust its blocks")
        return chain

    def listen(self, listener: BlockListener) -> Callable[[], None]:
        """Call `listener` after each committed block; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def send(self, raw: bytes, *, stranger: bool = False) -> bytes:
        """The hash of a transaction that is now in a durable block.

        Raises `Malformed` or `Refused` for one that no block may contain.
        """
        outcome = self.send_many([raw], stranger=stranger)[0]
        if isinstance(outcome, MrcError):
            raise outcome
        return outcome

    def send_many(self, raws: list[bytes], *, stranger: bool = False) -> list[bytes | MrcError]:
        """As `send` for each, in one block where they fit: the hash, or why it was refused.

        What is a `stranger`'s comes after this process's own, and all strangers together have
        `STRANGERS_SECONDS` a round: gas is free, and nobody shall keep an anchor waiting.
        """
        outcomes: list[_Ticket | MrcError] = [_ticket(raw, stranger) for raw in raws]
        tickets = [outcome for outcome in outcomes if isinstance(outcome, _Ticket)]
        with self._queue_lock:
            self._queue.extend(tickets)
        with self._seal_lock:
            if not all(ticket.done for ticket in tickets):
                with self._queue_lock:
                    waiting, self._queue = self._queue, []
                self._seal_all(waiting)
        return [
            (outcome.error or outcome.transaction.hash) if isinstance(outcome, _Ticket) else outcome
            for outcome in outcomes
        ]

    def _seal_all(self, tickets: list[_Ticket]) -> None:
        """Seal the waiting transactions, each sender's in the order of nonces."""
        tickets.sort(key=lambda ticket: (ticket.stranger, ticket.transaction.nonce))
        spent = _Spent()
        try:
            while tickets:
                taken, size = 0, 0
                for ticket in tickets:
                    size += len(ticket.transaction.raw)
                    if taken and size > _BYTES_IN_BLOCK:
                        break
                    taken += 1
                self._seal(tickets[:taken], spent)
                tickets = tickets[taken:]
        except BaseException:  # a cancelled act is undone too
            self._nodes.forget()
            for ticket in tickets:
                if not ticket.done:
                    ticket.done = True
                    ticket.error = Unavailable("ledger", "the block was not sealed")
            raise

    def _seal(self, tickets: list[_Ticket], spent: "_Spent") -> None:
        parent = decode_header(self.head().header)
        timestamp = max(int(self._clock.now().timestamp()), int(parent.timestamp.timestamp()))
        executor = PyEvmExecutor(
            self._nodes, self.chain_id, parent.state_root, lambda: self._ancestors(parent)
        )
        executor.begin(
            BlockContext(
                number=parent.number + 1, timestamp=timestamp, coinbase=self._sealer.address
            )
        )
        receipts = _execute(executor, tickets, spent)
        parts = blocks.BlockParts(
            parent_hash=parent.block_hash,
            number=parent.number + 1,
            timestamp=timestamp,
            state_root=executor.commit(),
            receipts=receipts,
        )
        block = self._commit(parts) if receipts else None
        for ticket in tickets:
            ticket.done = True
        if block is not None:
            for listener in list(self._listeners):
                listener(block)

    def _commit(self, parts: blocks.BlockParts) -> StoredBlock:
        """The sealed block with all that belongs to it, in one transaction."""
        header = blocks.seal_block(parts, [self._sealer.address], [self._sealer])
        block, receipts = _stored(header), parts.receipts
        with self.store.transaction():
            self.store.put_block(block)
            position = 0
            for index, receipt in enumerate(receipts):
                self.store.put_transaction(_stored_transaction(header.number, index, receipt))
                for log in receipt.execution.logs:
                    self.store.put_log(
                        StoredLog(
                            block=header.number, position=position, transaction=index, log=log
                        )
                    )
                    position += 1
            self._nodes.write()
        self._nodes.settle()
        return block

    def _ancestors(self, parent: Header) -> Iterator[bytes]:
        yield parent.block_hash
        for number in range(parent.number - 1, max(-1, parent.number - _MAX_ANCESTORS), -1):
            block = self.store.find_block(number)
            if block is not None:
                yield block.hash


class _Spent:
    """What strangers have used of a round's time; it begins with the first of them."""

    def __init__(self) -> None:
        self._strangers: Deadline | None = None

    def deadline_of(self, ticket: _Ticket) -> Deadline:
        """By when a transaction must be executed. Raises `Refused` where no time is left."""
        if not ticket.stranger:
            return Deadline.after(TRANSACTION_SECONDS)
        if self._strangers is None:
            self._strangers = Deadline.after(STRANGERS_SECONDS)
        if self._strangers.passed():
            raise Refused("this round has no time left: send it again")
        return self._strangers


def _ticket(raw: bytes, stranger: bool) -> _Ticket | MrcError:
    try:
        return _Ticket(decode_transaction(raw), stranger)
    except Malformed as error:
        return error


def _execute(
    executor: PyEvmExecutor, tickets: list[_Ticket], spent: _Spent
) -> list[blocks.Receipt]:
    receipts: list[blocks.Receipt] = []
    gas = 0
    for ticket in tickets:
        try:
            if gas + ticket.transaction.gas > BLOCK_GAS_LIMIT:
                raise Refused("more gas than the block has left")
            late = spent.deadline_of(ticket).passed
            execution: Execution = executor.apply(ticket.transaction, late)
        except Refused as error:
            ticket.error = error
            continue
        gas += execution.gas_used
        receipts.append(
            blocks.Receipt(transaction=ticket.transaction, execution=execution, cumulative_gas=gas)
        )
    return receipts


def _stored(header: Header) -> StoredBlock:
    return StoredBlock(number=header.number, hash=header.block_hash, header=header.encode())


def _stored_transaction(block: int, position: int, receipt: blocks.Receipt) -> StoredTransaction:
    return StoredTransaction(
        hash=receipt.transaction.hash,
        block=block,
        position=position,
        raw=receipt.transaction.raw,
        succeeded=receipt.execution.succeeded,
        gas_used=receipt.execution.gas_used,
        cumulative_gas=receipt.cumulative_gas,
        contract=receipt.execution.contract,
    )


def _items(node: object) -> rlp.Item:
    """A node of the `trie` library as plain items."""
    if isinstance(node, (bytes, bytearray)):
        return bytes(node)
    if isinstance(node, (list, tuple)):
        return [_items(member) for member in node]
    raise ValueError("not a trie node")
