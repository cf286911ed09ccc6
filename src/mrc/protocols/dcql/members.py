"""Reading the members of a decoded JSON object by type, strictly.

JSON's types are not Python's: `True` is no integer, and a string is no array. Every function
raises `Malformed` naming the structure and the member; none substitutes a default.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from mrc.kernel.errors import Malformed

JsonObject = Mapping[str, object]


def as_object(value: object, what: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise Malformed(what, "expected an object")
    return cast(JsonObject, value)  # JSON names are always strings


def as_string(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise Malformed(what, "expected a string")
    return value


def as_filled_string(value: object, what: str) -> str:
    text = as_string(value, what)
    if not text:
        raise Malformed(what, "expected a string that is not empty")
    return text


def as_boolean(value: object, what: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(what, "expected true or false")
    return value


def as_array(value: object, what: str, *, limit: int) -> Sequence[object]:
    """A non-empty array of at most `limit` elements."""
    if not isinstance(value, list | tuple):
        raise Malformed(what, "expected an array")
    if not value:
        raise Malformed(what, "expected an array that is not empty")
    if len(value) > limit:
        raise Malformed(what, f"more than {limit} elements")
    return value


def as_strings(value: object, what: str, *, limit: int) -> tuple[str, ...]:
    return tuple(as_filled_string(element, what) for element in as_array(value, what, limit=limit))


def get_member(source: JsonObject, name: str, what: str) -> object:
    if name not in source:
        raise Malformed(what, f"{name} is missing")
    return source[name]
