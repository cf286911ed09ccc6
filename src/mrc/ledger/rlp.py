"""Recursive Length Prefix, strictly canonical.

Ethereum Yellow Paper, appendix B. Every value has exactly one encoding and any other is refused,
so re-encoding what was decoded gives back the same bytes.
"""

from mrc.kernel.errors import Malformed

Item = bytes | list["Item"]

MAX_BYTES = 8192  # a QBFT header with 64 validators is below 6,000 bytes
MAX_DEPTH = 6  # a header's vote stands at depth 3; a trie node embeds at most a few levels
_LONGEST_SHORT = 55


def encode(item: Item) -> bytes:
    """The encoding of byte strings and lists of them."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(0x80, len(item)) + item
    body = b"".join(encode(member) for member in item)
    return _prefix(0xC0, len(body)) + body


def encode_int(value: int) -> bytes:
    """A scalar as a byte string: big-endian without leading zeros."""
    return value.to_bytes((value.bit_length() + 7) // 8)


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> Item:
    """The one item that `data` encodes. Raises `Malformed` for anything else."""
    if len(data) > max_bytes:
        raise Malformed("RLP", f"{len(data)} bytes, at most {max_bytes}")
    item, end = _decode_at(data, 0, len(data), 0)
    if end != len(data):
        raise Malformed("RLP", f"{len(data) - end} bytes left over")
    return item


def decode_list(data: bytes, *, what: str) -> list[Item]:
    """As `decode`, and the item is a list."""
    return expect_list(decode(data), what=what)


def expect_list(item: Item, *, what: str) -> list[Item]:
    if isinstance(item, bytes):
        raise Malformed(what, "expected a list")
    return item


def expect_bytes(item: Item, *, what: str, size: int | None = None) -> bytes:
    if not isinstance(item, bytes):
        raise Malformed(what, "expected a byte string")
    if size is not None and len(item) != size:
        raise Malformed(what, f"expected {size} bytes, came {len(item)}")
    return item


def expect_int(item: Item, *, what: str, max_bytes: int = 32) -> int:
    """A scalar; a leading zero byte is refused."""
    data = expect_bytes(item, what=what)
    if len(data) > max_bytes or data[:1] == b"\x00":
        raise Malformed(what, "not a canonical scalar")
    return int.from_bytes(data)


def _prefix(base: int, length: int) -> bytes:
    if length <= _LONGEST_SHORT:
        return bytes([base + length])
    size = encode_int(length)
    return bytes([base + _LONGEST_SHORT + len(size)]) + size


def _decode_at(data: bytes, start: int, end: int, depth: int) -> tuple[Item, int]:
    if start >= end:
        raise Malformed("RLP", "truncated")
    if depth > MAX_DEPTH:
        raise Malformed("RLP", f"deeper than {MAX_DEPTH}")
    first = data[start]
    if first < 0x80:
        return data[start : start + 1], start + 1
    base = 0x80 if first < 0xC0 else 0xC0
    body, stop = _extent(data, start, end, first - base)
    if base == 0x80:
        content = data[body:stop]
        if len(content) == 1 and content[0] < 0x80:
            raise Malformed("RLP", "a single byte with a prefix")
        return content, stop
    return _decode_members(data, body, stop, depth), stop


def _decode_members(data: bytes, start: int, stop: int, depth: int) -> list[Item]:
    members: list[Item] = []
    while start < stop:
        member, start = _decode_at(data, start, stop, depth + 1)
        members.append(member)
    return members


def _extent(data: bytes, start: int, end: int, code: int) -> tuple[int, int]:
    """Where the content lies that a prefix with length code `code` announces."""
    if code <= _LONGEST_SHORT:
        body, length = start + 1, code
    else:
        body = start + 1 + code - _LONGEST_SHORT
        size = data[start + 1 : body]
        length = int.from_bytes(size)
        if body > end or size[:1] == b"\x00" or length <= _LONGEST_SHORT:
            raise Malformed("RLP", "a length that is not canonical")
    if body + length > end:
        raise Malformed("RLP", "truncated")
    return body, body + length
