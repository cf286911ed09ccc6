"""Keccak-256 as Ethereum uses it, in pure Python.

The Keccak submission of 2011 with multi-rate padding 0x01; it differs from FIPS 202's SHA3-256
only in that byte. The 25 lanes are unrolled by generated index tables, because this is the hot
loop of a proof check on a phone.
"""

_MASK = (1 << 64) - 1
_RATE = 136
_ROUND_CONSTANTS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip
_ROTATIONS = (
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
)  # fmt: skip
# pi moves lane (x, y) to (y, 2x + 3y): for each target lane, its source and that source's rotation
_MOVES = tuple(
    (source, _ROTATIONS[source])
    for target in range(25)
    for source in range(25)
    if target == (source // 5) + 5 * ((2 * (source % 5) + 3 * (source // 5)) % 5)
)


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 hash of `data`."""
    padded = bytearray(data)
    padded += bytes(_RATE - len(data) % _RATE)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * 25
    for offset in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            start = offset + 8 * lane
            state[lane] ^= int.from_bytes(padded[start : start + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permute(a: list[int]) -> list[int]:
    """Keccak-f[1600]: 24 rounds of theta, rho, pi, chi and iota."""
    mask = _MASK
    for constant in _ROUND_CONSTANTS:
        c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
        c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
        c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
        c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
        c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
        d = (
            c4 ^ ((c1 << 1 | c1 >> 63) & mask),
            c0 ^ ((c2 << 1 | c2 >> 63) & mask),
            c1 ^ ((c3 << 1 | c3 >> 63) & mask),
            c2 ^ ((c4 << 1 | c4 >> 63) & mask),
            c3 ^ ((c0 << 1 | c0 >> 63) & mask),
        ) * 5
        b = [
            ((lane := a[source] ^ d[source]) << turn | lane >> (64 - turn)) & mask
            for source, turn in _MOVES
        ]
        a = [
            b[0] ^ (~b[1] & b[2]), b[1] ^ (~b[2] & b[3]), b[2] ^ (~b[3] & b[4]),
            b[3] ^ (~b[4] & b[0]), b[4] ^ (~b[0] & b[1]),
            b[5] ^ (~b[6] & b[7]), b[6] ^ (~b[7] & b[8]), b[7] ^ (~b[8] & b[9]),
            b[8] ^ (~b[9] & b[5]), b[9] ^ (~b[5] & b[6]),
            b[10] ^ (~b[11] & b[12]), b[11] ^ (~b[12] & b[13]), b[12] ^ (~b[13] & b[14]),
            b[13] ^ (~b[14] & b[10]), b[14] ^ (~b[10] & b[11]),
            b[15] ^ (~b[16] & b[17]), b[16] ^ (~b[17] & b[18]), b[17] ^ (~b[18] & b[19]),
            b[18] ^ (~b[19] & b[15]), b[19] ^ (~b[15] & b[16]),
            b[20] ^ (~b[21] & b[22]), b[21] ^ (~b[22] & b[23]), b[22] ^ (~b[23] & b[24]),
            b[23] ^ (~b[24] & b[20]), b[24] ^ (~b[20] & b[21]),
        ]  # fmt: skip
        a[0] ^= constant
    return a
