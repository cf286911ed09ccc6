"""Any status list token decodes or is refused; every list survives."""

import contextlib
import json
import zlib

from hypothesis import given
from hypothesis import strategies as st

from mrc.formats import cbor
from mrc.formats.jose import jws
from mrc.formats.status_list.aggregation import decode_aggregation
from mrc.formats.status_list.bits import BIT_SIZES, PublishedList, decode_compressed
from mrc.formats.status_list.cwt_token import decode_cwt
from mrc.formats.status_list.jwt_token import decode_jwt
from mrc.formats.status_list.reference import decode_status
from mrc.kernel.errors import Malformed

VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
) | st.binary(max_size=5)
LISTS = st.fixed_dictionaries(
    {}, optional={"bits": VALUES, "lst": VALUES, "aggregation_uri": VALUES}
)


@given(st.sampled_from(BIT_SIZES), st.binary(min_size=1, max_size=200), st.data())
def test_every_list_survives_and_so_does_a_change(
    bits: int, packed: bytes, data: st.DataObject
) -> None:
    published = PublishedList(bits=bits, size=len(packed) * 8 // bits, packed=packed)
    assert decode_compressed(bits, published.compressed()).packed == packed
    index = data.draw(st.integers(0, len(published) - 1))
    value = data.draw(st.integers(0, (1 << bits) - 1))
    published.set(index, value)
    read = decode_compressed(bits, published.compressed())
    assert read.get(index) == value
    assert zlib.decompress(published.compressed_small()) == published.packed()


@given(st.binary())
def test_any_bytes_inflate_or_are_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode_compressed(2, data, limit=1000)


@given(st.dictionaries(st.sampled_from([2, 4, 6, 65533, 65534]), VALUES | LISTS) | VALUES)
def test_any_cwt_decodes_or_is_malformed(payload: object) -> None:
    message = [b"", {}, cbor.encode(payload), b""]
    with contextlib.suppress(Malformed):
        decode_cwt(cbor.encode(message))


@given(st.binary())
def test_any_bytes_are_a_cwt_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode_cwt(data)


JSON_VALUES = VALUES.filter(lambda value: not isinstance(value, bytes | float)) | st.just(1.5)
JSON_LISTS = st.fixed_dictionaries(
    {}, optional={"bits": JSON_VALUES, "lst": JSON_VALUES, "aggregation_uri": JSON_VALUES}
)


@given(
    st.dictionaries(
        st.sampled_from(["sub", "iat", "exp", "ttl", "status_list"]), JSON_VALUES | JSON_LISTS
    )
)
def test_any_jwt_decodes_or_is_malformed(payload: dict[str, object]) -> None:
    text = jws.assemble(jws.signing_input({}, json.dumps(payload).encode()), b"")
    with contextlib.suppress(Malformed):
        decode_jwt(text)
    with contextlib.suppress(Malformed):
        decode_aggregation(json.dumps(payload).encode())


@given(
    st.dictionaries(
        st.just("status_list"), VALUES | st.dictionaries(st.sampled_from(["idx", "uri"]), VALUES)
    )
    | VALUES
)
def test_any_status_is_a_reference_or_malformed(status: object) -> None:
    with contextlib.suppress(Malformed):
        decode_status(status)
