"""Offers, token messages and credential messages survive; what the text forbids is refused."""

import pytest

from mrc.formats import json_text
from mrc.formats.jose.jwe import Encryption
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci import credential, errors, nonce, offer, token

OFFER = offer.CredentialOffer(
    credential_issuer="https://i.example",
    credential_configuration_ids=("a", "b"),
    pre_authorized=offer.PreAuthorizedGrant(
        pre_authorized_code="secret", tx_code=offer.TransactionCode(length=6)
    ),
    authorization_code=offer.AuthorizationCodeGrant(issuer_state="s"),
)


@pytest.mark.parametrize("scheme", offer.SCHEMES)
def test_an_offer_survives_by_value_and_by_reference(scheme: str) -> None:
    assert offer.decode_offer_link(offer.offer_link(OFFER, scheme=scheme)) == OFFER
    reference = offer.OfferReference(credential_offer_uri="https://i.example/offer/x?y=1")
    assert offer.decode_offer_link(offer.offer_link(reference, scheme=scheme)) == reference


def test_an_empty_tx_code_still_demands_one() -> None:
    members = offer.encode_offer(OFFER)
    grant = members["grants"][offer.PRE_AUTHORIZED_CODE]  # type: ignore[index]
    grant["tx_code"] = {}
    decoded = offer.decode_offer(members)
    assert decoded.pre_authorized is not None
    assert decoded.pre_authorized.tx_code == offer.TransactionCode()


def test_a_code_never_shows_in_repr() -> None:
    assert "secret" not in repr(OFFER)


@pytest.mark.parametrize(
    "change",
    [
        {"credential_configuration_ids": []},
        {"credential_configuration_ids": ["a", "a"]},
        {"credential_configuration_ids": [1]},
        {"credential_issuer": None},
        {"grants": []},
        {"grants": {offer.PRE_AUTHORIZED_CODE: {}}},
        {"grants": {offer.PRE_AUTHORIZED_CODE: {"pre-authorized_code": "c", "tx_code": 1}}},
        {
            "grants": {
                offer.PRE_AUTHORIZED_CODE: {
                    "pre-authorized_code": "c",
                    "tx_code": {"description": "x" * 301},
                }
            }
        },
        {
            "grants": {
                offer.PRE_AUTHORIZED_CODE: {
                    "pre-authorized_code": "c",
                    "tx_code": {"input_mode": "voice"},
                }
            }
        },
    ],
)
def test_a_broken_offer_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        offer.decode_offer(json_text.encode(offer.encode_offer(OFFER) | change))


@pytest.mark.parametrize(
    "link",
    [
        "openid-credential-offer://?",
        "openid-credential-offer://?credential_offer={}&credential_offer_uri=https://a",
        "openid-credential-offer://?credential_offer_uri=http://i.example/x",
        "openid-credential-offer://?credential_offer_uri=https://a&credential_offer_uri=https://b",
        "openid4vp://?credential_offer_uri=https://i.example/x",
        "x" * 20_000,
        "http://[",
    ],
)
def test_a_broken_link_is_malformed(link: str) -> None:
    with pytest.raises(Malformed):
        offer.decode_offer_link(link)


