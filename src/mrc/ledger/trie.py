"""Reading a Merkle-Patricia trie through a handful of its nodes.

Ethereum Yellow Paper, appendix D. Whoever holds the root needs only the nodes on the way from it
to a key: each is named by its own hash, so none can be swapped. A key whose way ends elsewhere is
proven absent.
"""

from collections.abc import Iterable
from typing import NewType

from mrc.kernel.errors import Malformed, Rejected
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256
from mrc.ledger.reasons import Reason

Root = NewType("Root", bytes)
EMPTY_ROOT = Root(keccak256(rlp.encode(b"")))
MAX_NODE_BYTES = 600  # a full branch of 16 hashes encodes in 532 bytes
MAX_NODES = 2_048  # a register of some 200 askers; a phone checks it in about three seconds
CLAUSE = "Yellow Paper, D"


class TrieNodes:
    """Nodes by their hash, each hashed once; remembers which of them were needed."""

    def __init__(self, nodes: Iterable[bytes]) -> None:
        self._nodes: dict[bytes, bytes] = {}
        self._decoded: dict[bytes, list[rlp.Item]] = {}
        for node in nodes:
            if len(node) > MAX_NODE_BYTES:
                raise Malformed("trie node", f"{len(node)} bytes, at most {MAX_NODE_BYTES}")
            digest = keccak256(node)
            if digest in self._nodes:
                raise Malformed("trie nodes", "one node twice")
            self._nodes[digest] = node
        if len(self._nodes) > MAX_NODES:
            raise Malformed("trie nodes", f"more than {MAX_NODES}")

    def find(self, root: Root, key: bytes) -> bytes | None:
        """The value at the hash of `key` under `root`, or None where there provably is none.

        Raises `Rejected` where a node on the way is missing, `Malformed` where one is no node.
        """
        if root == EMPTY_ROOT:
            return None
        path = _nibbles(keccak256(key))
        node = self._node(root)
        while True:
            if len(node) == 17:
                if not path:
                    return rlp.expect_bytes(node[16], what="branch value") or None
                child, path = node[path[0]], path[1:]
                if child == b"":
                    return None
            else:
                is_leaf, shared = _decode_path(node[0])
                if is_leaf:
                    value = rlp.expect_bytes(node[1], what="leaf value")
                    return value if path == shared else None
                if not shared:
                    raise Malformed("trie node", "an extension by nothing")
                if path[: len(shared)] != shared:
                    return None
                child, path = node[1], path[len(shared) :]
            node = self._child(child)

    def check_all_used(self) -> None:
        """Raise `Rejected` where a node was not needed: nothing travels along unread."""
        surplus = len(self._nodes) - len(self._decoded)
        if surplus:
            raise Rejected(Reason.SURPLUS_NODE, CLAUSE, f"{surplus} nodes lead nowhere")

    def _child(self, child: rlp.Item) -> list[rlp.Item]:
        if isinstance(child, list):
            if len(rlp.encode(child)) >= 32:
                raise Malformed("trie node", "an embedded node of 32 bytes or more")
            return _check_shape(child)
        return self._node(rlp.expect_bytes(child, what="node reference", size=32))

    def _node(self, digest: bytes) -> list[rlp.Item]:
        decoded = self._decoded.get(digest)
        if decoded is None:
            encoded = self._nodes.get(digest)
            if encoded is None:
                raise Rejected(Reason.MISSING_NODE, CLAUSE, "a node on the way was not given")
            decoded = _check_shape(rlp.decode_list(encoded, what="trie node"))
            self._decoded[digest] = decoded
        return decoded


def _check_shape(node: list[rlp.Item]) -> list[rlp.Item]:
    if len(node) not in (2, 17):
        raise Malformed("trie node", f"{len(node)} items")
    return node


def _nibbles(data: bytes) -> tuple[int, ...]:
    return tuple(nibble for byte in data for nibble in (byte >> 4, byte & 15))


def _decode_path(item: rlp.Item) -> tuple[bool, tuple[int, ...]]:
    """Whether the node is a leaf, and its part of the path (hex-prefix encoding, appendix C)."""
    nibbles = _nibbles(rlp.expect_bytes(item, what="trie path"))
    if not nibbles or nibbles[0] > 3:
        raise Malformed("trie path", "unknown flag")
    odd = nibbles[0] & 1
    if not odd and nibbles[1] != 0:
        raise Malformed("trie path", "padding is not zero")
    return nibbles[0] >= 2, nibbles[2 - odd :]


Account = tuple[int, int, Root, bytes]


def decode_account(data: bytes) -> Account:
    """Nonce, balance, storage root and code hash of an account (4.1)."""
    fields = rlp.decode_list(data, what="account")
    if len(fields) != 4:
        raise Malformed("account", f"{len(fields)} fields")
    return (
        rlp.expect_int(fields[0], what="account nonce"),
        rlp.expect_int(fields[1], what="account balance"),
        Root(rlp.expect_bytes(fields[2], what="storage root", size=32)),
        rlp.expect_bytes(fields[3], what="code hash", size=32),
    )


def find_word(nodes: TrieNodes, storage_root: Root, slot: int) -> int:
    """The storage word at `slot`; zero where there is none, as in the machine itself."""
    value = nodes.find(storage_root, slot.to_bytes(32))
    if value is None:
        return 0
    return rlp.expect_int(rlp.decode(value), what="storage word")
