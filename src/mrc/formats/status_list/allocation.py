"""Index allocation without reuse: a keyed permutation of the whole list.

Section 12.3 and privacy: indices must not tell the order of issue, and one index must never serve
two copies. A counter in the issuer's store, put through the permutation, gives every index exactly
once and in an order that nobody without the key can tell from random.
"""

import hashlib

from mrc.formats.status_list.reasons import Reason
from mrc.kernel.errors import Rejected

KEY_BYTES = 32
_ROUNDS = 8


class IndexPermutation:
    """A permutation of ``range(size)``: a balanced Feistel network with cycle walking."""

    def __init__(self, *, key: bytes, size: int) -> None:
        if len(key) != KEY_BYTES or size < 2:
            raise ValueError(f"expected a key of {KEY_BYTES} bytes and two entries at least")
        self._key = key
        self._size = size
        self._half = ((size - 1).bit_length() + 1) // 2

    def __repr__(self) -> str:
        return f"IndexPermutation(size={self._size})"

    def index(self, position: int) -> int:
        """The index of the copy number `position`, counted from 0. `Rejected` when used up."""
        if not 0 <= position < self._size:
            raise Rejected(Reason.INDEX_OUT_OF_RANGE, "TSL 4.1", "the list is used up")
        value = self._permute(position)
        while value >= self._size:  # the network covers at most four times the list
            value = self._permute(value)
        return value

    def _permute(self, value: int) -> int:
        mask = (1 << self._half) - 1
        left, right = value >> self._half, value & mask
        for number in range(_ROUNDS):
            left, right = right, left ^ (self._round(number, right) & mask)
        return left << self._half | right

    def _round(self, number: int, value: int) -> int:
        data = bytes((number,)) + value.to_bytes(8)
        return int.from_bytes(hashlib.blake2s(data, key=self._key, digest_size=8).digest())