REQUESTS = [
    token.PreAuthorizedTokenRequest(pre_authorized_code="c", tx_code="123456"),
    token.AuthorizationCodeTokenRequest(
        code="c", code_verifier="v", redirect_uri="https://w", client_id="w"
    ),
    token.RefreshTokenRequest(
        refresh_token="r",
        scope="s",
        authorization_details=(token.AuthorizationDetail(credential_configuration_id="a"),),
    ),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_token_request_survives(request_: token.AnyTokenRequest) -> None:
    assert token.decode_token_request(token.encode_token_request(request_)) == request_


@pytest.mark.parametrize("body", [b"grant_type=authorization_code", b"code=c", b""])
def test_a_token_request_without_its_code_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        token.decode_token_request(body)


def test_an_unknown_grant_and_details_type_have_their_codes() -> None:
    with pytest.raises(OAuthError) as refused:
        token.decode_token_request(b"grant_type=password")
    assert refused.value.code is OAuthErrorCode.UNSUPPORTED_GRANT_TYPE
    with pytest.raises(OAuthError) as refused:
        token.decode_details('[{"type":"payment"}]')
    assert refused.value.code is OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS


def test_a_token_response_survives_and_ignores_other_details() -> None:
    response = token.TokenResponse(
        access_token="t",
        token_type="DPoP",
        expires_in=60,
        refresh_token="r",
        authorization_details=(
            token.AuthorizationDetail(
                credential_configuration_id="a", credential_identifiers=("i",)
            ),
        ),
    )
    encoded = token.encode_token_response(response)
    assert token.decode_token_response(encoded) == response
    members = json_text.decode_object(encoded)
    members["authorization_details"].append({"type": "x"})  # type: ignore[attr-defined]
    assert token.decode_token_response(json_text.encode(members)) == response


def test_a_nonce_answer_survives() -> None:
    assert nonce.decode_nonce(nonce.encode_nonce("n")) == "n"


KEY = SoftwareSigner.generate().public_key
CREDENTIAL_REQUESTS = [
    credential.CredentialRequest(
        credential_configuration_id="a", proofs=credential.JwtProofs(jwts=("x", "y"))
    ),
    credential.CredentialRequest(
        credential_identifier="i",
        proofs=credential.AttestationProof(jwt="k"),
        response_encryption=credential.ResponseEncryptionRequest(
            key=KEY, kid="1", encryption=Encryption.A256GCM, compress=True
        ),
    ),
]


@pytest.mark.parametrize("request_", CREDENTIAL_REQUESTS)
def test_a_credential_request_survives(request_: credential.CredentialRequest) -> None:
    encoded = credential.encode_credential_request(request_)
    assert credential.decode_credential_request(encoded) == request_


def test_exactly_one_name_of_the_credential_is_given() -> None:
    for body in (b"{}", b'{"credential_identifier":"a","credential_configuration_id":"b"}'):
        with pytest.raises(Malformed):
            credential.decode_credential_request(body)


@pytest.mark.parametrize(
    "proofs",
    [
        {},
        {"jwt": []},
        {"jwt": "x"},
        {"jwt": ["x"], "attestation": ["y"]},
        {"attestation": ["x", "y"]},
        {"ldp_vp": [{}]},
    ],
)
def test_wrong_proofs_are_invalid_proof(proofs: dict[str, object]) -> None:
    body = json_text.encode({"credential_configuration_id": "a", "proofs": proofs})
    with pytest.raises(errors.CredentialError) as refused:
        credential.decode_credential_request(body)
    assert refused.value.code is errors.CredentialErrorCode.INVALID_PROOF


@pytest.mark.parametrize(
    "change", [{"enc": "A128CBC-HS256"}, {"zip": "GZ"}, {"jwk": {}}, {"enc": 1}]
)
def test_wrong_encryption_parameters_have_their_code(change: dict[str, object]) -> None:
    members = json_text.decode_object(credential.encode_credential_request(CREDENTIAL_REQUESTS[1]))
    members["credential_response_encryption"].update(change)  # type: ignore[attr-defined]
    with pytest.raises(errors.CredentialError) as refused:
        credential.decode_credential_request(json_text.encode(members))
    assert refused.value.code is errors.CredentialErrorCode.INVALID_ENCRYPTION_PARAMETERS


@pytest.mark.parametrize(
    "response",
    [
        credential.IssuedCredentials(credentials=("a", "b"), notification_id="n"),
        credential.IssuedCredentials(credentials=("a",)),
        credential.DeferredIssuance(transaction_id="t", interval=5),
    ],
)
def test_a_credential_response_survives(response: credential.CredentialResponse) -> None:
    encoded = credential.encode_credential_response(response)
    assert credential.decode_credential_response(encoded) == response


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"credentials":[]}',
        b'{"transaction_id":"t"}',
        b'{"transaction_id":"t","interval":0}',
        b'{"transaction_id":"t","interval":5,"credentials":[{"credential":"c"}]}',
        b'{"credentials":[{}]}',
    ],
)
def test_a_half_made_credential_response_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        credential.decode_credential_response(body)


def test_deferred_and_notification_survive_and_refuse() -> None:
    deferred = credential.DeferredRequest(transaction_id="t")
    encoded = credential.encode_deferred_request(deferred)
    assert credential.decode_deferred_request(encoded) == deferred
    note = credential.Notification(
        notification_id="n", event=credential.NotificationEvent.ACCEPTED, event_description="d"
    )
    assert credential.decode_notification(credential.encode_notification(note)) == note
    for body in (b"", b"{}", b'{"notification_id":"n","event":"lost"}'):
        with pytest.raises(errors.CredentialError) as refused:
            credential.decode_notification(body)
        assert refused.value.code is errors.CredentialErrorCode.INVALID_NOTIFICATION_REQUEST


def test_a_credential_error_survives() -> None:
    error = errors.CredentialError(errors.CredentialErrorCode.INVALID_NONCE, "why")
    again = errors.decode_credential_error(errors.encode_credential_error(error))
    assert (again.code, again.detail) == (error.code, "why")
