"""The stored log is the same tree as `merkle.py`, at every size."""

import pytest

from mrc.ledger import merkle
from mrc.ledger.merkle_log import Frontier, MerkleLog, Node

ENTRIES = [bytes([number]) * number for number in range(33)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def built() -> MerkleLog:
    nodes: dict[tuple[int, int], bytes] = {}
    log = MerkleLog(lambda level, place: nodes[level, place])
    for index, entry in enumerate(ENTRIES):
        for node in log.nodes_for(index, entry):
            assert isinstance(node, Node)
            nodes[node.level, node.place] = node.hash
    return log


@pytest.mark.parametrize("size", range(1, 34))
def test_heads_and_proofs_equal_the_plain_tree(size: int) -> None:
    log, leaves = built(), LEAVES[:size]
    assert log.root(size) == merkle.root_hash(leaves)
    for index in range(size):
        assert log.inclusion(index, size) == merkle.inclusion_path(leaves, index)
        assert log.consistency(index + 1, size) == merkle.consistency_path(leaves, index + 1)


def test_the_frontier_has_the_same_heads() -> None:
    frontier = Frontier()
    assert frontier.root() == merkle.EMPTY_ROOT == built().root(0)
    for size, entry in enumerate(ENTRIES, start=1):
        frontier.append(entry)
        assert (frontier.size, frontier.root()) == (size, merkle.root_hash(LEAVES[:size]))


@pytest.mark.parametrize(("earlier", "size"), [(0, 3), (4, 3)])
def test_there_is_no_proof_about_sizes_that_do_not_fit(earlier: int, size: int) -> None:
    with pytest.raises(ValueError, match="earlier"):
        built().consistency(earlier, size)
    with pytest.raises(ValueError, match="entry"):
        built().inclusion(3, 3)
