"""JSON: one text, one meaning; the same bytes with and without the accelerator."""

import pytest

from mrc.formats import json_text
from mrc.kernel.errors import Malformed

FORGERIES = {
    "name twice": b'{"a":1,"a":2}',
    "name twice, one escaped": b'{"a":1,"\\u0061":2}',
    "name twice, deep": b'[{"x":{"a":1,"a":1}}]',
    "NaN": b"[NaN]",
    "infinity": b"-Infinity",
    "overflowing number": b"1e999",
    "lone surrogate": b'"\\ud800"',
    "lone surrogate as a name": b'{"\\uDC00":1}',
    "not UTF-8": b'"\xff"',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "leftover": b"{} {}",
    "truncated": b'{"a":',
    "empty": b"",
    "control character": b'"\x01"',
    "trailing comma": b"[1,]",
    "depth 65": b"[" * 65 + b"]" * 65,
    "depth 100000": b"[" * 100_000,
    "huge integer": b"1" * 10_000,
}


@pytest.mark.parametrize("data", FORGERIES.values(), ids=FORGERIES.keys())
def test_ambiguous_or_broken_text_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        json_text.decode(data)


def test_a_text_with_a_raw_lone_surrogate_is_malformed() -> None:
    with pytest.raises(Malformed):
        json_text.decode('"\ud800"')


def test_depth_64_is_accepted() -> None:
    assert json_text.decode(b"[" * 64 + b"]" * 64)


def test_many_brackets_in_one_level_are_accepted() -> None:
    assert json_text.decode(b"[" + b"[]," * 200 + b"[]]") == [[]] * 201


def test_an_object_is_demanded() -> None:
    with pytest.raises(Malformed):
        json_text.decode_object(b"[1]")


VALUES: list[object] = [
    {"이름": "홍길동", "n": [1, -2, 2**53, 2**80], "t": True, "none": None},
    {"quote": '"\\/\b\f\n\r\t\x01\x7f\u2028'},
    [1.5, 0.1, -0.0],
    {},
    ("a", "b"),
    "😀",
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_both_encoders_write_the_same_compact_text(value: object) -> None:
    assert json_text.encode(value) == json_text._stdlib_encode(value)


@pytest.mark.parametrize("value", [float("nan"), {"a": [float("inf")]}])
def test_what_json_cannot_say_is_our_mistake(value: object) -> None:
    with pytest.raises(ValueError):
        json_text.encode(value)
