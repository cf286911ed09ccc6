"""PKCE, forms, metadata, PAR, first-party challenge and error answers."""

from datetime import UTC, datetime, timedelta

import pytest

from mrc.formats import json_text
from mrc.infra.keys.software import SystemEntropy
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth import errors, first_party, members, metadata, par, pkce
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.protocols.oauth.reasons import Reason


def test_rfc7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert pkce.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    pkce.check_verifier(verifier, expected_challenge=pkce.challenge_of(verifier))


@pytest.mark.parametrize(
    ("verifier", "reason"),
    [
        ("x" * 43, Reason.VERIFIER_MISMATCH),
        ("x" * 42, Reason.VERIFIER_MALFORMED),
        ("x" * 129, Reason.VERIFIER_MALFORMED),
        ("x" * 42 + "\u00e9", Reason.VERIFIER_MALFORMED),
        ("x" * 43 + "\n", Reason.VERIFIER_MALFORMED),
    ],
)
def test_a_wrong_code_verifier_is_refused(verifier: str, reason: Reason) -> None:
    mine = pkce.make_verifier(SystemEntropy())
    with pytest.raises(Rejected) as refused:
        pkce.check_verifier(verifier, expected_challenge=pkce.challenge_of(mine))
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "body",
    [b"code=1&code=2", b"code=1&code=", b"\xff=1", b"&".join(b"a%d=1" % n for n in range(65))],
)
def test_a_form_with_a_parameter_twice_or_too_many_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        members.decode_form(body, "form")


def test_an_empty_parameter_counts_as_omitted() -> None:
    assert members.decode_form(b"a=&b=2", "form") == {"b": "2"}


def test_a_changed_nonce_is_not_ours() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    mint = NonceMint(b"k" * 32, NoncePurpose.CREDENTIAL, timedelta(minutes=5))
    nonce = mint.mint(now=now, entropy=SystemEntropy())
    mint.check(nonce, at=now)
    for position in range(0, len(nonce), 5):
        letter = "A" if nonce[position] != "A" else "B"
        forged = nonce[:position] + letter + nonce[position + 1 :]
        with pytest.raises(Rejected) as refused:
            mint.check(forged, at=now)
        assert refused.value.reason is Reason.NONCE_NOT_OURS
    for short in ("", "AA", nonce[:-2], nonce + "AA", "***"):
        with pytest.raises(Rejected):
            mint.check(short, at=now)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        NonceMint(b"short", NoncePurpose.DPOP, timedelta(minutes=1))


FULL = metadata.AuthorizationServerMetadata(
    issuer="https://as.example",
    token_endpoint="https://as.example/token",
    grant_types_supported=("authorization_code",),
    pre_authorized_grant_anonymous_access_supported=True,
    require_pushed_authorization_requests=False,
)


def test_metadata_survives_and_spells_the_hyphen() -> None:
    encoded = metadata.encode_metadata(FULL)
    assert encoded["pre-authorized_grant_anonymous_access_supported"] is True
    assert metadata.decode_metadata(encoded, expected_issuer="https://as.example") == FULL


def test_metadata_of_another_issuer_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        metadata.decode_metadata(
            metadata.encode_metadata(FULL), expected_issuer="https://as.example/"
        )
    assert refused.value.reason is Reason.ISSUER_MISMATCH


def test_the_well_known_part_stands_between_host_and_path() -> None:
    url = metadata.well_known_url("https://h.example:1/a/b", "oauth-authorization-server")
    assert url == "https://h.example:1/.well-known/oauth-authorization-server/a/b"
    with pytest.raises(Malformed):
        metadata.well_known_url("http://h.example", "x")


def test_a_pushed_request_survives_and_may_not_nest() -> None:
    request = par.AuthorizationRequest(
        client_id="w", response_type="code", scope="s", issuer_state="i", code_challenge="c"
    )
    assert par.decode_authorization_request(par.encode_authorization_request(request)) == request
    for nested in (b"request_uri=urn:x", b"request=eyJ"):
        with pytest.raises(Malformed):
            par.decode_authorization_request(b"client_id=w&response_type=code&" + nested)


def test_a_redirect_of_another_server_or_state_is_refused() -> None:
    url = par.redirect_with("https://w.example/cb?a=1", {"code": "c", "state": "s", "iss": "i"})
    found = par.decode_redirect(url, expected_state="s", expected_issuer="i")
    assert found["code"] == "c"
    for state, issuer in (("t", "i"), ("s", "j")):
        with pytest.raises(Rejected):
            par.decode_redirect(url, expected_state=state, expected_issuer=issuer)
    for twice in ("&code=d", "&state=s", "&iss=j"):
        with pytest.raises(Malformed):
            par.decode_redirect(url + twice, expected_state="s", expected_issuer="i")


def test_a_challenge_request_survives_with_its_answers() -> None:
    request = first_party.AuthorizationChallengeRequest(
        client_id="w", scope="s", auth_session="a", answers={"chip": "x"}
    )
    encoded = first_party.encode_challenge_request(request)
    assert first_party.decode_challenge_request(encoded) == request
    with pytest.raises(Malformed):
        first_party.decode_challenge_request(b"client_id=w")


def test_an_error_survives_with_its_members() -> None:
    error = errors.OAuthError(
        errors.OAuthErrorCode.INSUFFICIENT_AUTHORIZATION,
        'say "caf\u00e9"\\',
        members={"auth_session": "a"},
    )
    body = errors.encode_error(error)
    assert body["error_description"] == "say 'caf?'?"
    again = errors.decode_error(json_text.decode_object(json_text.encode(body)))
    assert (again.code, again.members) == (error.code, {"auth_session": "a"})
    assert errors.decode_error({"error": "odd"}).code is errors.OAuthErrorCode.INVALID_REQUEST
