"""The trie reader against py-trie's own proofs, and every way to cheat with nodes."""

import pytest
from trie.hexary import HexaryTrie

from mrc.kernel.errors import Malformed, Rejected
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256
from mrc.ledger.reasons import Reason
from mrc.ledger.trie import EMPTY_ROOT, MAX_NODE_BYTES, Root, TrieNodes

KEYS = [number.to_bytes(32) for number in range(60)]


def small_trie() -> tuple[Root, HexaryTrie]:
    """Sixty hashed keys; short values make some nodes embedded."""
    trie = HexaryTrie({})
    for number, key in enumerate(KEYS):
        trie[keccak256(key)] = rlp.encode_int(number + 1) * (1 + number % 3)
    return Root(bytes(trie.root_hash)), trie


def proof(trie: HexaryTrie, key: bytes) -> list[bytes]:
    encoded = [rlp.encode(plain(node)) for node in trie.get_proof(keccak256(key))]  # type: ignore[no-untyped-call]
    return [node for place, node in enumerate(encoded) if place == 0 or len(node) >= 32]


def plain(node: object) -> rlp.Item:
    return bytes(node) if isinstance(node, bytes) else [plain(member) for member in node]  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", range(60))
def test_a_present_key_is_found(number: int) -> None:
    root, trie = small_trie()
    nodes = TrieNodes(proof(trie, KEYS[number]))
    assert nodes.find(root, KEYS[number]) == rlp.encode_int(number + 1) * (1 + number % 3)
    nodes.check_all_used()


@pytest.mark.parametrize("number", range(100, 140))
def test_an_absent_key_is_proven_absent(number: int) -> None:
    root, trie = small_trie()
    key = number.to_bytes(32)
    nodes = TrieNodes(proof(trie, key))
    assert nodes.find(root, key) is None
    nodes.check_all_used()


def test_nothing_is_in_the_empty_trie() -> None:
    assert TrieNodes([]).find(EMPTY_ROOT, b"key") is None


def test_a_missing_node_is_no_proof_of_absence() -> None:
    root, trie = small_trie()
    nodes = proof(trie, KEYS[0])
    for left_out in range(len(nodes)):
        with pytest.raises(Rejected) as refused:
            TrieNodes(nodes[:left_out] + nodes[left_out + 1 :]).find(root, KEYS[0])
        assert refused.value.reason is Reason.MISSING_NODE


def test_every_altered_bit_of_a_node_is_refused() -> None:
    root, trie = small_trie()
    nodes = proof(trie, KEYS[0])
    for place, node in enumerate(nodes):
        for bit in range(0, len(node) * 8, 101):
            altered = bytearray(node)
            altered[bit // 8] ^= 1 << bit % 8
            with pytest.raises((Rejected, Malformed)):
                TrieNodes([*nodes[:place], bytes(altered), *nodes[place + 1 :]]).find(root, KEYS[0])


def test_a_node_that_leads_nowhere_is_refused() -> None:
    root, trie = small_trie()
    nodes = TrieNodes([*proof(trie, KEYS[0]), rlp.encode([b"\x20", b"elsewhere" * 5])])
    nodes.find(root, KEYS[0])
    with pytest.raises(Rejected) as refused:
        nodes.check_all_used()
    assert refused.value.reason is Reason.SURPLUS_NODE


def test_one_node_twice_is_refused() -> None:
    _, trie = small_trie()
    node = proof(trie, KEYS[0])[0]
    with pytest.raises(Malformed, match="twice"):
        TrieNodes([node, node])


def test_an_oversize_node_is_refused() -> None:
    with pytest.raises(Malformed, match="at most"):
        TrieNodes([bytes(MAX_NODE_BYTES + 1)])


LONG = b"v" * 40


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        ([b"\x20", LONG, b""], "three items"),
        ([b"", LONG], "no path"),
        ([b"\x40", LONG], "unknown flag"),
        ([b"\x21" + bytes(32), LONG], "padding is not zero"),
        ([b"\x20", [LONG]], "a value that is a list"),
        ([b"\x00", LONG], "an extension by nothing"),
        ([bytes([0x10 | keccak256(KEYS[0])[0] >> 4]), LONG], "a reference that is no hash"),
    ],
)
def test_a_node_of_no_known_shape_is_refused(node: rlp.Item, fault: str) -> None:
    encoded = rlp.encode(node)
    with pytest.raises(Malformed):
        TrieNodes([encoded]).find(Root(keccak256(encoded)), KEYS[0])


def test_an_embedded_node_of_32_bytes_is_refused() -> None:
    nibble = keccak256(KEYS[0])[0] >> 4
    branch: list[rlp.Item] = [b""] * 17
    branch[nibble] = [b"\x20", LONG]
    encoded = rlp.encode(branch)
    with pytest.raises(Malformed, match="embedded"):
        TrieNodes([encoded]).find(Root(keccak256(encoded)), KEYS[0])
