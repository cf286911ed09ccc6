"""CBOR (RFC 8949): strict decoding in pure Python, deterministic encoding on cbor2.

Decoding refuses what could be read in two ways or cost without bound: duplicate keys, leftovers,
truncation, depth, size, keys that are not integers or strings. It accepts every other valid
encoding (long heads, indefinite lengths). cbor2 decodes two dozen tags into live objects and
knows no limit on duplicates before its version 6, so it only encodes here.

Tag 0 and 1004 are `datetime` and `date`, tag 24 is `Embedded`; every other tag stays a `Tag`.
Simple values other than false, true and null (also `undefined`) are refused: none of our formats
has one.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

import cbor2

from mrc.kernel.errors import Malformed

MAX_SIZE = 1024 * 1024  # bytes; a response with two portraits is far smaller
MAX_DEPTH = 32  # nested containers and tags; an mdoc response needs about ten
MAX_ENTRIES = 65_536  # of one map: bounds the cost of colliding keys

_BREAK = 0xFF
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FLOATS = {3: ">e", 5: ">f", 9: ">d"}  # by the size of the head
_CONSTANTS = {20: False, 21: True, 22: None}

T = TypeVar("T")
Item = tuple[object, int]


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that this module gives no meaning to."""

    number: int
    value: object


@dataclass(frozen=True, slots=True)
class Embedded:
    """Tag 24: `data` is the embedded CBOR; `received` the whole item as it came.

    Digests are taken over `encoded`, so a sender's long length head stays in the hash.
    """

    data: bytes
    received: bytes = field(default=b"", compare=False, repr=False)

    @property
    def encoded(self) -> bytes:
        """The whole item: as received, or in the shortest form where we made it."""
        return self.received or b"\xd8\x18" + head(2, len(self.data)) + self.data


@dataclass(frozen=True, slots=True)
class Encoded:
    """An item that is already CBOR, to be spliced into a larger one unchanged."""

    data: bytes


def head(major: int, number: int) -> bytes:
    """The shortest head of a major type with its argument (RFC 8949, 3)."""
    first = major << 5
    if number < 24:
        return bytes((first | number,))
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes((first | extra,)) + number.to_bytes(size)
    raise ValueError(f"no CBOR head holds {number}")


def encode(value: object) -> bytes:
    """`value` in shortest heads and definite lengths; maps keep the order they are given in.

    Raises `ValueError` for what has no encoding (a naive `datetime`, an unknown type).
    """
    try:
        return cbor2.dumps(value, default=_encode_ours)
    except cbor2.CBOREncodeError as error:
        raise ValueError(f"cannot be encoded as CBOR: {error}") from error


def _encode_ours(encoder: cbor2.CBOREncoder, value: object) -> None:
    match value:
        case Embedded():
            encoder.write(value.encoded)
        case Encoded(data):
            encoder.write(data)
        case Tag(number, inner):
            encoder.write(head(6, number))
            encoder.encode(inner)
        case _:
            raise ValueError(f"cannot be encoded as CBOR: {type(value).__name__}")


def decode(data: bytes, *, what: str = "CBOR", max_size: int = MAX_SIZE) -> object:
    """The one item that `data` is. Raises `Malformed` naming `what`."""
    if len(data) > max_size:
        raise Malformed(what, f"more than {max_size} bytes")
    return _until_end(data, 0, MAX_DEPTH, what)


def decode_last(data: bytes, at: int, *, what: str) -> object:
    """The last value of the map that `data` is, from `at` to the end, as `decode` reads it.

    For readers that know what stands before `at`. Raises `Malformed` naming `what`.
    """
    if len(data) > MAX_SIZE:
        raise Malformed(what, f"more than {MAX_SIZE} bytes")
    return _until_end(data, at, MAX_DEPTH - 1, what)


def _until_end(data: bytes, at: int, depth: int, what: str) -> object:
    try:
        value, end = _item(data, at, depth)
    except Malformed as error:
        raise Malformed(what, error.detail) from error
    except IndexError as error:
        raise Malformed(what, "truncated") from error
    except UnicodeDecodeError as error:
        raise Malformed(what, "a text string is not UTF-8") from error
    if end != len(data):
        raise Malformed(what, f"{len(data) - end} bytes left over")
    return value


def decode_as(kind: type[T], data: bytes, *, what: str, max_size: int = MAX_SIZE) -> T:
    """As `decode`, where the item must be of one Python type."""
    return expect(kind, decode(data, what=what, max_size=max_size), what)


