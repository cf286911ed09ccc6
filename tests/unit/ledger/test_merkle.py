"""RFC 9162's Merkle tree: the known answers of Certificate Transparency, and its proofs."""

import pytest

from mrc.kernel.errors import Rejected
from mrc.ledger import merkle

ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in ENTRIES[:size]]
    assert merkle.root_hash(leaves).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", range(1, 24))
def test_every_leaf_is_included_and_nowhere_else(size: int) -> None:
    leaves = LEAVES[:size]
    root = merkle.root_hash(leaves)
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion_path(leaves, index)
        merkle.check_inclusion(leaf, index=index, size=size, path=path, expected_root=root)
        for other in range(size):
            if other != index:
                with pytest.raises(Rejected):
                    merkle.check_inclusion(
                        leaf, index=other, size=size, path=path, expected_root=root
                    )


@pytest.mark.parametrize("size", range(1, 24))
def test_every_prefix_is_consistent(size: int) -> None:
    root = merkle.root_hash(LEAVES[:size])
    for earlier in range(1, size + 1):
        merkle.check_consistency(
            earlier=earlier,
            earlier_root=merkle.root_hash(LEAVES[:earlier]),
            size=size,
            root=root,
            path=merkle.consistency_path(LEAVES[:size], earlier),
        )


def test_a_rewritten_log_is_not_consistent() -> None:
    rewritten = [*LEAVES[:3], merkle.leaf_hash(b"rewritten"), *LEAVES[4:9]]
    for earlier in range(4, 9):
        with pytest.raises(Rejected):
            merkle.check_consistency(
                earlier=earlier,
                earlier_root=merkle.root_hash(LEAVES[:earlier]),
                size=9,
                root=merkle.root_hash(rewritten),
                path=merkle.consistency_path(rewritten, earlier),
            )


@pytest.mark.parametrize(("change"), ["shorter", "longer", "altered"])
def test_an_altered_path_is_refused(change: str) -> None:
    root, path = merkle.root_hash(LEAVES[:9]), merkle.inclusion_path(LEAVES[:9], 2)
    changed = {
        "shorter": path[:-1],
        "longer": (*path, LEAVES[0]),
        "altered": (LEAVES[7], *path[1:]),
    }[change]
    with pytest.raises(Rejected):
        merkle.check_inclusion(LEAVES[2], index=2, size=9, path=changed, expected_root=root)


def test_an_index_outside_the_tree_is_refused() -> None:
    with pytest.raises(Rejected):
        merkle.check_inclusion(LEAVES[0], index=1, size=1, path=(), expected_root=LEAVES[0])


@pytest.mark.parametrize(("earlier", "size"), [(0, 4), (5, 4), (4, 4)])
def test_consistency_of_sizes_that_do_not_fit_is_refused(earlier: int, size: int) -> None:
    with pytest.raises(Rejected):
        merkle.check_consistency(
            earlier=earlier, earlier_root=LEAVES[0], size=size, root=LEAVES[1], path=()
        )


def test_a_node_does_not_pass_for_a_leaf() -> None:
    node = merkle.node_hash(LEAVES[0], LEAVES[1])
    assert merkle.leaf_hash(LEAVES[0] + LEAVES[1]) != node
