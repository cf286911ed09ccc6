"""mdoc and COSE: any bytes, and any damaged credential, decode or raise Malformed."""

import contextlib
import itertools
from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mrc.formats import cbor
from mrc.formats.cose.cose_key import decode_key
from mrc.formats.cose.mac0 import decode_mac0
from mrc.formats.cose.sign1 import decode_sign1
from mrc.formats.mdoc.device_response import decode_device_response
from mrc.formats.mdoc.issuer_signed import (
    decode_issuer_signed,
    read_any_item,
    read_item,
    read_usual_item,
)
from mrc.formats.mdoc.mso import decode_mso
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed
from tests.simulators.mdocs import COMMON, issue_mdoc

DECODERS: list[Callable[[bytes], object]] = [
    decode_sign1,
    decode_mac0,
    decode_mso,
    decode_issuer_signed,
    decode_device_response,
]
ISSUED = issue_mdoc(SoftwareSigner.generate().public_key, elements={COMMON: {"a": 1, "b": "x"}})
VALUES = st.none() | st.booleans() | st.integers() | st.binary(max_size=40) | st.text(max_size=9)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_decode_or_are_malformed(data: bytes) -> None:
    for decode in DECODERS:
        with contextlib.suppress(Malformed):
            decode(data)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(ISSUED) - 1), st.binary(min_size=1, max_size=3))
def test_a_damaged_credential_decodes_or_is_malformed(at: int, damage: bytes) -> None:
    with contextlib.suppress(Malformed):
        decoded = decode_issuer_signed(ISSUED[:at] + damage + ISSUED[at + len(damage) :])
        if decoded.issuer_auth.payload is not None:
            decode_mso(decoded.issuer_auth.payload)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.integers(-5, 5) | st.text(max_size=2), VALUES | st.lists(VALUES)))
def test_any_map_is_a_key_or_malformed(value: dict[object, object]) -> None:
    with contextlib.suppress(Malformed):
        decode_key({1: 2, -1: 1, **value})


KEYS = ("digestID", "random", "elementIdentifier", "elementValue")
ORDERS = list(itertools.permutations(KEYS))
ELEMENTS = VALUES | st.lists(VALUES, max_size=2) | st.just(cbor.Tag(1004, "2026-02-30"))
NAMES = st.text(max_size=30) | st.sampled_from(["lelementValue", "a" * 23, "a" * 24])


@st.composite
def items(draw: st.DrawFn) -> bytes:
    """An item in the usual order or another, which may be damaged in one place."""
    values: dict[str, object] = {
        "digestID": draw(st.integers(0, 300) | st.integers(-2, 2**40)),
        "random": draw(st.binary(min_size=14, max_size=40) | st.just(bytes(255)) | st.text()),
        "elementIdentifier": draw(NAMES),
        "elementValue": draw(ELEMENTS),
    }
    order = draw(st.just(KEYS) | st.sampled_from(ORDERS))
    data = cbor.encode({key: values[key] for key in order})
    at = draw(st.integers(0, len(data)))
    return draw(
        st.just(data)
        | st.binary(max_size=3).map(lambda damage: data[:at] + damage + data[at + len(damage) :])
        | st.binary(max_size=2).map(lambda damage: data[:at] + damage + data[at:])
        | st.just(data[:at])
    )


def outcome(read: Callable[[cbor.Embedded], object], data: bytes) -> object:
    try:
        return read(cbor.Embedded(data))
    except Malformed as error:
        return str(error)


@settings(max_examples=1000, deadline=None)
@given(items())
def test_the_usual_reader_says_what_the_general_one_says(data: bytes) -> None:
    """The same item or the same words of refusal, from either."""
    assert outcome(read_item, data) == outcome(read_any_item, data)


HEAD = b"\xa4\x68digestID"
RANDOM = b"\x66random"
NAME = b"\x71elementIdentifier"
VALUE = b"\x6celementValue"
USUAL = HEAD + b"\x05" + RANDOM + b"\x50" + bytes(16) + NAME + b"\x61a" + VALUE + b"\x01"
CHEATS = {
    "a map of five": b"\xa5" + USUAL[1:],
    "a map of three": b"\xa3" + USUAL[1:],
    "a member twice": b"\xa5" + USUAL[1:] + b"\x68digestID\x06",
    "a random shorter than its head": USUAL.replace(b"\x50" + bytes(16), b"\x51" + bytes(16)),
    "a random longer than its head": USUAL.replace(b"\x50" + bytes(16), b"\x50" + bytes(17)),
    "a random of 15 bytes": USUAL.replace(b"\x50" + bytes(16), b"\x4f" + bytes(15)),
    "a random of 15 bytes, long head": USUAL.replace(b"\x50" + bytes(16), b"\x58\x0f" + bytes(15)),
    "a random that holds the next key": USUAL.replace(bytes(16), bytes(16) + NAME),
    "a random in chunks": USUAL.replace(b"\x50" + bytes(16), b"\x5f\x50" + bytes(16) + b"\xff"),
    "a name longer than its head": USUAL.replace(b"\x61a", b"\x61ab"),
    "a name shorter than its head": USUAL.replace(b"\x61a", b"\x62a"),
    "a name that holds the next key": USUAL.replace(b"\x61a", b"\x6e" + b"a" + VALUE),
    "a name that is not UTF-8": USUAL.replace(b"\x61a", b"\x61\xff"),
    "a name as bytes": USUAL.replace(b"\x61a", b"\x41a"),
    "an id of two bytes": USUAL.replace(b"digestID\x05", b"digestID\x19\x01\x00"),
    "an id as text": USUAL.replace(b"digestID\x05", b"digestID\x61x"),
    "a negative id": USUAL.replace(b"digestID\x05", b"digestID\x20"),
    "a leftover": USUAL + b"\x00",
    "a value cut off": USUAL[:-1] + b"\x62a",
    "no value": USUAL[:-1],
    "a value with a key twice": USUAL[:-1] + b"\xa2\x01\x01\x01\x02",
    "a value nested too deeply": USUAL[:-1] + b"\x81" * 40 + b"\x01",
}


def test_the_usual_form_is_read_by_the_usual_reader() -> None:
    found = read_usual_item(cbor.Embedded(USUAL))
    assert found == read_any_item(cbor.Embedded(USUAL))
    assert found == (5, bytes(16), "a", 1, cbor.Embedded(USUAL))


@pytest.mark.parametrize("cheat", CHEATS)
def test_no_cheat_passes_one_reader_alone(cheat: str) -> None:
    assert outcome(read_item, CHEATS[cheat]) == outcome(read_any_item, CHEATS[cheat])


def test_nesting_is_counted_from_the_same_place() -> None:
    """The value stands one level inside the item, however it is read."""
    for depth in (cbor.MAX_DEPTH - 2, cbor.MAX_DEPTH - 1, cbor.MAX_DEPTH):
        data = USUAL[:-1] + b"\x81" * depth + b"\x01"
        assert outcome(read_item, data) == outcome(read_any_item, data)
