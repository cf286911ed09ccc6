"""DPoP, RFC 9449: a proof serves one request, one token, one time, one key."""

from datetime import UTC, datetime, timedelta

import pytest

from mrc.formats import json_text
from mrc.formats.jose import jwk, jws
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth import dpop
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.protocols.oauth.reasons import Reason

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
URL = "https://issuer.localhost:8442/token"
SIGNER = SoftwareSigner.generate()
MINT = NonceMint(b"s" * 32, NoncePurpose.DPOP, timedelta(minutes=5))
ENTROPY = SystemEntropy()


async def proof(**changes: str | None) -> str:
    values = {"method": "POST", "url": URL, "access_token": None, "nonce": None} | changes
    request = dpop.DpopRequest(**values)  # type: ignore[arg-type]
    return await dpop.make_proof(request, signer=SIGNER, now=NOW, entropy=ENTROPY)


def check(text: str, **changes: object) -> dpop.CheckedDpop:
    expected: dict[str, object] = {
        "expected_method": "POST",
        "expected_url": URL,
        "expected_access_token": None,
        "at": NOW,
        "nonces": None,
        "verifier": OpensslVerifier(),
    }
    return dpop.check_proof(text, **(expected | changes))  # type: ignore[arg-type]


def forged(header: dict[str, object], claims: dict[str, object]) -> str:
    base = {"typ": dpop.TYP, "jwk": jwk.encode_jwk(SIGNER.public_key)}
    body = {"jti": "1", "htm": "POST", "htu": URL, "iat": int(NOW.timestamp())}
    payload = {name: value for name, value in (body | claims).items() if value is not None}
    return jws.sign_now(base | header, json_text.encode(payload), SIGNER)


async def test_a_proof_passes_and_names_its_key() -> None:
    nonce = MINT.mint(now=NOW, entropy=ENTROPY)
    checked = check(
        await proof(nonce=nonce, access_token="t"), nonces=MINT, expected_access_token="t"
    )
    assert checked.jkt == dpop.thumbprint_of(SIGNER.public_key)
    assert checked.nonce is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"expected_method": "GET"}, Reason.DPOP_METHOD_MISMATCH),
        ({"expected_url": "https://issuer.localhost:8442/credential"}, Reason.DPOP_URL_MISMATCH),
        ({"expected_url": "https://issuer.localhost/token"}, Reason.DPOP_URL_MISMATCH),
        ({"expected_access_token": "another"}, Reason.DPOP_TOKEN_MISMATCH),
        ({"at": NOW + timedelta(minutes=6)}, Reason.ISSUED_OUTSIDE_WINDOW),
        ({"at": NOW - timedelta(minutes=2)}, Reason.ISSUED_OUTSIDE_WINDOW),
        ({"nonces": MINT}, Reason.NONCE_MISSING),
    ],
)
async def test_a_proof_made_for_something_else_is_refused(
    change: dict[str, object], reason: Reason
) -> None:
    with pytest.raises(Rejected) as refused:
        check(await proof(access_token="token"), **change)
    assert refused.value.reason is reason


async def test_a_proof_without_ath_is_refused_at_a_resource() -> None:
    with pytest.raises(Rejected) as refused:
        check(await proof(), expected_access_token="token")
    assert refused.value.reason is Reason.DPOP_TOKEN_MISMATCH


async def test_a_nonce_of_another_server_or_purpose_or_hour_is_refused() -> None:
    strangers = NonceMint(b"x" * 32, NoncePurpose.DPOP, timedelta(minutes=5))
    other = NonceMint(b"s" * 32, NoncePurpose.CREDENTIAL, timedelta(minutes=5))
    for mint in (strangers, other):
        text = await proof(nonce=mint.mint(now=NOW, entropy=ENTROPY))
        with pytest.raises(Rejected) as refused:
            check(text, nonces=MINT)
        assert refused.value.reason is Reason.NONCE_NOT_OURS
    old = MINT.mint(now=NOW - timedelta(minutes=5), entropy=ENTROPY)
    with pytest.raises(Rejected) as refused:
        check(await proof(nonce=old), nonces=MINT)
    assert refused.value.reason is Reason.NONCE_EXPIRED


async def test_a_signature_of_another_key_is_refused() -> None:
    stranger = SoftwareSigner.generate()
    text = forged({"jwk": jwk.encode_jwk(stranger.public_key)}, {})
    with pytest.raises(Rejected) as refused:
        check(text)
    assert refused.value.reason is JoseReason.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"typ": "jwt"}, JoseReason.TYPE_NOT_EXPECTED),
        ({"jwk": None}, Reason.KEY_MISSING),
        (
            {"jwk": jwk.encode_jwk(SIGNER.public_key) | {"d": "AAAA"}},
            Reason.PRIVATE_KEY_IN_HEADER,
        ),
    ],
)
def test_a_wrong_header_is_refused(header: dict[str, object], reason: object) -> None:
    with pytest.raises(Rejected) as refused:
        check(forged(header, {}))
    assert refused.value.reason is reason


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_only_our_algorithm_counts(algorithm: str) -> None:
    header = {"typ": dpop.TYP, "jwk": jwk.encode_jwk(SIGNER.public_key), "alg": algorithm}
    body = {"jti": "1", "htm": "POST", "htu": URL, "iat": int(NOW.timestamp())}
    message = jws.signing_input(header, json_text.encode(body))
    with pytest.raises(Rejected) as refused:
        check(jws.assemble(message, SIGNER.sign_now(message)))
    assert refused.value.reason is JoseReason.ALGORITHM_NOT_EXPECTED


@pytest.mark.parametrize("missing", ["jti", "htm", "htu", "iat"])
def test_each_claim_is_demanded(missing: str) -> None:
    with pytest.raises(Malformed):
        check(forged({}, {missing: None}))


def test_a_long_jti_is_refused() -> None:
    with pytest.raises(Malformed):
        check(forged({}, {"jti": "x" * 257}))


def test_the_same_jti_of_two_keys_are_two_proofs() -> None:
    global SIGNER
    first, keep = check(forged({}, {})), SIGNER
    SIGNER = SoftwareSigner.generate()
    try:
        assert check(forged({}, {})).replay_digest != first.replay_digest
    finally:
        SIGNER = keep


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://A.example/x?y=1#z", "https://a.example/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://a.example", "https://a.example/"),
        ("https://[::1]:8442/token", "https://[::1]:8442/token"),
    ],
)
def test_htu_is_compared_without_query_and_default_port(url: str, target: str) -> None:
    assert dpop.target_url(url) == target


@pytest.mark.parametrize("url", ["", "token", "https://", "https://a:b/"])
def test_a_relative_or_broken_htu_is_malformed(url: str) -> None:
    with pytest.raises(Malformed):
        dpop.target_url(url)
