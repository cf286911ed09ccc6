"""Blocks in QBFT shape: headers, seals, receipts and the roots over them.

Yellow Paper 4.3 with London's base fee (always 0); `extraData`, difficulty 1 and the fixed mix hash
as Besu's QBFT writes them, so that one checker reads both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trie.hexary import HexaryTrie

from mrc.infra.chain.executor import BLOCK_GAS_LIMIT, Execution, Log
from mrc.infra.chain.sealing import Sealer
from mrc.infra.chain.transactions import Transaction
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import Address, ExtraData, Header, decode_header
from mrc.ledger.trie import Root

NO_UNCLES = keccak256(rlp.encode([]))
BFT_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
VANITY = b"mrc".ljust(32, b"\x00")
_BLOOM_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a transaction did, as the receipts root commits to it."""

    transaction: Transaction
    execution: Execution
    cumulative_gas: int

    def encode(self) -> bytes:
        logs: list[rlp.Item] = [
            [log.address, list(log.topics), log.data] for log in self.execution.logs
        ]
        body = rlp.encode(
            [
                rlp.encode_int(int(self.execution.succeeded)),
                rlp.encode_int(self.cumulative_gas),
                bloom(self.execution.logs),
                logs,
            ]
        )
        return bytes([self.transaction.kind]) + body if self.transaction.kind else body


def bloom(logs: Sequence[Log]) -> bytes:
    """The 2048-bit filter over addresses and topics (4.3.1, M3:2048)."""
    bits = 0
    for log in logs:
        for item in (log.address, *log.topics):
            digest = keccak256(item)
            for start in (0, 2, 4):
                bits |= 1 << (int.from_bytes(digest[start : start + 2]) & 2047)
    return bits.to_bytes(_BLOOM_BYTES)


def indexed_root(items: Sequence[bytes]) -> Root:
    """The root of the trie that maps each index to its item."""
    trie = HexaryTrie({}, prune=True)
    for index, item in enumerate(items):
        trie[rlp.encode(rlp.encode_int(index))] = item
    return Root(bytes(trie.root_hash))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockParts:
    """What distinguishes one header from another; the rest is fixed."""

    parent_hash: bytes
    number: int
    timestamp: int
    state_root: Root
    receipts: Sequence[Receipt]


def seal_block(
    parts: BlockParts, validators: Sequence[Address], sealers: Sequence[Sealer]
) -> Header:
    """The header over `parts`, sealed by every one of `sealers`."""
    unsealed = ExtraData(vanity=VANITY, validators=tuple(validators), vote=[], round=0, seals=())
    draft = decode_header(rlp.encode(_fields(parts, sealers[0].address, unsealed.encode())))
    digest = draft.seal_hash
    sealed = ExtraData(
        vanity=VANITY,
        validators=tuple(validators),
        vote=[],
        round=0,
        seals=tuple(sealer.seal(digest) for sealer in sealers),
    )
    return decode_header(rlp.encode(_fields(parts, sealers[0].address, sealed.encode())))


def genesis(validators: Sequence[Address], timestamp: int, state_root: Root) -> Header:
    """Block 0: no seals, as nobody proposes it."""
    extra = ExtraData(vanity=VANITY, validators=tuple(validators), vote=[], round=0, seals=())
    parts = BlockParts(
        parent_hash=bytes(32), number=0, timestamp=timestamp, state_root=state_root, receipts=()
    )
    return decode_header(rlp.encode(_fields(parts, Address(bytes(20)), extra.encode())))


def _fields(parts: BlockParts, proposer: Address, extra: bytes) -> list[rlp.Item]:
    receipts = parts.receipts
    logs = [log for receipt in receipts for log in receipt.execution.logs]
    transactions = [receipt.transaction.raw for receipt in receipts]
    return [
        parts.parent_hash,
        NO_UNCLES,
        proposer,
        parts.state_root,
        indexed_root(transactions),
        indexed_root([receipt.encode() for receipt in receipts]),
        bloom(logs),
        rlp.encode_int(1),
        rlp.encode_int(parts.number),
        rlp.encode_int(BLOCK_GAS_LIMIT),
        rlp.encode_int(receipts[-1].cumulative_gas if receipts else 0),
        rlp.encode_int(parts.timestamp),
        extra,
        BFT_MIX_HASH,
        bytes(8),
        b"",
    ]
