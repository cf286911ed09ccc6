"""RLP: the Yellow Paper's examples, and every second encoding refused."""

import pytest

from mrc.kernel.errors import Malformed
from mrc.ledger import rlp

EXAMPLES: list[tuple[rlp.Item, str]] = [
    (b"dog", "83646f67"),
    ([b"cat", b"dog"], "c88363617483646f67"),
    (b"", "80"),
    ([], "c0"),
    (b"\x00", "00"),
    (b"\x0f", "0f"),
    (b"\x04\x00", "820400"),
    ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
    (b"a" * 56, "b838" + "61" * 56),
    ([b"a" * 55], "f838" + "b7" + "61" * 55),
]


@pytest.mark.parametrize(("item", "encoded"), EXAMPLES)
def test_example_encodes_and_decodes(item: rlp.Item, encoded: str) -> None:
    assert rlp.encode(item).hex() == encoded
    assert rlp.decode(bytes.fromhex(encoded)) == item


@pytest.mark.parametrize(
    ("encoded", "fault"),
    [
        ("", "nothing"),
        ("8100", "a small byte with a prefix"),
        ("817f", "a small byte with a prefix"),
        ("8083", "left over"),
        ("83646f", "truncated string"),
        ("c883636174", "truncated list"),
        ("b801" + "61", "long form of a short string"),
        ("b900" + "38" + "61" * 56, "length with a leading zero"),
        ("b837" + "61" * 55, "long form of 55 bytes"),
        ("f801c0", "long form of a short list"),
        ("c28361", "member longer than its list"),
        ("bf" + "ff" * 8, "a length beyond everything"),
        ("b8", "truncated length"),
    ],
)
def test_refused(encoded: str, fault: str) -> None:
    with pytest.raises(Malformed):
        rlp.decode(bytes.fromhex(encoded))


def test_a_list_deeper_than_the_limit_is_refused() -> None:
    item: rlp.Item = []
    for _ in range(rlp.MAX_DEPTH + 1):
        item = [item]
    with pytest.raises(Malformed, match="deeper"):
        rlp.decode(rlp.encode(item))


def test_more_bytes_than_the_limit_are_refused() -> None:
    with pytest.raises(Malformed, match="at most"):
        rlp.decode(rlp.encode(bytes(rlp.MAX_BYTES)))


@pytest.mark.parametrize("item", [b"\x00\x01", b"\x00", b"\x01" * 33])
def test_a_scalar_with_a_leading_zero_or_too_long_is_refused(item: bytes) -> None:
    with pytest.raises(Malformed):
        rlp.expect_int(item, what="scalar")
