"""Pushed requests and codes: bound to client, redirect, keys and PKCE; used once; short-lived."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats.catalogue.card_types import CardType
from mrc.infra.keys.software import SystemEntropy
from mrc.issuer.authorization import Authorized, DirectOrder, Identified
from mrc.issuer.clients import Client, ClientHeaders
from mrc.issuer.reasons import Reason
from mrc.issuer.records import AuthorizationRecord, OfferState
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.par import AuthorizationRequest, decode_redirect
from mrc.protocols.openid4vci.token import (
    AuthorizationCodeTokenRequest,
    AuthorizationDetail,
    encode_details_text,
)
from tests.simulators.issuing import HOLDER, ISSUER, MDOC, Phone, World

VERIFIER = pkce.make_verifier(SystemEntropy())
REQUEST = AuthorizationRequest(
    client_id="wallet",
    response_type="code",
    redirect_uri="app.wallet:/cb",
    scope=MDOC,
    state="s",
    code_challenge=pkce.challenge_of(VERIFIER),
    code_challenge_method="S256",
)
WHO = Identified(holder=HOLDER, card_type=CardType.RESIDENCE, offer=None)
TOKEN = AuthorizationCodeTokenRequest(
    code="", code_verifier=VERIFIER, redirect_uri="app.wallet:/cb", client_id="wallet"
)


async def pushed(phone: Phone, request: AuthorizationRequest = REQUEST) -> AuthorizationRecord:
    world = phone.world
    answer = await world.issuer.authorizations.push(
        request, await phone.headers("par"), now=world.now
    )
    return await world.issuer.authorizations.find(
        request.client_id, answer.request_uri, now=world.now
    )


async def authorized(phone: Phone, request: AuthorizationRequest = REQUEST) -> Authorized:
    record = await pushed(phone, request)
    return await phone.world.issuer.authorizations.authorize(record, WHO, now=phone.world.now)


async def cause_of(phone: Phone, request: AuthorizationCodeTokenRequest) -> object:
    with pytest.raises(OAuthError) as caught:
        await phone.ask_token(request)
    assert caught.value.code is OAuthErrorCode.INVALID_GRANT
    return caught.value.cause


async def test_a_code_becomes_a_token_for_the_card_of_the_identified_holder(both: World) -> None:
    phone = Phone(world=both)
    answer = await authorized(phone)
    members = decode_redirect(answer.redirect or "", expected_state="s", expected_issuer=ISSUER)
    assert members["code"] == answer.code
    phone.token = await phone.ask_token(replace(TOKEN, code=answer.code))
    assert phone.token.scope == MDOC
    assert await phone.collect(await phone.request(client_id="wallet"))
    assert await cause_of(phone, replace(TOKEN, code=answer.code)) is Reason.CODE_UNKNOWN_OR_USED


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"client_id": "other"}, Reason.CLIENT_DIFFERS),
        ({"client_id": None}, Reason.CLIENT_DIFFERS),
        ({"redirect_uri": "app.other:/cb"}, Reason.REDIRECT_DIFFERS),
        ({"redirect_uri": None}, Reason.REDIRECT_DIFFERS),
    ],
)
async def test_a_code_for_something_else_is_refused(
    world: World, change: dict[str, str | None], cause: object
) -> None:
    phone = Phone(world=world)
    code = (await authorized(phone)).code
    request = replace(TOKEN, code=code, **change)  # type: ignore[arg-type]
    assert await cause_of(phone, request) is cause


async def test_a_code_without_its_verifier_is_refused(world: World) -> None:
    phone = Phone(world=world)
    for verifier in (None, "x" * 43):
        code = (await authorized(phone)).code
        with pytest.raises(OAuthError) as caught:
            await phone.ask_token(replace(TOKEN, code=code, code_verifier=verifier))
        assert caught.value.code is OAuthErrorCode.INVALID_GRANT


async def test_a_code_is_bound_to_the_pushing_key_and_instance(world: World) -> None:
    phone = Phone(world=world)
    code = (await authorized(phone)).code
    assert await cause_of(Phone(world=world), replace(TOKEN, code=code)) is Reason.OTHER_KEY
    attested = Phone(world=world, attested=True)
    client = "https://wallet.example"
    code = (await authorized(attested, replace(REQUEST, client_id=client))).code
    other = Phone(world=world, dpop_key=attested.dpop_key, attested=True)
    request = replace(TOKEN, code=code, client_id=client)
    assert await cause_of(other, request) is Reason.OTHER_INSTANCE


async def test_dpop_jkt_binds_without_a_proof(world: World) -> None:
    record_of = world.issuer.authorizations
    request = replace(REQUEST, dpop_jkt="k" * 43)
    answer = await record_of.push(request, ClientHeaders(), now=world.now)
    record = await record_of.find("wallet", answer.request_uri, now=world.now)
    code = (await record_of.authorize(record, WHO, now=world.now)).code
    assert await cause_of(Phone(world=world), replace(TOKEN, code=code)) is Reason.OTHER_KEY


async def test_codes_and_pushed_requests_run_out(world: World) -> None:
    phone = Phone(world=world)
    code = (await authorized(phone)).code
    world.now += timedelta(minutes=1)
    assert await cause_of(phone, replace(TOKEN, code=code)) is Reason.CODE_UNKNOWN_OR_USED
    answer = await world.issuer.authorizations.push(
        REQUEST, await phone.headers("par"), now=world.now
    )
    with pytest.raises(OAuthError):
        await world.issuer.authorizations.find("other", answer.request_uri, now=world.now)
    with pytest.raises(OAuthError):
        await world.issuer.authorizations.find(
            "wallet", answer.request_uri, now=world.now + timedelta(minutes=5)
        )


async def test_a_request_is_authorized_once(both: World) -> None:
    record = await pushed(Phone(world=both))
    await both.issuer.authorizations.authorize(record, WHO, now=both.now)
    with pytest.raises(OAuthError) as caught:
        await both.issuer.authorizations.authorize(record, WHO, now=both.now)
    assert caught.value.cause is Reason.CODE_UNKNOWN_OR_USED


async def test_a_request_for_another_card_type_is_denied(world: World) -> None:
    record = await pushed(Phone(world=world), replace(REQUEST, scope="permanent_mdoc"))
    with pytest.raises(OAuthError) as caught:
        await world.issuer.authorizations.authorize(record, WHO, now=world.now)
    assert caught.value.cause is Reason.CONFIGURATION_NOT_GRANTED


async def test_details_are_an_alternative_to_scope_but_not_in_haip(world: World) -> None:
    details = encode_details_text((AuthorizationDetail(credential_configuration_id=MDOC),))
    request = replace(REQUEST, scope=None, authorization_details=details)
    phone = Phone(world=world)
    code = (await authorized(phone, request)).code
    token = await phone.ask_token(replace(TOKEN, code=code))
    assert token.authorization_details[0].credential_identifiers == (f"{MDOC}.1",)
    unknown = encode_details_text((AuthorizationDetail(credential_configuration_id="x"),))
    with pytest.raises(OAuthError) as caught:
        await pushed(phone, replace(request, authorization_details=unknown))
    assert caught.value.code is OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS
    haip = Phone(world=world.again(haip=True), attested=True)
    with pytest.raises(OAuthError) as caught:
        await pushed(haip, replace(request, client_id="https://wallet.example"))
    assert caught.value.code is OAuthErrorCode.INVALID_SCOPE


async def test_a_replayed_push_is_refused(world: World) -> None:
    headers = await Phone(world=world).headers("par")
    await world.issuer.authorizations.push(REQUEST, headers, now=world.now)
    with pytest.raises(OAuthError) as caught:
        await world.issuer.authorizations.push(REQUEST, headers, now=world.now)
    assert caught.value.cause is Reason.PROOF_USED_BEFORE


async def test_guessing_at_the_page_ends_at_the_last_try(world: World) -> None:
    haip = world.again(haip=True)
    phone = Phone(world=haip, attested=True)
    made = await haip.offer()
    assert made.offer.authorization_code is not None
    state = made.offer.authorization_code.issuer_state
    request = replace(REQUEST, client_id="https://wallet.example", issuer_state=state)
    record = await pushed(phone, request)
    wrong = f"{(int(made.tx_code or 0) + 1) % 10**6:06}"
    act = haip.issuer.authorizations.authorize_with_offer
    for guess in (wrong, None, wrong, wrong, wrong):
        with pytest.raises(OAuthError) as caught:
            await act(record, guess, now=haip.now)
        assert caught.value.cause is Reason.TX_CODE_WRONG
    with pytest.raises(OAuthError) as caught:
        await act(record, made.tx_code, now=haip.now)
    assert caught.value.cause is Reason.OFFER_UNKNOWN
    progress = await haip.issuer.offers.progress(made.id, now=haip.now)
    assert progress is OfferState.TRIES_SPENT


async def test_the_challenge_endpoints_steps_end_in_a_code_of_their_own_key(world: World) -> None:
    phone = Phone(world=world)
    client = world.issuer.clients.authenticate(
        await phone.headers("authorize-challenge"),
        url=f"{ISSUER}/authorize-challenge",
        client_id="wallet",
        now=world.now,
    )
    order = DirectOrder(
        client=client,
        client_id="wallet",
        who=WHO,
        scope=MDOC,
        code_challenge=pkce.challenge_of(VERIFIER),
    )
    act = world.issuer.authorizations.authorize_directly
    answer = await act(order, now=world.now)
    assert answer.redirect is None
    thief = Phone(world=world)
    request = replace(TOKEN, code=answer.code, redirect_uri=None)
    assert await cause_of(thief, request) is Reason.OTHER_KEY
    answer = await act(order, now=world.now)
    assert await phone.ask_token(replace(request, code=answer.code))
    for change in ({"scope": "openid"}, {"code_challenge": ""}):
        with pytest.raises(OAuthError):
            await act(replace(order, **change), now=world.now)  # type: ignore[arg-type]
    assert isinstance(client, Client)


@pytest.mark.parametrize(
    ("redirect_uri", "taken"),
    [
        ("http://127.0.0.1:49152/cb", True),
        ("http://[::1]:49152/cb", True),
        ("http://localhost/cb", True),
        ("https://wallet.example/cb", True),
        ("http://127.0.0.1.evil.example/cb", False),
        ("http://localhost.evil.example/cb", False),
        ("http://127.0.0.1@evil.example/cb", False),
        ("http://127.0.0.1:x@evil.example/cb", False),
        ("http://127.0.0.1:port/cb", False),
        ("http://[::1].evil.example/cb", False),
        ("http://evil.example/127.0.0.1", False),
        ("javascript:alert(1)", False),
        ("https://wallet.example/cb#part", False),
    ],
)
async def test_a_code_goes_back_to_this_machine_or_by_https_only(
    world: World, redirect_uri: str, taken: bool
) -> None:
    """RFC 8252, 8.3 and RFC 9700, 2.1: a name that begins like the loopback address is not it."""
    request = replace(REQUEST, redirect_uri=redirect_uri)
    if taken:
        assert (await pushed(Phone(world=world), request)).redirect_uri == redirect_uri
        return
    with pytest.raises(OAuthError) as caught:
        await pushed(Phone(world=world), request)
    assert caught.value.code is OAuthErrorCode.INVALID_REQUEST
