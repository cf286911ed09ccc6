"""Request objects: every way in which an asker may not be who it says it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mrc.formats.jose import jws, jwt, x5c
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.reasons import Reason as X509Reason
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.query import decode_query
from mrc.protocols.openid4vp.client_id import (
    ClientId,
    ClientIdPrefix,
    client_id_of_certificate,
)
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.request import AuthorizationRequest, ResponseMode, encode_request
from mrc.protocols.openid4vp.request_object import (
    STATIC_AUDIENCE,
    AskerTrust,
    AuthenticRequest,
    Expectation,
    Lifetime,
    RequestSigner,
    accept_unsigned_request,
    check_request_object,
    sign_request_object,
)
from tests.simulators.forger import Forgery, forge, new_key
from tests.simulators.pki import BEGIN, END, NOW, ROOT_END, make_leaf, make_root, practice_pki

PKI = practice_pki()
READER = RequestSigner(signer=PKI.reader.signer, certificates=(PKI.reader.certificate,))
TRUST = AskerTrust(anchors=[PKI.reader_ca.certificate])
LIFETIME = Lifetime(issued_at=NOW, expires_at=NOW + timedelta(minutes=5))
REQUEST = AuthorizationRequest(
    client_id=READER.client_id(ClientIdPrefix.X509_HASH),
    response_mode=ResponseMode.DIRECT_POST,
    response_uri="https://verifier.localhost:8444/response/1",
    nonce="nonce-1",
    dcql_query=decode_query(
        {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["v"]}}]}
    ),
    wallet_nonce="wallet-1",
)
EXPECTED = Expectation(client_id=str(REQUEST.client_id), wallet_nonce="wallet-1")
BY_NAME = replace(REQUEST, client_id=READER.client_id(ClientIdPrefix.X509_SAN_DNS))


def check(text: str, **changes: Any) -> AuthenticRequest:
    given: dict[str, Any] = {
        "expected": EXPECTED,
        "trust": TRUST,
        "at": NOW,
        "verifier": OpensslVerifier(),
    }
    return check_request_object(text, **(given | changes))


async def signed(**claims: object) -> str:
    """The request with other claims, signed by the right reader; None leaves a claim out."""
    members = {**encode_request(REQUEST), "aud": STATIC_AUDIENCE} | claims
    payload = jwt.encode_claims({k: v for k, v in members.items() if v is not None})
    return await jws.sign(HEADER, payload, PKI.reader.signer)


HEADER = {"typ": "oauth-authz-req+jwt", "x5c": x5c.encode_x5c([PKI.reader.der])}


async def test_a_signed_request_comes_back_as_it_was() -> None:
    found = check(await sign_request_object(REQUEST, signer=READER, lifetime=LIFETIME))
    assert found.request == REQUEST
    assert found.certificate == PKI.reader.certificate
    assert found.chain is not None


async def test_the_certified_name_serves_as_client_identifier() -> None:
    text = await sign_request_object(BY_NAME, signer=READER, lifetime=LIFETIME)
    found = check(text, expected=replace(EXPECTED, client_id="x509_san_dns:verifier.localhost"))
    assert found.request.client_id.prefix is ClientIdPrefix.X509_SAN_DNS


async def test_another_type_is_rejected() -> None:
    for typ in ("JWT", None):
        header = {**HEADER, "typ": typ}
        payload = jwt.encode_claims(encode_request(REQUEST))
        with pytest.raises(Rejected) as caught:
            check(await jws.sign(header, payload, PKI.reader.signer))
        assert caught.value.reason is JoseReason.TYPE_NOT_EXPECTED


async def test_another_client_id_than_the_link_s_is_rejected() -> None:
    with pytest.raises(Rejected) as caught:
        check(await signed(), expected=replace(EXPECTED, client_id="x509_hash:other"))
    assert caught.value.reason is Reason.CLIENT_ID_MISMATCH


async def test_another_identifier_of_the_same_certificate_is_rejected() -> None:
    with pytest.raises(Rejected) as caught:
        check(
            await signed(), expected=replace(EXPECTED, client_id="x509_san_dns:verifier.localhost")
        )
    assert caught.value.reason is Reason.CLIENT_ID_MISMATCH


async def test_no_accepted_purpose_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        check(await signed(), trust=replace(TRUST, purposes=()))


async def test_a_certificate_of_another_hash_is_rejected() -> None:
    other = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"
    with pytest.raises(Rejected) as caught:
        check(await signed(client_id=other), expected=replace(EXPECTED, client_id=other))
    assert caught.value.reason is Reason.CLIENT_ID_MISMATCH


async def test_a_name_that_is_not_certified_is_rejected() -> None:
    other = "x509_san_dns:bank.example"
    with pytest.raises(Rejected) as caught:
        check(await signed(client_id=other), expected=replace(EXPECTED, client_id=other))
    assert caught.value.reason is Reason.CLIENT_ID_MISMATCH


async def test_a_response_to_another_host_than_the_certified_is_rejected() -> None:
    elsewhere = replace(BY_NAME, response_uri="https://elsewhere.example/response")
    text = await sign_request_object(elsewhere, signer=READER, lifetime=LIFETIME)
    with pytest.raises(Rejected) as caught:
        check(text, expected=replace(EXPECTED, client_id="x509_san_dns:verifier.localhost"))
    assert caught.value.reason is Reason.RESPONSE_URI_MISMATCH


async def test_a_signed_request_with_the_unsigned_prefix_is_rejected() -> None:
    client_id = f"redirect_uri:{REQUEST.response_uri}"
    with pytest.raises(Rejected) as caught:
        check(await signed(client_id=client_id), expected=replace(EXPECTED, client_id=client_id))
    assert caught.value.reason is Reason.SIGNATURE_FORBIDDEN


async def test_a_request_without_a_certificate_is_rejected() -> None:
    payload = jwt.encode_claims(encode_request(REQUEST))
    with pytest.raises(Rejected) as caught:
        check(await jws.sign({"typ": HEADER["typ"]}, payload, PKI.reader.signer))
    assert caught.value.reason is Reason.CERTIFICATE_MISSING


async def test_a_foreign_root_is_rejected() -> None:
    foreign = make_root(Purpose.READER_CA, "Foreign reader CA")
    with pytest.raises(Rejected) as caught:
        check(await signed(), trust=AskerTrust(anchors=[foreign.certificate]))
    assert caught.value.reason is X509Reason.ISSUER_UNKNOWN


async def test_a_certificate_for_another_purpose_is_rejected() -> None:
    issuer = RequestSigner(
        signer=PKI.document_signer.signer, certificates=(PKI.document_signer.certificate,)
    )
    request = replace(REQUEST, client_id=issuer.client_id(ClientIdPrefix.X509_HASH))
    text = await sign_request_object(request, signer=issuer, lifetime=LIFETIME)
    with pytest.raises(Rejected) as caught:
        check(
            text,
            expected=replace(EXPECTED, client_id=str(request.client_id)),
            trust=AskerTrust(anchors=[PKI.iaca.certificate]),
        )
    assert caught.value.reason is X509Reason.EXTENDED_KEY_USAGE


async def test_another_key_s_signature_is_rejected() -> None:
    text = await sign_request_object(REQUEST, signer=READER, lifetime=LIFETIME)
    forged = await jws.sign(HEADER, jws.decode_compact(text).payload, PKI.iaca.signer)
    with pytest.raises(Rejected) as caught:
        check(forged)
    assert caught.value.reason is JoseReason.SIGNATURE_INVALID


async def test_a_changed_request_is_rejected() -> None:
    header, _, signature = (await signed()).split(".")
    changed = encode_request(replace(REQUEST, response_uri="https://thief.example/"))
    payload = jws.signing_input({}, jwt.encode_claims(changed)).decode().split(".")[1]
    with pytest.raises(Rejected) as caught:
        check(f"{header}.{payload}.{signature}")
    assert caught.value.reason is JoseReason.SIGNATURE_INVALID


@pytest.mark.parametrize("audience", [None, "https://other.example", ["x"], 7])
async def test_another_audience_is_rejected(audience: object) -> None:
    text = await signed(aud=audience)
    with pytest.raises(Rejected) as caught:
        check(text)
    assert caught.value.reason is Reason.AUDIENCE_MISMATCH
    assert check(text, expected=replace(EXPECTED, audiences=None)).request == REQUEST


async def test_one_of_several_audiences_is_enough() -> None:
    assert check(await signed(aud=["x", STATIC_AUDIENCE])).request == REQUEST


async def test_an_expired_request_is_rejected() -> None:
    with pytest.raises(Rejected) as caught:
        check(await signed(exp=int((NOW - timedelta(minutes=5)).timestamp())))
    assert caught.value.reason is JoseReason.EXPIRED


async def test_a_request_from_the_future_is_rejected() -> None:
    with pytest.raises(Rejected) as caught:
        check(await signed(nbf=int((NOW + timedelta(minutes=5)).timestamp())))
    assert caught.value.reason is JoseReason.NOT_YET_VALID


@pytest.mark.parametrize("nonce", [None, "wallet-2"])
async def test_another_wallet_nonce_is_rejected(nonce: str | None) -> None:
    with pytest.raises(Rejected) as caught:
        check(await signed(wallet_nonce=nonce))
    assert caught.value.reason is Reason.WALLET_NONCE_MISMATCH


async def test_a_self_signed_certificate_counts_only_where_it_is_pinned() -> None:
    lone = make_root(Purpose.READER_CA, "Lone asker")
    signer = RequestSigner(signer=lone.signer, certificates=(lone.certificate,))
    request = replace(REQUEST, client_id=signer.client_id(ClientIdPrefix.X509_HASH))
    text = await sign_request_object(request, signer=signer, lifetime=LIFETIME)
    expected = replace(EXPECTED, client_id=str(request.client_id))
    with pytest.raises(Rejected) as caught:
        check(text, expected=expected, trust=AskerTrust(anchors=[lone.certificate]))
    assert caught.value.reason is Reason.CERTIFICATE_SELF_SIGNED
    pinned = AskerTrust(anchors=[], pinned=[lone.certificate])
    assert check(text, expected=expected, trust=pinned).chain is None
    for at, reason in (
        (BEGIN - timedelta(days=1), X509Reason.NOT_YET_VALID),
        (END + timedelta(days=4000), X509Reason.EXPIRED),
    ):
        with pytest.raises(Rejected) as caught:
            check(text, expected=expected, trust=pinned, at=at)
        assert caught.value.reason is reason


async def test_a_pinned_certificate_with_a_key_of_unknown_kind_is_rejected() -> None:
    odd = forge(Forgery(key=new_key(ec.SECP224R1())))
    client_id = client_id_of_certificate(odd.der)
    payload = jwt.encode_claims(
        {**encode_request(replace(REQUEST, client_id=client_id)), "aud": STATIC_AUDIENCE}
    )
    header = {**HEADER, "x5c": x5c.encode_x5c([odd.der])}
    with pytest.raises(Rejected) as caught:
        check(
            await jws.sign(header, payload, PKI.reader.signer),
            expected=replace(EXPECTED, client_id=str(client_id)),
            trust=AskerTrust(anchors=[], pinned=[odd]),
        )
    assert caught.value.reason is X509Reason.ALGORITHM


@pytest.mark.parametrize("at", [BEGIN, ROOT_END])
async def test_a_pinned_certificate_counts_on_its_first_and_last_day(at: datetime) -> None:
    lone = make_root(Purpose.READER_CA, "Lone asker")
    signer = RequestSigner(signer=lone.signer, certificates=(lone.certificate,))
    request = replace(REQUEST, client_id=signer.client_id(ClientIdPrefix.X509_HASH))
    payload = jwt.encode_claims({**encode_request(request), "aud": STATIC_AUDIENCE})
    text = await jws.sign({**HEADER, "x5c": x5c.encode_x5c([lone.der])}, payload, lone.signer)
    found = check(
        text,
        expected=replace(EXPECTED, client_id=str(request.client_id)),
        trust=AskerTrust(anchors=[], pinned=[lone.certificate]),
        at=at,
    )
    assert found.request == request


async def test_any_of_several_accepted_purposes_is_enough() -> None:
    leaf = make_leaf(Purpose.TLS_SERVER, "Web asker", issuer=PKI.reader_ca)
    signer = RequestSigner(signer=leaf.signer, certificates=(leaf.certificate,))
    request = replace(REQUEST, client_id=signer.client_id(ClientIdPrefix.X509_HASH))
    text = await sign_request_object(request, signer=signer, lifetime=LIFETIME)
    expected = replace(EXPECTED, client_id=str(request.client_id))
    with pytest.raises(Rejected):
        check(text, expected=expected)
    trust = replace(TRUST, purposes=(Purpose.READER, Purpose.TLS_SERVER))
    assert check(text, expected=expected, trust=trust).request == request


@pytest.mark.parametrize("text", ["", "a.b", "x" * 300_000])
def test_what_is_no_request_object_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        check(text)


async def test_a_request_is_not_signed_for_another_client_identifier() -> None:
    other = replace(REQUEST, client_id=ClientId(prefix=ClientIdPrefix.X509_HASH, original="x"))
    with pytest.raises(ValueError, match="not the certificate's"):
        await sign_request_object(other, signer=READER, lifetime=LIFETIME)


def test_a_certificate_stands_for_no_other_identifier() -> None:
    unnamed = RequestSigner(
        signer=PKI.document_signer.signer, certificates=(PKI.document_signer.certificate,)
    )
    for signer, prefix in (
        (READER, ClientIdPrefix.REDIRECT_URI),
        (unnamed, ClientIdPrefix.X509_SAN_DNS),
    ):
        with pytest.raises(ValueError, match="has no"):
            signer.client_id(prefix)


UNSIGNED = encode_request(REQUEST) | {"client_id": f"redirect_uri:{REQUEST.response_uri}"}


def test_an_unsigned_request_has_a_type_of_its_own() -> None:
    assert accept_unsigned_request(UNSIGNED).request.nonce == REQUEST.nonce
    shortened = {name: value for name, value in UNSIGNED.items() if name != "response_uri"}
    assert accept_unsigned_request(shortened).request.response_uri == REQUEST.response_uri


def test_an_unsigned_request_for_another_address_is_rejected() -> None:
    with pytest.raises(Rejected) as caught:
        accept_unsigned_request(UNSIGNED | {"response_uri": "https://thief.example/"})
    assert caught.value.reason is Reason.RESPONSE_URI_MISMATCH


def test_an_unsigned_request_with_a_signing_prefix_is_rejected() -> None:
    with pytest.raises(Rejected) as caught:
        accept_unsigned_request(encode_request(REQUEST))
    assert caught.value.reason is Reason.SIGNATURE_MISSING
