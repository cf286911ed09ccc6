"""The x5c header parameter."""

import pytest

from mrc.formats.jose.x5c import encode_x5c, find_x5c
from mrc.kernel.errors import Malformed


def test_a_chain_survives() -> None:
    chain = [b"\x30\x03abc", b"\xff\xfe\xfd"]
    assert find_x5c({"x5c": encode_x5c(chain)}) == chain


def test_no_chain_is_none() -> None:
    assert find_x5c({}) is None


@pytest.mark.parametrize("value", [None, [], "MAM=", [5], ["MA"], ["M A="], ["-_-_"], ["AA=="] * 5])
def test_anything_else_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        find_x5c({"x5c": value})
