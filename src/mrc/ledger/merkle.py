"""The Merkle tree of Certificate Transparency, with inclusion and consistency proofs.

RFC 9162, 2.1, with SHA-256. Used for the anchors of one tick and for the audit log. Leaves are
hashed with the prefix 0x00 and nodes with 0x01, so that no node passes for a leaf.
"""

import hashlib
from collections.abc import Sequence

from mrc.kernel.errors import Rejected
from mrc.ledger.reasons import Reason

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """The tree head over leaf hashes (2.1.1)."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) & ~1 :]
    return level[0]


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path for the leaf at `index` (2.1.3.1), nearest first."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_path(leaves[:split], index), root_hash(leaves[split:]))
    return (*inclusion_path(leaves[split:], index - split), root_hash(leaves[:split]))


def consistency_path(leaves: Sequence[bytes], earlier: int) -> tuple[bytes, ...]:
    """The proof that the first `earlier` leaves are a prefix of all (2.1.4.1)."""
    if not 0 < earlier <= len(leaves):
        raise ValueError("no such earlier tree")
    return _subproof(leaves, earlier, whole=True)


def check_inclusion(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes], expected_root: bytes
) -> None:
    """Raise `Rejected` unless the leaf hash stands at `index` of the tree (2.1.3.2)."""
    if not 0 <= index < size:
        raise Rejected(Reason.NOT_IN_TREE, "RFC 9162 2.1.3.2", "index outside the tree")
    fn, sn, result = index, size - 1, leaf
    for step in path:
        if sn == 0:
            raise Rejected(Reason.NOT_IN_TREE, "RFC 9162 2.1.3.2", "path too long")
        if fn & 1 or fn == sn:
            result = node_hash(step, result)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or result != expected_root:
        raise Rejected(Reason.NOT_IN_TREE, "RFC 9162 2.1.3.2", "another root")


def check_consistency(
    *, earlier: int, earlier_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """Raise `Rejected` unless the tree only grew since it had `earlier` leaves (2.1.4.2)."""
    clause = "RFC 9162 2.1.4.2"
    if earlier == size and not path and earlier_root == root:
        return
    if not 0 < earlier < size or not path:
        raise Rejected(Reason.NOT_CONSISTENT, clause, "sizes and path do not fit")
    steps = [earlier_root, *path] if earlier & (earlier - 1) == 0 else list(path)
    fn, sn = earlier - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if sn == 0:
            raise Rejected(Reason.NOT_CONSISTENT, clause, "path too long")
        if fn & 1 or fn == sn:
            old, new = node_hash(step, old), node_hash(step, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or old != earlier_root or new != root:
        raise Rejected(Reason.NOT_CONSISTENT, clause, "another root")


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> tuple[bytes, ...]:
    if earlier == len(leaves):
        return () if whole else (root_hash(leaves),)
    split = _split(len(leaves))
    if earlier <= split:
        head = _subproof(leaves[:split], earlier, whole=whole)
        return (*head, root_hash(leaves[split:]))
    tail = _subproof(leaves[split:], earlier - split, whole=False)
    return (*tail, root_hash(leaves[:split]))
