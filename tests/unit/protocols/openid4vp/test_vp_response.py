"""Responses: shape, strict forms, encryption with the standard's vector, and forgeries."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mrc.formats import base64url
from mrc.formats.jose import jwe
from mrc.formats.jose.jwk import decode_ec_jwk, thumbprint
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.infra.keys.software import (
    OpensslCipher,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SystemEntropy,
)
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.query import DcqlQuery, decode_query
from mrc.protocols.openid4vp.client_metadata import (
    ClientMetadata,
    EncryptionKey,
    choose_encryption,
    decode_client_metadata,
    encode_client_metadata,
)
from mrc.protocols.openid4vp.errors import ErrorResponse
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.response import (
    AuthorizationResponse,
    EncryptedResponse,
    ResponseKey,
    ResponseReceipt,
    check_complete,
    check_vp_token,
    decode_post,
    decode_receipt,
    encode_direct_post,
    encode_direct_post_jwt,
    encode_receipt,
    open_response,
)

VECTORS = Path(__file__).parents[3] / "vectors" / "openid4vp"
BOTH = ("A128GCM", "A256GCM")
SENDER = jwe.Sender(key_maker=SoftwareKeyMaker(), entropy=SystemEntropy(), cipher=OpensslCipher())
RESPONSE = AuthorizationResponse(vp_token={"card": ("a~b~",)}, state="s")


def query(**members: object) -> DcqlQuery:
    card = {"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": ["v"]}} | members
    return decode_query({"credentials": [card]})


async def encrypted(
    response: AuthorizationResponse, agreement: SoftwareKeyAgreement
) -> EncryptedResponse:
    metadata = ClientMetadata(
        encryption_keys=(EncryptionKey(kid="1", key=agreement.public_key),), encryptions=BOTH
    )
    body = await encode_direct_post_jwt(response, choice=choose_encryption(metadata), sender=SENDER)
    posted = decode_post(body)
    assert isinstance(posted, EncryptedResponse)
    return posted


async def test_section_8_3_example_opens() -> None:
    vector = json.loads((VECTORS / "encrypted-response.json").read_text())
    secret = int.from_bytes(base64url.decode(vector["private_jwk"]["d"]))
    agreement = SoftwareKeyAgreement(ec.derive_private_key(secret, ec.SECP256R1()))
    key = ResponseKey(agreement=agreement, kid="ac", encryptions=("A128GCM",))
    opened = await open_response(
        EncryptedResponse(jwe=vector["jwe"]), key=key, cipher=OpensslCipher()
    )
    assert isinstance(opened, AuthorizationResponse)
    assert {"vp_token": {name: list(shown) for name, shown in opened.vp_token.items()}} == vector[
        "expected_payload"
    ]


def test_appendix_b_2_6_1_thumbprint_of_the_chosen_key() -> None:
    vector = json.loads((VECTORS / "mdoc-handover-redirect.json").read_text())
    metadata = decode_client_metadata({"jwks": {"keys": [vector["encryption_jwk"]]}})
    choice = choose_encryption(metadata)
    assert choice.jwk_thumbprint.hex() == vector["derived"]["jwk_thumbprint_hex"]
    assert choice.encryption is jwe.Encryption.A128GCM
    assert choice.jwk_thumbprint == thumbprint(decode_ec_jwk(vector["encryption_jwk"]))


def test_a_plain_response_comes_back_as_it_was() -> None:
    assert decode_post(encode_direct_post(RESPONSE)) == RESPONSE


async def test_an_encrypted_response_comes_back_as_it_was() -> None:
    agreement = SoftwareKeyAgreement.generate()
    key = ResponseKey(agreement=agreement, kid="1", encryptions=BOTH)
    posted = await encrypted(RESPONSE, agreement)
    assert jwe.decode(posted.jwe).encryption is jwe.Encryption.A256GCM  # HAIP 5 prefers it
    assert await open_response(posted, key=key, cipher=OpensslCipher()) == RESPONSE


async def test_a_response_to_another_key_does_not_open() -> None:
    posted = await encrypted(RESPONSE, SoftwareKeyAgreement.generate())
    key = ResponseKey(agreement=SoftwareKeyAgreement.generate(), kid="1", encryptions=BOTH)
    with pytest.raises(Rejected) as caught:
        await open_response(posted, key=key, cipher=OpensslCipher())
    assert caught.value.reason is JoseReason.NOT_DECRYPTABLE


async def test_a_response_naming_another_key_is_rejected() -> None:
    agreement = SoftwareKeyAgreement.generate()
    posted = await encrypted(RESPONSE, agreement)
    key = ResponseKey(agreement=agreement, kid="2", encryptions=BOTH)
    with pytest.raises(Rejected) as caught:
        await open_response(posted, key=key, cipher=OpensslCipher())
    assert caught.value.reason is Reason.ENCRYPTION_KEY_MISMATCH


async def test_an_encryption_that_was_not_offered_is_rejected() -> None:
    agreement = SoftwareKeyAgreement.generate()
    posted = await encrypted(RESPONSE, agreement)
    key = ResponseKey(agreement=agreement, kid="1", encryptions=("A128GCM",))
    with pytest.raises(Rejected) as caught:
        await open_response(posted, key=key, cipher=OpensslCipher())
    assert caught.value.reason is Reason.ENCRYPTION_NOT_OFFERED


async def test_an_error_may_come_encrypted() -> None:
    agreement = SoftwareKeyAgreement.generate()
    text = await jwe.encrypt(
        b'{"error":"access_denied"}',
        recipient=agreement.public_key,
        kid="1",
        encryption=jwe.Encryption.A128GCM,
        sender=SENDER,
    )
    key = ResponseKey(agreement=agreement, kid="1", encryptions=BOTH)
    opened = await open_response(EncryptedResponse(jwe=text), key=key, cipher=OpensslCipher())
    assert opened == ErrorResponse(code="access_denied")


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"{}",
        b'{"vp_token":{"card":["a"]},"state":1}',
        b'{"vp_token":[]}',
        b'{"error":5}',
        b'{"error":"access_denied","error_description":5}',
        b'{"error":"access_denied","state":["s"]}',
    ],
)
async def test_what_does_not_decode_inside_is_malformed(payload: bytes) -> None:
    agreement = SoftwareKeyAgreement.generate()
    text = await jwe.encrypt(
        payload,
        recipient=agreement.public_key,
        kid="1",
        encryption=jwe.Encryption.A128GCM,
        sender=SENDER,
    )
    key = ResponseKey(agreement=agreement, kid="1", encryptions=BOTH)
    with pytest.raises(Malformed):
        await open_response(EncryptedResponse(jwe=text), key=key, cipher=OpensslCipher())


@pytest.mark.parametrize(
    "metadata", [None, ClientMetadata(), ClientMetadata(encryptions=("A128CBC-HS256",))]
)
def test_without_a_usable_key_nothing_is_encrypted(metadata: ClientMetadata | None) -> None:
    with pytest.raises(Rejected) as caught:
        choose_encryption(metadata)
    assert caught.value.reason is Reason.NO_ENCRYPTION_KEY


def test_an_error_comes_back_as_it_was() -> None:
    error = ErrorResponse(code="access_denied", description="no", state="s")
    assert decode_post(encode_direct_post(error)) == error


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"vp_token",
        b"state=s",
        b"vp_token=[]",
        b"vp_token=null",
        b"vp_token={",
        b'vp_token={"card":"a"}',
        b'vp_token={"card":[]}',
        b'vp_token={"card":[""]}',
        b'vp_token={"card":[{}]}',
        b'vp_token={"card":["a"],"card":["b"]}',
        b'vp_token={"card":["a"]}&vp_token={"card":["b"]}',
        b'vp_token={"card":["a"]}&response=x',
        b'vp_token={"card":["a"]}&state=s&state=t',
        b'vp_token={"card":["%ff"]}',
        b"response=x&response=y",
        b"error=",
        b"error=%0a",
        b"&".join(b"x%d=1" % number for number in range(40)),
    ],
)
def test_a_body_that_does_not_decode_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_post(body)


def test_an_oversized_body_is_malformed() -> None:
    with pytest.raises(Malformed, match="more than"):
        decode_post(b"response=" + b"x" * 4 * 2**20)


@pytest.mark.parametrize(
    ("vp_token", "reason"),
    [
        ({"card": ("a",), "other": ("b",)}, Reason.UNKNOWN_CREDENTIAL_QUERY),
        ({"card": ("a", "b")}, Reason.TOO_MANY_PRESENTATIONS),
    ],
)
def test_a_token_of_another_shape_is_rejected(
    vp_token: dict[str, tuple[str, ...]], reason: Reason
) -> None:
    with pytest.raises(Rejected) as caught:
        check_vp_token(vp_token, query=query())
    assert caught.value.reason is reason


def test_several_presentations_where_multiple_says_so() -> None:
    check_vp_token({"card": ("a", "b")}, query=query(multiple=True))


def test_a_token_without_the_required_credential_is_rejected() -> None:
    check_complete(frozenset({"card"}), query=query())
    with pytest.raises(Rejected) as caught:
        check_complete(frozenset(), query=query())
    assert caught.value.reason is Reason.QUERY_NOT_SATISFIED


def test_a_receipt_comes_back_as_it_was() -> None:
    receipt = ResponseReceipt(redirect_uri="https://a.example/cb#response_code=1")
    body = json.dumps(encode_receipt(receipt)).encode()
    assert decode_receipt(body) == receipt
    assert decode_receipt(b"{}") == decode_receipt(b"") == ResponseReceipt()


@pytest.mark.parametrize("body", [b"[]", b'{"redirect_uri":1}', b'{"redirect_uri":"file:///x"}'])
def test_a_receipt_that_does_not_decode_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_receipt(body)


def test_the_verifier_metadata_offers_what_it_means() -> None:
    key = EncryptionKey(kid="1", key=SoftwareKeyAgreement.generate().public_key)
    metadata = ClientMetadata(encryption_keys=(key,), encryptions=BOTH)
    encoded = encode_client_metadata(metadata)
    assert encoded["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
    assert decode_client_metadata(json.loads(json.dumps(encoded))) == metadata


def test_nothing_of_a_response_stands_in_its_text() -> None:
    assert "a~b~" not in repr(RESPONSE)
    assert parse_qs(encode_direct_post(RESPONSE).decode())["state"] == ["s"]
