"""The AES block cipher (FIPS 197) in pure Python, with 32-bit tables.

Not constant time: it serves one card session on the holder's own device, where nobody else can
time it. Servers put OpenSSL behind the same port.
"""

from functools import cache

BLOCK = 16
Words = tuple[int, int, int, int]


def _xtime(value: int) -> int:
    return (value << 1) ^ (0x11B if value & 0x80 else 0)


@cache
def _boxes() -> tuple[bytes, bytes]:
    """The S-box and its inverse (FIPS 197, 5.1.1)."""
    box, inverse = bytearray(256), bytearray(256)
    p = q = 1
    while True:
        p ^= _xtime(p)
        for shift in (1, 2, 4):
            q ^= (q << shift) & 0xFF
        if q & 0x80:
            q ^= 0x09
        x = q
        for turn in range(1, 5):
            x ^= ((q << turn) | (q >> (8 - turn))) & 0xFF
        box[p] = x ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    for index, value in enumerate(box):
        inverse[value] = index
    return bytes(box), bytes(inverse)


def _times(value: int, factor: int) -> int:
    total = 0
    while factor:
        if factor & 1:
            total ^= value
        value, factor = _xtime(value), factor >> 1
    return total


def _tables(box: bytes, column: tuple[int, int, int, int]) -> tuple[tuple[int, ...], ...]:
    first = tuple(
        int.from_bytes(bytes(_times(value, factor) for factor in column)) for value in box
    )
    turned = [first]
    for _ in range(3):
        turned.append(tuple((word >> 8) | ((word & 0xFF) << 24) for word in turned[-1]))
    return tuple(turned)


@cache
def _encryption_tables() -> tuple[tuple[int, ...], ...]:
    return _tables(_boxes()[0], (2, 1, 1, 3))


@cache
def _decryption_tables() -> tuple[tuple[int, ...], ...]:
    return _tables(_boxes()[1], (14, 9, 13, 11))


def _expand(key: bytes) -> list[int]:
    """The key schedule as words (FIPS 197, 5.2)."""
    size = len(key) // 4
    if len(key) not in (16, 24, 32):
        raise ValueError("an AES key has 16, 24 or 32 bytes")
    box = _boxes()[0]
    words = [int.from_bytes(key[4 * i : 4 * i + 4]) for i in range(size)]
    constant = 1
    for index in range(size, 4 * (size + 7)):
        word = words[-1]
        if index % size == 0:
            word = ((word << 8) | (word >> 24)) & 0xFFFFFFFF
        if index % size == 0 or (size > 6 and index % size == 4):
            word = int.from_bytes(bytes(box[byte] for byte in word.to_bytes(4)))
        if index % size == 0:
            word ^= constant << 24
            constant = _xtime(constant)
        words.append(words[index - size] ^ word)
    return words


def _unmix(word: int) -> int:
    box = _boxes()[0]
    t0, t1, t2, t3 = _decryption_tables()
    b0, b1, b2, b3 = word.to_bytes(4)
    return t0[box[b0]] ^ t1[box[b1]] ^ t2[box[b2]] ^ t3[box[b3]]


class AesKey:
    """An expanded AES key. Hides itself in `repr`."""

    __slots__ = ("_backward", "_forward")

    def __init__(self, key: bytes) -> None:
        words = _expand(key)
        self._forward = words
        rounds = [words[i : i + 4] for i in range(0, len(words), 4)][::-1]
        middle = [[_unmix(word) for word in group] for group in rounds[1:-1]]
        self._backward = [word for group in (rounds[0], *middle, rounds[-1]) for word in group]

    def encrypt_block(self, block: int) -> int:
        """The cipher of one 128-bit block, both as integers (FIPS 197, 5.1)."""
        return _run(block, self._forward, _encryption_tables(), _boxes()[0], 1)

    def decrypt_block(self, block: int) -> int:
        """The equivalent inverse cipher (FIPS 197, 5.3.5)."""
        return _run(block, self._backward, _decryption_tables(), _boxes()[1], 3)


def _run(
    block: int, keys: list[int], tables: tuple[tuple[int, ...], ...], box: bytes, step: int
) -> int:
    """All rounds. `step` is the column from which the second row comes: 1 forward, 3 backward."""
    t0, t1, t2, t3 = tables
    a = (block >> 96) ^ keys[0]
    b = ((block >> 64) & 0xFFFFFFFF) ^ keys[1]
    c = ((block >> 32) & 0xFFFFFFFF) ^ keys[2]
    d = (block & 0xFFFFFFFF) ^ keys[3]
    last = len(keys) - 4
    for k in range(4, last, 4):
        p, q, r, s = (b, c, d, a) if step == 1 else (d, a, b, c)
        u, v, w, x = (d, a, b, c) if step == 1 else (b, c, d, a)
        a, b, c, d = (
            t0[a >> 24] ^ t1[(p >> 16) & 255] ^ t2[(c >> 8) & 255] ^ t3[u & 255] ^ keys[k],
            t0[b >> 24] ^ t1[(q >> 16) & 255] ^ t2[(d >> 8) & 255] ^ t3[v & 255] ^ keys[k + 1],
            t0[c >> 24] ^ t1[(r >> 16) & 255] ^ t2[(a >> 8) & 255] ^ t3[w & 255] ^ keys[k + 2],
            t0[d >> 24] ^ t1[(s >> 16) & 255] ^ t2[(b >> 8) & 255] ^ t3[x & 255] ^ keys[k + 3],
        )
    state = (a, b, c, d)
    out = 0
    for i in range(4):
        word = (
            (box[state[i] >> 24] << 24)
            | (box[(state[(i + step) % 4] >> 16) & 255] << 16)
            | (box[(state[(i + 2) % 4] >> 8) & 255] << 8)
            | box[state[(i + 4 - step) % 4] & 255]
        )
        out = (out << 32) | (word ^ keys[last + i])
    return out
