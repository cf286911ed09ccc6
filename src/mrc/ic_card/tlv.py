"""BER-TLV data objects (ISO/IEC 7816-4 5.2.2, ITU-T X.690 8.1), as chips use them.

Tags up to three bytes and definite lengths up to 16 MB. Decoding keeps no order rules: ours is
the strict reader of what it needs, and it refuses truncation and leftovers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mrc.kernel.errors import Malformed

_MAX_TAG_BYTES = 3  # 7816-4 uses at most three
_MAX_LENGTH_BYTES = 3  # more than any file of a chip


@dataclass(frozen=True, slots=True)
class Tlv:
    tag: int
    value: bytes

    @property
    def constructed(self) -> bool:
        first = self.tag
        while first > 0xFF:
            first >>= 8
        return bool(first & 0x20)


def encode(tag: int, *values: bytes) -> bytes:
    """One data object; several values are joined."""
    value = b"".join(values)
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1) + encode_length(len(value)) + value


def encode_length(length: int) -> bytes:
    """The shortest definite form (X.690, 10.1)."""
    if length < 0x80:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size)


def read_header(data: bytes, offset: int = 0) -> tuple[int, int, int]:
    """(tag, length of the value, offset of the value) of the object at `offset`.

    The value itself may be missing: a reader uses this on the first bytes of a file.
    """
    tag, position = _read_tag(data, offset)
    if position >= len(data):
        raise Malformed("TLV", "truncated before the length")
    first = data[position]
    position += 1
    if first < 0x80:
        return tag, first, position
    size = first & 0x7F
    if not 1 <= size <= _MAX_LENGTH_BYTES:
        raise Malformed("TLV", "indefinite or oversized length")
    if position + size > len(data):
        raise Malformed("TLV", "truncated in the length")
    return tag, int.from_bytes(data[position : position + size]), position + size


def _read_tag(data: bytes, offset: int) -> tuple[int, int]:
    if offset >= len(data):
        raise Malformed("TLV", "empty")
    tag, position = data[offset], offset + 1
    if tag & 0x1F == 0x1F:
        while True:
            if position >= len(data) or position - offset >= _MAX_TAG_BYTES:
                raise Malformed("TLV", "tag truncated or too long")
            tag = (tag << 8) | data[position]
            position += 1
            if not data[position - 1] & 0x80:
                break
    return tag, position


def parse(data: bytes) -> Iterator[Tlv]:
    """All objects in `data`, one after the other."""
    offset = 0
    while offset < len(data):
        tag, length, start = read_header(data, offset)
        if start + length > len(data):
            raise Malformed("TLV", f"object {tag:X} is truncated")
        yield Tlv(tag, data[start : start + length])
        offset = start + length


def parse_one(data: bytes, expected_tag: int) -> bytes:
    """The value of the only object in `data`, which has `expected_tag`."""
    objects = list(parse(data))
    if len(objects) != 1 or objects[0].tag != expected_tag:
        raise Malformed("TLV", f"expected exactly one object {expected_tag:X}")
    return objects[0].value


def parse_map(data: bytes) -> dict[int, bytes]:
    """Objects by tag. Refuses a tag given twice."""
    found: dict[int, bytes] = {}
    for item in parse(data):
        if item.tag in found:
            raise Malformed("TLV", f"object {item.tag:X} twice")
        found[item.tag] = item.value
    return found


def find(objects: Iterable[Tlv], tag: int) -> bytes | None:
    """The value of the first object with `tag`."""
    return next((item.value for item in objects if item.tag == tag), None)
