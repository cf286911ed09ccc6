"""Inflating is bounded, and the stream ends where the data ends."""

import zlib

import pytest

from mrc.formats.deflate import RAW_FORMAT, ZLIB_FORMAT, inflate
from mrc.kernel.errors import Malformed


def test_exactly_the_limit_is_accepted() -> None:
    assert inflate(zlib.compress(bytes(100)), limit=100, wbits=ZLIB_FORMAT) == bytes(100)


def test_a_bomb_is_refused_without_inflating_it() -> None:
    with pytest.raises(Malformed, match="more than"):
        inflate(zlib.compress(bytes(10_000_000)), limit=99, wbits=ZLIB_FORMAT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        zlib.compress(b"abc")[:-1],
        zlib.compress(b"abc") + b"\0",
        zlib.compress(b"abc", wbits=RAW_FORMAT),
        zlib.compress(b"abc", wbits=31),
        b"not deflate",
        zlib.compress(b"abc")[:-1] + b"\xff",
    ],
    ids=["empty", "truncated", "leftover", "raw", "gzip", "garbage", "checksum"],
)
def test_anything_but_one_whole_zlib_stream_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        inflate(data, limit=1000, wbits=ZLIB_FORMAT)
