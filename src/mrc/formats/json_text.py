"""JSON (RFC 8259) as a signed message needs it: one text, one meaning.

Refused when decoding: a name given twice (parsers disagree which one counts, so a signature check
and a policy check could read different values), NaN and infinities, numbers that overflow, lone
surrogates, anything but UTF-8, nesting deeper than 64. `orjson` encodes where it is installed;
the standard library gives the same text but for the spelling of exponents.
"""

import json
import re
from collections.abc import Callable
from json.scanner import make_scanner
from math import isfinite
from typing import NoReturn

from mrc.kernel.errors import Malformed

MAX_DEPTH = 64
"""Deepest nesting of a decoded text; real messages stay under ten."""


def _stdlib_encode(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


encode: Callable[[object], bytes] = _stdlib_encode
"""Compact UTF-8 JSON; `ValueError` or `TypeError` for what JSON cannot say."""

try:
    import orjson
except ImportError:
    pass
else:
    _OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

    def _fast_encode(value: object) -> bytes:
        try:
            encoded = orjson.dumps(value, option=_OPTIONS)
        except orjson.JSONEncodeError:
            return _stdlib_encode(value)
        # orjson writes NaN as null: where a null stands, the standard library judges.
        return _stdlib_encode(value) if b"null" in encoded else encoded

    encode = _fast_encode


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("JSON", "a member name is given twice")
    return members


def _constant(name: str) -> NoReturn:
    raise Malformed("JSON", f"{name} is not a JSON number")


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise Malformed("JSON", "a number out of range")
    return value


_SETTINGS = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_constant, parse_float=_number
)
_scan_once: Callable[[str, int], tuple[object, int]]
_scan_once = make_scanner(_SETTINGS)  # type: ignore[arg-type]  # typeshed mistakes it for a class


_WHITESPACE = " \t\n\r"


def _scan(text: str) -> object:
    """What `JSONDecoder.decode` does, without its two regular expressions."""
    try:
        value, end = _scan_once(text, 0)
    except StopIteration as error:
        raise ValueError("no value") from error
    if end != len(text):
        raise ValueError("a leftover")
    return value


def decode(data: bytes | str) -> object:
    """The value of the JSON text `data`. Raises `Malformed`."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        if text.count("[") + text.count("{") > MAX_DEPTH:
            _check_depth(text)
        value = _scan(text.strip(_WHITESPACE))
        if "\\u" in text or isinstance(data, str):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Malformed("JSON", "not a JSON text") from error
    return value


def decode_object(data: bytes | str, what: str = "JSON object") -> dict[str, object]:
    """As `decode`, for a text that must be an object; `what` names it in the error."""
    value = decode(data)
    if not isinstance(value, dict):
        raise Malformed(what, "expected a JSON object")
    return value


_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')


def _check_depth(text: str) -> None:
    """Counted before the text is read: the reader recurses, and in WebAssembly that is fatal."""
    depth = 0
    for token in _NESTING.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed("JSON", f"nested deeper than {MAX_DEPTH}")
        elif token[0] in "]}":
            depth -= 1
