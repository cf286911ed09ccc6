"""CBOR: any bytes decode or raise Malformed; every value survives encoding and decoding."""

import contextlib

import hypothesis.strategies as st
from hypothesis import given, settings

from mrc.formats import cbor
from mrc.formats.cbor import Embedded, Tag
from mrc.kernel.errors import Malformed

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary()
    | st.text()
    | st.floats(allow_nan=False)
    | st.dates()
    | st.binary().map(Embedded)
)
KEYS = st.integers(-(2**64), 2**64 - 1) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.builds(Tag, st.integers(2000, 2**64 - 1), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        cbor.decode(data)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_every_value_survives(value: object) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@settings(max_examples=200, deadline=None)
@given(VALUES, st.data())
def test_every_shortening_is_malformed(value: object, data: st.DataObject) -> None:
    encoded = cbor.encode(value)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    try:
        cbor.decode(encoded[:cut])
    except Malformed:
        return
    raise AssertionError("a shortened item decoded")
