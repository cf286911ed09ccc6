"""Any bytes decode or raise `Malformed` (or the protocol's own error): nothing else escapes."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from mrc.formats import json_text
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth import client_attestation, dpop, first_party, members, par
from mrc.protocols.oauth import metadata as server
from mrc.protocols.oauth.jwt import decode_jwt
from mrc.protocols.openid4vci import credential, metadata, nonce, offer, token

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "credential_issuer",
        "credential_configuration_ids",
        "grants",
        offer.PRE_AUTHORIZED_CODE,
        "pre-authorized_code",
        "tx_code",
        "proofs",
        "jwt",
        "attestation",
        "credential_configuration_id",
        "credential_response_encryption",
        "jwk",
        "kty",
        "crv",
        "x",
        "y",
        "enc",
        "alg",
        "credentials",
        "credential",
        "transaction_id",
        "interval",
        "access_token",
        "token_type",
        "authorization_details",
        "type",
        "credential_configurations_supported",
        "format",
        "proof_types_supported",
        "cryptographic_binding_methods_supported",
        "credential_endpoint",
        "issuer",
        "event",
        "notification_id",
    ]
)
KNOWN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["openid_credential", "EC", "P-256"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=16,
)
DECODERS: list[Callable[[bytes], object]] = [
    offer.decode_offer,
    token.decode_token_response,
    credential.decode_credential_request,
    credential.decode_credential_response,
    credential.decode_deferred_request,
    credential.decode_notification,
    nonce.decode_nonce,
    lambda data: metadata.decode_metadata(
        json_text.decode_object(data), expected_issuer="https://i.example"
    ),
    lambda data: server.decode_metadata(
        json_text.decode_object(data), expected_issuer="https://i.example"
    ),
    lambda data: par.decode_pushed(json_text.decode_object(data)),
    lambda data: first_party.decode_granted(json_text.decode_object(data)),
]


def decodes(act: Callable[[], object]) -> None:
    with suppress(Malformed, Rejected):
        act()


@given(value=JSON | KNOWN)
def test_any_json_decodes_or_is_refused(value: object) -> None:
    data = json_text.encode(value)
    for decode in DECODERS:
        decodes(partial(decode, data))


@given(data=st.binary(max_size=64))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    for decode in DECODERS:
        decodes(partial(decode, data))
    decodes(lambda: members.decode_form(data, "form"))
    decodes(lambda: token.decode_token_request(data))
    decodes(lambda: par.decode_authorization_request(data))
    decodes(lambda: first_party.decode_challenge_request(data))


@given(text=st.text(max_size=80))
def test_any_text_is_no_link_no_jwt_and_no_target(text: str) -> None:
    decodes(lambda: offer.decode_offer_link(text))
    decodes(lambda: offer.decode_offer_link(f"openid-credential-offer://?credential_offer={text}"))
    decodes(lambda: decode_jwt(text, expected_typ=client_attestation.POP_TYP, what="PoP"))
    decodes(lambda: dpop.target_url(text))
    decodes(lambda: dpop.target_url(f"https://{text}"))
