"""JWT VC Issuer Metadata."""

import json

import pytest

from mrc.formats.jose.jwk import encode_jwk
from mrc.formats.sd_jwt_vc.issuer_metadata import decode_issuer_metadata, metadata_url
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed

ISSUER = "https://example.com/tenant"
KEY = SoftwareSigner.generate().public_key
JWK = encode_jwk(KEY) | {"kid": "1"}


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://example.com", "https://example.com/.well-known/jwt-vc-issuer"),
        ("https://example.com/", "https://example.com/.well-known/jwt-vc-issuer"),
        ("https://example.com:8/a/b/", "https://example.com:8/.well-known/jwt-vc-issuer/a/b"),
    ],
)
def test_the_well_known_path_stands_between_host_and_path(issuer: str, url: str) -> None:
    assert metadata_url(issuer) == url


@pytest.mark.parametrize(
    "issuer",
    ["", "http://example.com", "https://", "https://e.com?x", "https://e.com#x", "https://[x", "a"],
)
def test_what_is_no_issuer_is_malformed(issuer: str) -> None:
    with pytest.raises(Malformed):
        metadata_url(issuer)


def read(**document: object) -> object:
    data = json.dumps({"issuer": ISSUER, **document}).encode()
    return decode_issuer_metadata(data, expected_issuer=ISSUER)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"issuer": "https://example.com", "jwks": {"keys": []}},
        {"jwks": {"keys": []}, "jwks_uri": "https://x"},
        {"jwks_uri": 5},
        {"jwks": []},
        {"jwks": {"keys": {}}},
        {"jwks": {"keys": [5]}},
        {"jwks": {"keys": [JWK | {"d": "AA"}]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}},
        {"jwks": {"keys": [JWK] * 51}},
    ],
)
def test_what_is_no_metadata_is_malformed(document: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read(**document)


def test_keys_are_read_and_those_of_unknown_kinds_left_out() -> None:
    others = [{"kty": "AKP", "pub": "AA"}, JWK | {"use": "enc"}, JWK | {"crv": "P-999"}]
    found = decode_issuer_metadata(
        json.dumps({"issuer": ISSUER, "jwks": {"keys": [*others, JWK, JWK | {"kid": 5}]}}).encode(),
        expected_issuer=ISSUER,
    )
    assert found.keys == (("1", KEY), (None, KEY))
    assert found.jwks_uri is None


def test_keys_may_stand_elsewhere() -> None:
    found = decode_issuer_metadata(
        json.dumps({"issuer": ISSUER, "jwks_uri": "https://x/jwks"}).encode(),
        expected_issuer=ISSUER,
    )
    assert (found.keys, found.jwks_uri) == (None, "https://x/jwks")
