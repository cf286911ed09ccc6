"""Strict JSON for what the ledger hands out: exact members, lower-case hexadecimal, no surprises.

Refused besides what `formats.json_text` refuses: unknown and missing members, numbers that are not
whole, bytes in any form but ``0x`` and lower-case digits.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from mrc.formats import json_text
from mrc.kernel.errors import Malformed

MAX_ITEMS = 256
MAX_TEXT = 1024
WHAT = "ledger JSON"

T = TypeVar("T")


def load(data: bytes, *, max_bytes: int) -> object:
    """The JSON value of `data`. Raises `Malformed`."""
    if len(data) > max_bytes:
        raise Malformed(WHAT, f"more than {max_bytes} bytes")
    return json_text.decode(data)


def members(value: object, *names: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise Malformed(WHAT, f"expected exactly the members {', '.join(names)}")
    return value


def each(
    value: object, decode: Callable[[object], T], *, at_most: int = MAX_ITEMS
) -> tuple[T, ...]:
    if not isinstance(value, list) or len(value) > at_most:
        raise Malformed(WHAT, f"expected an array of at most {at_most}")
    return tuple(decode(member) for member in value)


def to_bytes(value: object, size: int | None = None) -> bytes:
    """0x and lower-case hexadecimal digits, of the expected size."""
    if not isinstance(value, str) or value[:2] != "0x" or not value.isascii():
        raise Malformed(WHAT, "expected 0x and hexadecimal digits")
    try:
        data = bytes.fromhex(value[2:])
    except ValueError as error:
        raise Malformed(WHAT, "expected 0x and hexadecimal digits") from error
    if to_hex(data) != value or (size is not None and len(data) != size):
        raise Malformed(WHAT, f"expected {size} bytes in lower-case hexadecimal")
    return data


def integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise Malformed(WHAT, "expected a whole number")
    return value


def text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise Malformed(WHAT, f"expected text of at most {MAX_TEXT} characters")
    return value


def to_hex(data: bytes) -> str:
    return "0x" + data.hex()
