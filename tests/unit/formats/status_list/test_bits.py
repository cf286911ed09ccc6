"""Packing, bounds, and publishing that costs only what changed."""

import random
import zlib

import pytest

from mrc.formats import deflate as deflating
from mrc.formats.status_list.bits import (
    BIT_SIZES,
    BLOCK_BYTES,
    PublishedList,
    Status,
    StatusList,
    decode_compressed,
)
from mrc.formats.status_list.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected


@pytest.fixture(params=["installed", "standard library"], autouse=True)
def _implementation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "standard library":
        monkeypatch.setattr(deflating, "_inflater", zlib.decompressobj)
        monkeypatch.setattr(deflating, "_deflater", zlib.compressobj)
        monkeypatch.setattr(deflating, "_adler32", zlib.adler32)


@pytest.mark.parametrize("index", [-1, 8, 9, 2**63])
def test_an_index_out_of_range_is_rejected(index: int) -> None:
    with pytest.raises(Rejected) as caught:
        StatusList(2, b"\x00\x00").get(index)
    assert caught.value.reason is Reason.INDEX_OUT_OF_RANGE


@pytest.mark.parametrize("bits", [0, 3, 5, 16, -1])
def test_other_bit_sizes_are_malformed(bits: int) -> None:
    with pytest.raises(Malformed):
        StatusList(bits, b"\x00")


def test_a_list_that_inflates_beyond_the_limit_is_malformed() -> None:
    bomb = zlib.compress(bytes(1_000_001))
    with pytest.raises(Malformed, match="more than"):
        decode_compressed(2, bomb, limit=1_000_000)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", zlib.compress(b"ab")[:-1], zlib.compress(b"ab") + b"x"]
    + [zlib.compress(b"ab", wbits=-15), zlib.compress(b"ab", wbits=31)],
)
def test_what_is_not_one_zlib_stream_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_compressed(2, data)


@pytest.mark.parametrize("bits", BIT_SIZES)
def test_values_survive_publishing(bits: int) -> None:
    rng = random.Random(bits)
    size = 3 * BLOCK_BYTES * 8 // bits + 8
    published = PublishedList(bits=bits, size=size)
    expected = {rng.randrange(size): rng.randrange(1 << bits) for _ in range(500)}
    for index, value in expected.items():
        published.set(index, value)
    for lst in (published.compressed(), published.compressed_small()):
        read = decode_compressed(bits, lst)
        assert len(read) == len(published) == size
        assert all(read.get(index) == value for index, value in expected.items())
        assert zlib.decompress(lst) == published.packed()


def test_publishing_again_deflates_only_the_changed_block(monkeypatch: pytest.MonkeyPatch) -> None:
    published = PublishedList(bits=2, size=10 * BLOCK_BYTES * 4)
    published.compressed()
    deflated: list[int] = []
    whole = deflating.deflate_block

    def counted(data: bytes, *, level: int) -> bytes:
        deflated.append(len(data))
        return whole(data, level=level)

    monkeypatch.setattr("mrc.formats.status_list.bits.deflate_block", counted)
    published.set(5 * BLOCK_BYTES * 4, Status.LOCKED)
    again = published.compressed()
    assert deflated == [BLOCK_BYTES]
    assert decode_compressed(2, again).get(5 * BLOCK_BYTES * 4) == Status.LOCKED
    published.set(5 * BLOCK_BYTES * 4, Status.LOCKED)
    assert published.compressed() == again
    assert deflated == [BLOCK_BYTES]


def test_neighbours_stay_as_they_are() -> None:
    published = PublishedList(bits=2, size=8)
    for index, value in enumerate([3, 0, 1, 2, 2, 1, 0, 3]):
        published.set(index, value)
    published.set(3, Status.VALID)
    assert [published.get(index) for index in range(8)] == [3, 0, 1, 0, 2, 1, 0, 3]


def test_a_stored_list_is_restored() -> None:
    published = PublishedList(bits=2, size=100)
    published.set(99, Status.CANCELLED)
    restored = PublishedList(bits=2, size=100, packed=published.packed())
    assert restored.get(99) == Status.CANCELLED
    assert restored.compressed() == published.compressed()


def test_the_size_is_rounded_up_to_whole_bytes() -> None:
    assert len(PublishedList(bits=2, size=1)) == 4


def test_our_own_mistakes_are_value_errors() -> None:
    published = PublishedList(bits=2, size=8)
    for index, value in ((8, 0), (-1, 0), (0, 4), (0, -1)):
        with pytest.raises(ValueError):
            published.set(index, value)
    with pytest.raises(ValueError):
        published.get(8)
    for arguments in ({"bits": 3, "size": 8}, {"bits": 2, "size": 0}):
        with pytest.raises(ValueError):
            PublishedList(**arguments)
    with pytest.raises(ValueError):
        PublishedList(bits=2, size=8, packed=b"\x00")
