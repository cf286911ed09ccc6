"""Status lists: values of 1, 2, 4 or 8 bits packed from the least significant bit up.

Token Status List, sections 4.1 and 7.1. A reader's list is inflated once, with a bound, and looked
up in constant time; a publisher's list is deflated in blocks, so that publishing again after one
change deflates one block.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from mrc.formats.deflate import ZLIB_FORMAT, deflate, deflate_block, inflate, join_blocks
from mrc.formats.status_list.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

BIT_SIZES = (1, 2, 4, 8)
MAX_LIST_BYTES = 16 * 2**20
"""Inflated: 64 million entries of two bits, several times the longest list of ours."""

BLOCK_BYTES = 16 * 2**10
"""A change costs the deflation of one block; smaller blocks pack worse."""

_PUBLISH_LEVEL = 6
_ARCHIVE_LEVEL = 9


class Status(IntEnum):
    """Our values in a two-bit list. The standard's names are INVALID for 1 and SUSPENDED for 2."""

    VALID = 0
    CANCELLED = 1
    LOCKED = 2
    RENEWAL_NEEDED = 3
    """Application-specific: strangers may refuse the card."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list to read."""

    bits: int
    packed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.bits not in BIT_SIZES:
            raise Malformed("status list", "bits must be 1, 2, 4 or 8")

    def __len__(self) -> int:
        return len(self.packed) * 8 // self.bits

    def get(self, index: int) -> int:
        """The value at `index`. Raises `Rejected` beyond the end (section 8.3, step 6)."""
        bit = index * self.bits
        if not 0 <= bit < len(self.packed) * 8:
            raise Rejected(Reason.INDEX_OUT_OF_RANGE, "TSL 8.3", f"{len(self)} entries")
        return self.packed[bit >> 3] >> (bit & 7) & ((1 << self.bits) - 1)


def decode_compressed(bits: int, compressed: bytes, *, limit: int = MAX_LIST_BYTES) -> StatusList:
    """Inflate the member ``lst``. Raises `Malformed`, also beyond `limit` inflated bytes."""
    return StatusList(bits, inflate(compressed, limit=limit, wbits=ZLIB_FORMAT))


class PublishedList:
    """A list to write and to publish again and again. Not for concurrent use.

    `size` is rounded up to whole bytes. `packed` restores a list that was stored before.
    """

    def __init__(self, *, bits: int, size: int, packed: bytes | None = None) -> None:
        if bits not in BIT_SIZES or size < 1:
            raise ValueError("bits must be 1, 2, 4 or 8, and the size positive")
        length = (size * bits + 7) // 8
        if packed is not None and len(packed) != length:
            raise ValueError(f"expected {length} packed bytes")
        self._bits = bits
        self._data = bytearray(length) if packed is None else bytearray(packed)
        self._blocks: list[bytes] = [b""] * -(-length // BLOCK_BYTES)
        self._changed = set(range(len(self._blocks)))

    @property
    def bits(self) -> int:
        return self._bits

    def __len__(self) -> int:
        return len(self._data) * 8 // self._bits

    def get(self, index: int) -> int:
        byte, shift = self._place(index)
        return self._data[byte] >> shift & self._mask

    def set(self, index: int, value: int) -> None:
        """Write one value; `ValueError` beyond the end or for a value that does not fit."""
        byte, shift = self._place(index)
        if not 0 <= value <= self._mask:
            raise ValueError(f"the value does not fit {self._bits} bits")
        old = self._data[byte]
        new = old & ~(self._mask << shift) | value << shift
        if new != old:
            self._data[byte] = new
            self._changed.add(byte // BLOCK_BYTES)

    def packed(self) -> bytes:
        return bytes(self._data)

    def compressed(self) -> bytes:
        """The member ``lst`` for publishing at once: only changed blocks are deflated."""
        for number in self._changed:
            start = number * BLOCK_BYTES
            block = bytes(self._data[start : start + BLOCK_BYTES])
            self._blocks[number] = deflate_block(block, level=_PUBLISH_LEVEL)
        self._changed.clear()
        return join_blocks(self._blocks, self._data)

    def compressed_small(self) -> bytes:
        """The smallest ``lst`` (section 4.1, step 4), for a job that has time."""
        return deflate(bytes(self._data), level=_ARCHIVE_LEVEL, wbits=ZLIB_FORMAT)

    @property
    def _mask(self) -> int:
        return (1 << self._bits) - 1

    def _place(self, index: int) -> tuple[int, int]:
        if not 0 <= index < len(self):
            raise ValueError("an index beyond the list")
        bit = index * self._bits
        return bit >> 3, bit & 7
