"""The DES block cipher (FIPS 46-3) in pure Python, for old chips only.

ICAO Doc 9303-11 needs it for Basic Access Control and 3DES secure messaging. New keys of ours
never use it.
"""

from functools import cache

BLOCK = 8

_PC1 = (
    *(57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3),
    *(60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37),
    *(29, 21, 13, 5, 28, 20, 12, 4),
)
_PC2 = (
    *(14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2),
    *(41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29),
    32,
)
_SHIFTS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
_INITIAL = tuple(
    start - 8 * step for start in (58, 60, 62, 64, 57, 59, 61, 63) for step in range(8)
)
_FINAL = tuple(_INITIAL.index(position) + 1 for position in range(1, 65))
_PERMUTATION = (
    *(16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10),
    *(2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25),
)
_S_BOXES = (
    "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
    "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
    "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
    "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
    "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
    "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
    "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
    "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
)
_HALF = (1 << 28) - 1


def _permute(value: int, width: int, table: tuple[int, ...]) -> int:
    out = 0
    for position in table:
        out = (out << 1) | ((value >> (width - position)) & 1)
    return out


@cache
def _substitutions() -> tuple[tuple[int, ...], ...]:
    """Each S-box joined with the permutation P: six bits in, 32 bits out."""
    tables = []
    for number, text in enumerate(_S_BOXES):
        row_of = [int(digit, 16) for digit in text]
        table = []
        for bits in range(64):
            row, column = ((bits >> 4) & 2) | (bits & 1), (bits >> 1) & 15
            table.append(_permute(row_of[16 * row + column] << (28 - 4 * number), 32, _PERMUTATION))
        tables.append(tuple(table))
    return tuple(tables)


def _schedule(key: bytes) -> tuple[int, ...]:
    state = _permute(int.from_bytes(key), 64, _PC1)
    left, right = state >> 28, state & _HALF
    keys = []
    for shift in _SHIFTS:
        left = ((left << shift) | (left >> (28 - shift))) & _HALF
        right = ((right << shift) | (right >> (28 - shift))) & _HALF
        keys.append(_permute((left << 28) | right, 56, _PC2))
    return tuple(keys)


def _rounds(block: int, keys: tuple[int, ...]) -> int:
    state = _permute(block, 64, _INITIAL)
    left, right = state >> 32, state & 0xFFFFFFFF
    tables = _substitutions()
    for key in keys:
        wide = ((right & 1) << 33) | (right << 1) | (right >> 31)
        mixed = 0
        for number in range(8):
            bits = (wide >> (28 - 4 * number)) & 63
            mixed ^= tables[number][bits ^ ((key >> (42 - 6 * number)) & 63)]
        left, right = right, left ^ mixed
    return _permute((right << 32) | left, 64, _FINAL)


class DesKey:
    """A DES key of 8 bytes, or a triple DES key of 16 or 24 (EDE). Hides itself in `repr`."""

    __slots__ = ("_stages",)

    def __init__(self, key: bytes) -> None:
        if len(key) not in (8, 16, 24):
            raise ValueError("a DES key has 8, 16 or 24 bytes")
        parts = [_schedule(key[i : i + 8]) for i in range(0, len(key), 8)]
        if len(parts) == 2:
            parts.append(parts[0])
        self._stages = tuple(keys[::-1] if i == 1 else keys for i, keys in enumerate(parts))

    def encrypt_block(self, block: int) -> int:
        for keys in self._stages:
            block = _rounds(block, keys)
        return block

    def decrypt_block(self, block: int) -> int:
        for keys in self._stages[::-1]:
            block = _rounds(block, keys[::-1])
        return block
