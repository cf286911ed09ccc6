"""JWK: private members are refused; thumbprints are RFC 7638's."""

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from mrc.formats import base64url
from mrc.formats.jose.jwk import decode_ec_jwk, decode_jwk, encode_jwk, thumbprint
from mrc.kernel.errors import Malformed

P256 = ECKey.generate_key("P-256").as_dict(private=False)


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_member_is_malformed(member: str) -> None:
    with pytest.raises(Malformed, match="private"):
        decode_jwk({**P256, member: "AA"})


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "oct"},
        {"kty": None},
        {"crv": "P-384"},
        {"crv": "X25519"},
        {"x": "AA"},
        {"x": None},
        {"y": P256["x"]},
        {"x": P256["x"] + "="},
        {"kty": "OKP"},
        {"kty": "RSA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": base64url.encode(b"\xff" * 256), "e": "Ag"},
        {"kty": ["EC"]},
    ],
)
def test_what_is_no_key_of_ours_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        decode_jwk({**P256, **change})


@pytest.mark.parametrize("value", [None, "key", [], 5])
def test_a_jwk_must_be_an_object(value: object) -> None:
    with pytest.raises(Malformed):
        decode_ec_jwk(value)


@pytest.mark.parametrize(
    "oracle",
    [
        ECKey.generate_key("P-256"),
        ECKey.generate_key("P-384"),
        ECKey.generate_key("P-521"),
        ECKey.generate_key("secp256k1"),
        OKPKey.generate_key("Ed25519"),
        RSAKey.generate_key(2048),
    ],
    ids=lambda key: str(key.as_dict(private=False).get("crv", "RSA")),
)
def test_keys_and_thumbprints_agree_with_joserfc(oracle: ECKey | OKPKey | RSAKey) -> None:
    public = {k: v for k, v in oracle.as_dict(private=False).items() if k != "kid"}
    key = decode_jwk(public)
    assert encode_jwk(key) == public
    assert base64url.encode(thumbprint(key)) == oracle.thumbprint()


def test_rfc_7638_3_1_example() -> None:
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
        "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
        "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI"
        "4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = decode_jwk({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
    assert base64url.encode(thumbprint(key)) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize(
    "other", [OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)], ids=["OKP", "RSA"]
)
def test_a_key_of_another_type_is_no_ec_key(other: OKPKey | RSAKey) -> None:
    with pytest.raises(Malformed, match="EC key"):
        decode_ec_jwk(other.as_dict(private=False))
