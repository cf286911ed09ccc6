"""Indices are each given once, and do not tell their order."""

import pytest

from mrc.formats.status_list.allocation import IndexPermutation
from mrc.kernel.errors import Rejected

KEY = bytes(range(32))


@pytest.mark.parametrize("size", [2, 3, 7, 64, 65, 1000, 1025])
def test_every_index_is_given_exactly_once(size: int) -> None:
    permutation = IndexPermutation(key=KEY, size=size)
    assert sorted(permutation.index(position) for position in range(size)) == list(range(size))


def test_a_used_up_list_gives_no_index() -> None:
    for position in (10, -1):
        with pytest.raises(Rejected):
            IndexPermutation(key=KEY, size=10).index(position)


def test_the_order_depends_on_the_key_and_looks_random() -> None:
    one = [IndexPermutation(key=KEY, size=10_000).index(n) for n in range(200)]
    other = [IndexPermutation(key=bytes(32), size=10_000).index(n) for n in range(200)]
    assert one != other
    rising = sum(a < b for a, b in zip(one, one[1:], strict=False))
    assert 70 < rising < 130
    assert sum(abs(a - b) < 100 for a, b in zip(one, one[1:], strict=False)) < 20


def test_the_key_stays_out_of_repr() -> None:
    assert repr(IndexPermutation(key=KEY, size=10)) == "IndexPermutation(size=10)"


def test_a_weak_key_is_our_mistake() -> None:
    for key, size in ((b"", 10), (KEY, 1)):
        with pytest.raises(ValueError):
            IndexPermutation(key=key, size=size)
