"""X.509: any bytes, and any damaged certificate, decode or raise Malformed."""

import contextlib

import hypothesis.strategies as st
from hypothesis import given, settings

from mrc.formats.x509.certificate import decode_certificate
from mrc.formats.x509.revocation import decode_revocation_list
from mrc.kernel.errors import Malformed
from tests.simulators.pki import practice_pki

DER = practice_pki().reader.der


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_decode_or_are_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode_certificate(data)
    with contextlib.suppress(Malformed):
        decode_revocation_list(data)


@settings(max_examples=600, deadline=None)
@given(st.integers(0, len(DER) - 1), st.binary(min_size=1, max_size=3))
def test_a_damaged_certificate_decodes_or_is_malformed(at: int, damage: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode_certificate(DER[:at] + damage + DER[at + len(damage) :])
