"""Any bytes decode or raise `Malformed`; every value survives."""

import json

from hypothesis import given
from hypothesis import strategies as st

from mrc.kernel.errors import Malformed
from mrc.ledger import merkle, rlp
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.headers import decode_extra, decode_header

items = st.recursive(
    st.binary(max_size=70), lambda inner: st.lists(inner, max_size=4), max_leaves=10
).filter(lambda item: depth(item) <= rlp.MAX_DEPTH)


def depth(item: rlp.Item) -> int:
    return 0 if isinstance(item, bytes) else 1 + max(map(depth, item), default=0)


@given(items)
def test_rlp_survives(item: rlp.Item) -> None:
    assert rlp.decode(rlp.encode(item)) == item


@given(st.binary(max_size=120))
def test_any_bytes_are_rlp_in_one_form_or_malformed(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except Malformed:
        return
    assert rlp.encode(item) == data


@given(st.one_of(st.binary(max_size=300), items.map(rlp.encode)))
def test_any_bytes_are_a_header_or_malformed(data: bytes) -> None:
    for decode in (decode_header, decode_extra):
        try:
            decoded = decode(data)
        except Malformed:
            continue
        assert decoded.encode() == data


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(
    st.one_of(st.binary(max_size=200), json_values.map(lambda value: json.dumps(value).encode()))
)
def test_any_bytes_are_a_bundle_or_malformed(data: bytes) -> None:
    try:
        decode_bundle(data)
    except Malformed:
        return
    raise AssertionError("no such bundle can be made by chance")


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_inclusion_and_consistency_hold_for_any_log(
    entries: list[bytes], data: st.DataObject
) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    size, root = len(leaves), merkle.root_hash(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(leaves, index)
    merkle.check_inclusion(leaves[index], index=index, size=size, path=path, expected_root=root)
    earlier = data.draw(st.integers(1, size))
    merkle.check_consistency(
        earlier=earlier,
        earlier_root=merkle.root_hash(leaves[:earlier]),
        size=size,
        root=root,
        path=merkle.consistency_path(leaves, earlier),
    )
