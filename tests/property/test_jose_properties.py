"""Any text decodes or raises Malformed or Rejected; every value survives."""

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from mrc.formats import base64url, json_text
from mrc.formats.jose import jwe, jwk, jws, x5c
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(
    st.sampled_from(["alg", "enc", "epk", "kty", "crv", "x", "y", "n", "e", "zip", "x5c", "typ"])
    | st.text(max_size=3),
    JSON
    | st.sampled_from(["ES256", "none", "ECDH-ES", "A128GCM", "EC", "RSA", "OKP", "P-256", "DEF"]),
    max_size=8,
)
SIGNER = SoftwareSigner.generate()


def b64_json(value: object) -> str:
    return base64url.encode(json.dumps(value).encode("utf-8"))


@given(st.binary())
def test_base64url_survives(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data)) == data


@given(st.text())
def test_base64url_has_one_spelling(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert base64url.encode(base64url.decode(text)) == text


@given(st.binary() | st.text())
def test_any_json_bytes_decode_or_are_malformed(data: bytes | str) -> None:
    with contextlib.suppress(Malformed):
        json_text.encode(json_text.decode(data))


@given(JSON)
def test_json_survives(value: object) -> None:
    encoded = json_text.encode(value)
    assert encoded == json_text._stdlib_encode(value)
    assert json_text.decode(encoded) == value


@given(st.text() | st.builds("{}.{}.{}".format, OBJECTS.map(b64_json), st.just("e30"), st.just("")))
def test_any_jws_text_is_accepted_by_nobody(text: str) -> None:
    try:
        decoded = jws.decode_compact(text)
        jws.check_signature(
            decoded,
            key=SIGNER.public_key,
            expected_algorithms=[Algorithm.ES256],
            verifier=OpensslVerifier(),
        )
    except (Malformed, Rejected):
        return
    raise AssertionError("accepted")


@given(st.text() | st.builds("{}..{}..{}".format, OBJECTS.map(b64_json), st.text(), st.text()))
def test_any_jwe_text_decodes_or_is_refused(text: str) -> None:
    with contextlib.suppress(Malformed, Rejected):
        jwe.decode(text)


@given(OBJECTS)
def test_any_jwk_or_header_decodes_or_is_malformed(value: dict[str, object]) -> None:
    for read in (jwk.decode_jwk, x5c.find_x5c):
        with contextlib.suppress(Malformed):
            read(value)
