"""Authorization requests: each rule of OpenID4VP 1.0 section 5 has a request that breaks it."""

import copy

import pytest

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed, MrcError, Rejected
from mrc.protocols.openid4vp.client_id import decode_client_id
from mrc.protocols.openid4vp.errors import ErrorCode, error_code_of
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.request import (
    ResponseMode,
    decode_request,
    encode_request,
    find_reply_address,
)

KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "DxiH5Q4Yx3UrukE2lWCErq8N8bqC9CHLLrAwLz5BmE0",
    "y": "XtLM4-3h5o3HUH0MHVJV0kyq0iBlrBwlh8qEDMZ4-Pc",
    "use": "enc",
    "alg": "ECDH-ES",
    "kid": "1",
}
TRANSACTION = base64url.encode(
    json_text.encode({"type": "urn:example:pay", "credential_ids": ["card"], "amount": "1"})
)
VALID: dict[str, object] = {
    "response_type": "vp_token",
    "client_id": "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk",
    "response_mode": "direct_post.jwt",
    "response_uri": "https://verifier.localhost:8444/response/1",
    "nonce": "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA",
    "state": "a.b_c~d-e",
    "dcql_query": {
        "credentials": [
            {
                "id": "card",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": ["urn:kr:moj:residence:1"]},
                "claims": [{"path": ["family_name"]}],
            }
        ]
    },
    "client_metadata": {
        "jwks": {"keys": [KEY]},
        "encrypted_response_enc_values_supported": ["A128GCM", "A256GCM"],
        "vp_formats_supported": {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"]}},
    },
    "transaction_data": [TRANSACTION],
    "verifier_info": [{"format": "jwt", "data": "x"}],
}
NO_BINDING = copy.deepcopy(VALID["dcql_query"])
NO_BINDING["credentials"][0]["require_cryptographic_holder_binding"] = False  # type: ignore[index]


def changed(**members: object) -> dict[str, object]:
    request = VALID | members
    return {name: value for name, value in request.items() if value is not None}


def test_a_request_comes_back_as_it_was() -> None:
    request = decode_request(VALID)
    assert request.response_mode is ResponseMode.DIRECT_POST_JWT
    assert encode_request(request) == VALID


def test_unknown_parameters_are_ignored() -> None:
    assert decode_request(changed(future=1)) == decode_request(VALID)


@pytest.mark.parametrize(
    ("members", "reason", "code"),
    [
        ({"response_type": "code"}, Reason.RESPONSE_TYPE_NOT_SUPPORTED, "invalid_request"),
        ({"response_mode": "fragment"}, Reason.RESPONSE_MODE_NOT_SUPPORTED, "invalid_request"),
        ({"redirect_uri": "https://a.example"}, Reason.REDIRECT_URI_PRESENT, "invalid_request"),
        ({"scope": "openid"}, Reason.SCOPE_NOT_SUPPORTED, "invalid_scope"),
        ({"dcql_query": None}, Reason.QUERY_MISSING, "invalid_request"),
        ({"dcql_query": NO_BINDING, "state": None}, Reason.STATE_MISSING, "invalid_request"),
        ({"client_id": "verifier"}, Reason.CLIENT_ID_PREFIX_NOT_SUPPORTED, "invalid_request"),
        (
            {"client_id": "origin:https://a.example"},
            Reason.CLIENT_ID_PREFIX_NOT_SUPPORTED,
            "invalid_request",
        ),
        (
            {"client_id": "X509_HASH:abc"},
            Reason.CLIENT_ID_PREFIX_NOT_SUPPORTED,
            "invalid_request",
        ),
        (
            {"transaction_data": ["?"]},
            Reason.TRANSACTION_DATA_INVALID,
            "invalid_transaction_data",
        ),
        (
            {"transaction_data": []},
            Reason.TRANSACTION_DATA_INVALID,
            "invalid_transaction_data",
        ),
    ],
)
def test_a_request_against_the_rules_is_rejected(
    members: dict[str, object], reason: Reason, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        decode_request(changed(**members))
    assert caught.value.reason is reason
    assert error_code_of(caught.value) == code


@pytest.mark.parametrize(
    "members",
    [
        {"response_type": None},
        {"client_id": None},
        {"client_id": "x509_hash:"},
        {"client_id": 7},
        {"response_mode": None},
        {"response_uri": None},
        {"response_uri": "http://verifier.example/response"},
        {"response_uri": "https://verifier.example/response#here"},
        {"response_uri": "https://user@verifier.example/"},
        {"response_uri": "https:///nowhere"},
        {"response_uri": "https://verifier.example:port/"},
        {"response_uri": "/response"},
        {"response_uri": "https://verifier.example/\n"},
        {"response_uri": "https://verifier.example/" + "x" * 2048},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "with space"},
        {"nonce": "line\n"},
        {"nonce": "x" * 513},
        {"state": "a+b"},
        {"dcql_query": {}},
        {"client_metadata": []},
        {"client_metadata": {"jwks": {}}},
        {"client_metadata": {"jwks": {"keys": [{**KEY, "kid": None}]}}},
        {"client_metadata": {"jwks": {"keys": [KEY, KEY]}}},
        {"client_metadata": {"jwks": {"keys": [{**KEY, "y": KEY["x"]}]}}},
        {"client_metadata": {"jwks": {"keys": [{**KEY, "d": KEY["x"]}]}}},
        {"client_metadata": {"encrypted_response_enc_values_supported": []}},
        {"client_metadata": {"vp_formats_supported": []}},
        {"client_metadata": {"vp_formats_supported": {"mso_mdoc": 1}}},
        {"verifier_info": []},
        {"verifier_info": ["x"]},
        {"wallet_nonce": 1},
    ],
)
def test_a_request_that_does_not_decode_is_malformed(members: dict[str, object]) -> None:
    with pytest.raises(Malformed) as caught:
        decode_request(changed(**members))
    assert error_code_of(caught.value) is ErrorCode.INVALID_REQUEST


def test_plain_http_is_accepted_on_this_machine_only() -> None:
    assert decode_request(changed(response_uri="http://127.0.0.1:8000/r")).response_uri
    assert decode_request(changed(response_uri="http://verifier.localhost:8000/r")).response_uri
    with pytest.raises(Malformed):
        decode_request(changed(response_uri="http://localhost.example/r"))


def test_the_prefix_is_what_stands_before_the_first_colon() -> None:
    client_id = decode_client_id("redirect_uri:https://client.example.org/cb")
    assert client_id.original == "https://client.example.org/cb"
    assert str(client_id) == "redirect_uri:https://client.example.org/cb"


def test_keys_of_other_kinds_are_skipped() -> None:
    other = {"kty": "OKP", "kid": "jc", "use": "enc", "crv": "X25519", "alg": "ECDH-ES", "x": "A"}
    unnamed = {name: value for name, value in KEY.items() if name != "alg"} | {"kid": "2"}
    request = decode_request(changed(client_metadata={"jwks": {"keys": [other, unnamed, KEY]}}))
    assert request.client_metadata is not None
    assert [key.kid for key in request.client_metadata.encryption_keys] == ["1"]


@pytest.mark.parametrize("value", [None, 7, "nowhere", "http://a.example/"])
def test_no_reply_address_without_a_usable_response_uri(value: object) -> None:
    assert find_reply_address(changed(response_uri=value)) is None


def test_the_reply_address_of_a_bad_request_is_found() -> None:
    address = find_reply_address(changed(response_type="code"))
    assert address is not None
    assert (address.response_uri, address.state) == (VALID["response_uri"], VALID["state"])


def test_errors_of_other_rooms_are_reported_as_invalid_request() -> None:
    assert error_code_of(MrcError()) is ErrorCode.INVALID_REQUEST
