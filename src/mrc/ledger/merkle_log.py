"""A growing Merkle log over stored subtree hashes: heads and proofs in logarithmic time.

The same trees as `merkle.py` (RFC 9162, 2.1). Only the hashes of complete subtrees are kept, each
named by its level and place; every head and proof of every size is made from them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mrc.ledger.merkle import EMPTY_ROOT, leaf_hash, node_hash

NodeReader = Callable[[int, int], bytes]  # (level, place) to the hash of a complete subtree


@dataclass(frozen=True, slots=True)
class Node:
    level: int
    place: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class MerkleLog:
    """A log whose complete subtrees `read` gives."""

    read: NodeReader

    def nodes_for(self, index: int, entry: bytes) -> list[Node]:
        """The complete subtrees that appear when `entry` is appended as number `index`."""
        nodes = [Node(0, index, leaf_hash(entry))]
        while nodes[-1].place & 1:
            last = nodes[-1]
            left = self.read(last.level, last.place - 1)
            nodes.append(Node(last.level + 1, last.place >> 1, node_hash(left, last.hash)))
        return nodes

    def root(self, size: int) -> bytes:
        """The head of the first `size` entries."""
        return self._root(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The audit path of entry `index` in the first `size` entries (2.1.3.1)."""
        if not 0 <= index < size:
            raise ValueError("no such entry")
        return tuple(self._inclusion(index, 0, size))

    def consistency(self, earlier: int, size: int) -> tuple[bytes, ...]:
        """The proof that the first `earlier` entries are a prefix (2.1.4.1)."""
        if not 0 < earlier <= size:
            raise ValueError("no such earlier log")
        return tuple(self._consistency(earlier, 0, size, whole=True))

    def _root(self, start: int, size: int) -> bytes:
        if size & (size - 1) == 0:
            level = size.bit_length() - 1
            return self.read(level, start >> level)
        split = _split(size)
        return node_hash(self._root(start, split), self._root(start + split, size - split))

    def _inclusion(self, index: int, start: int, size: int) -> Iterable[bytes]:
        if size == 1:
            return
        split = _split(size)
        if index < start + split:
            yield from self._inclusion(index, start, split)
            yield self._root(start + split, size - split)
        else:
            yield from self._inclusion(index, start + split, size - split)
            yield self._root(start, split)

    def _consistency(self, earlier: int, start: int, size: int, *, whole: bool) -> Iterable[bytes]:
        if earlier == size:
            if not whole:
                yield self._root(start, size)
            return
        split = _split(size)
        if earlier <= split:
            yield from self._consistency(earlier, start, split, whole=whole)
            yield self._root(start + split, size - split)
        else:
            yield from self._consistency(earlier - split, start + split, size - split, whole=False)
            yield self._root(start, split)


class Frontier:
    """The head of a log that is read once from its beginning, in logarithmic memory."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []  # level and hash, largest first

    def append(self, entry: bytes) -> None:
        level, digest = 0, leaf_hash(entry)
        while self._peaks and self._peaks[-1][0] == level:
            digest = node_hash(self._peaks.pop()[1], digest)
            level += 1
        self._peaks.append((level, digest))
        self.size += 1

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY_ROOT
        result = self._peaks[-1][1]
        for _, digest in reversed(self._peaks[:-1]):
            result = node_hash(digest, result)
        return result


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
