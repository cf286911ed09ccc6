"""mdoc and COSE: any bytes, and any damaged credential, decode or raise Malformed."""

import contextlib
from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis import given, settings

from mrc.formats.cose.cose_key import decode_key
from mrc.formats.cose.mac0 import decode_mac0
from mrc.formats.cose.sign1 import decode_sign1
from mrc.formats.mdoc.device_response import decode_device_response
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
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