def expect(kind: type[T], value: object, what: str) -> T:
    """`value`, if it is of type `kind`. Raises `Malformed` naming `what`; true is no integer."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Malformed(what, f"expected {kind.__name__}, got {type(value).__name__}")
    return value


def member(kind: type[T], mapping: dict[object, object], key: int | str, what: str) -> T:
    """The entry `key` of a decoded map, of type `kind`. Raises `Malformed` where it lacks."""
    if key not in mapping:
        raise Malformed(what, f"{key!r} is missing")
    return expect(kind, mapping[key], f"{what} {key!r}")


def _item(data: bytes, at: int, depth: int) -> Item:
    """The item at `at` and where it ends.

    IndexError where the data ends too early. The order of the branches is that of frequency: a
    reader decodes some hundred items per presentation, and cannot leave it to cbor2.
    """
    start, first = at, data[at]
    if first < 24:
        return first, at + 1
    low = first & 31
    at += 1
    if low < 24:
        number = low
    elif low == 24:
        number = data[at]
        at += 1
    elif low < 28:
        end = at + (1 << (low - 24))
        number = int.from_bytes(data[at:end])
        at = end
        data[end - 1]  # IndexError where the head is cut off
    elif low == 31:
        return _indefinite(data, at, first >> 5, depth)
    else:
        raise Malformed("", f"reserved head {first:#04x}")
    major = first >> 5
    if major == 3 or major == 2:
        end = at + number
        string = data[at:end]
        if len(string) != number:
            raise Malformed("", "truncated")
        return (string if major == 2 else string.decode()), end
    if major == 0:
        return number, at
    return _LESS_FREQUENT[major](data, start, at, number, depth)


def _negative(_data: bytes, _start: int, at: int, number: int, _depth: int) -> Item:
    return -1 - number, at


def _array(data: bytes, _start: int, at: int, number: int, depth: int) -> Item:
    if not depth or number > len(data) - at:  # each entry takes a byte at least
        raise Malformed("", "nested too deeply" if not depth else "truncated")
    values: list[object] = []
    for _ in range(number):
        value, at = _item(data, at, depth - 1)
        values.append(value)
    return values, at


def _map(data: bytes, _start: int, at: int, number: int, depth: int) -> Item:
    if not depth or number > MAX_ENTRIES:
        raise Malformed("", "nested too deeply" if not depth else "too many entries")
    values: dict[object, object] = {}
    for _ in range(number):
        first = data[at]
        key: object
        if 0x60 <= first <= 0x77:  # short text; cut off, it leaves no value to read
            end = at + first - 0x5F
            key = data[at + 1 : end].decode()
            at = end
        elif first < 24:
            key = first
            at += 1
        else:
            key, at = _key(data, at, depth)
        if key in values:
            raise Malformed("", "a map has a key twice")
        values[key], at = _item(data, at, depth - 1)
    return values, at


def _key(data: bytes, at: int, depth: int) -> Item:
    key, at = _item(data, at, depth - 1)
    # True equals 1 in Python, and numbers without bound can be made to collide.
    if type(key) not in _KEY_TYPES:
        raise Malformed("", f"a map key is of type {type(key).__name__}")
    return key, at


def _tagged(data: bytes, start: int, at: int, number: int, depth: int) -> Item:
    if not depth:
        raise Malformed("", "nested too deeply")
    value, end = _item(data, at, depth - 1)
    if number == 24 and type(value) is bytes:
        return Embedded(value, data[start:end]), end
    match number, value:
        case 0, str():
            return _date_time(value), end
        case 1004, str():
            return _full_date(value), end
        case ((0 | 24 | 1004), _):
            raise Malformed("", f"tag {number} on a value of type {type(value).__name__}")
    return Tag(number, value), end


def _date_time(text: str) -> datetime:
    if not _DATE_TIME.fullmatch(text):
        raise Malformed("", "tag 0 without an RFC 3339 date and time")
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed("", "tag 0 with a time that does not exist") from error


def _full_date(text: str) -> date:
    if not _FULL_DATE.fullmatch(text):
        raise Malformed("", "tag 1004 without a full date")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("", "tag 1004 with a date that does not exist") from error


def _simple(data: bytes, start: int, at: int, number: int, _depth: int) -> Item:
    form = _FLOATS.get(at - start)
    if form is not None:
        return struct.unpack(form, data[start + 1 : at])[0], at
    if at - start > 1 or number not in _CONSTANTS:
        raise Malformed("", f"simple value {number}")
    return _CONSTANTS[number], at


_LESS_FREQUENT: dict[int, Callable[[bytes, int, int, int, int], Item]] = {
    1: _negative,
    4: _array,
    5: _map,
    6: _tagged,
    7: _simple,
}
_KEY_TYPES = frozenset({int, str, bytes})


def _indefinite(data: bytes, at: int, major: int, depth: int) -> Item:
    """Chunked strings and open containers, up to the break (RFC 8949, 3.2)."""
    if not depth:
        raise Malformed("", "nested too deeply")
    match major:
        case 2 | 3:
            return _chunks(data, at, major)
        case 4:
            values: list[object] = []
            while data[at] != _BREAK:
                value, at = _item(data, at, depth - 1)
                values.append(value)
            return values, at + 1
        case 5:
            entries: dict[object, object] = {}
            while data[at] != _BREAK:
                if len(entries) >= MAX_ENTRIES:
                    raise Malformed("", "too many entries")
                key, at = _key(data, at, depth)
                if key in entries:
                    raise Malformed("", "a map has a key twice")
                entries[key], at = _item(data, at, depth - 1)
            return entries, at + 1
    raise Malformed("", "an indefinite length or a break where none may be")


def _chunks(data: bytes, at: int, major: int) -> Item:
    parts: list[object] = []
    while data[at] != _BREAK:
        if data[at] >> 5 != major or data[at] & 31 == 31:
            raise Malformed("", "a chunk of another type")
        part, at = _item(data, at, 1)
        parts.append(part)
    if major == 2:
        return b"".join(part for part in parts if isinstance(part, bytes)), at + 1
    return "".join(part for part in parts if isinstance(part, str)), at + 1
