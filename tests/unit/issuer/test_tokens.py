"""The token endpoint: codes once, tries counted before they are judged, keys bound."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.reasons import Reason as ChainReason
from mrc.infra.keys.software import SoftwareSigner
from mrc.issuer.clients import ClientHeaders
from mrc.issuer.configuration import Requirement
from mrc.issuer.offers import MadeOffer
from mrc.issuer.reasons import Reason
from mrc.issuer.records import OfferState
from mrc.kernel.errors import Rejected
from mrc.protocols.oauth import client_attestation as abca
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.reasons import Reason as OAuthReason
from mrc.protocols.openid4vci.offer import SCHEME, OfferReference, decode_offer_link
from mrc.protocols.openid4vci.token import (
    AuthorizationDetail,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
    TokenResponse,
)
from tests.simulators.issuing import ISSUER, MDOC, WALLET, Phone, World
from tests.simulators.pki import make_leaf, make_root, practice_pki


def wrong(code: str | None) -> str:
    assert code is not None
    return f"{(int(code) + 1) % 10**6:06}"


async def refused(phone: Phone, offer: MadeOffer, tx_code: str | None = None) -> OAuthError:
    with pytest.raises(OAuthError) as caught:
        await phone.redeem(offer, tx_code)
    return caught.value


def request_of(offer: MadeOffer, **changes: object) -> PreAuthorizedTokenRequest:
    assert offer.offer.pre_authorized is not None
    request = PreAuthorizedTokenRequest(
        pre_authorized_code=offer.offer.pre_authorized.pre_authorized_code,
        tx_code=offer.tx_code,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


async def test_an_offer_is_fetched_by_reference_until_it_is_redeemed(world: World) -> None:
    made = await world.offer()
    assert made.link.startswith(f"{SCHEME}://")
    reference = decode_offer_link(made.link)
    assert isinstance(reference, OfferReference)
    name = reference.credential_offer_uri.removeprefix(f"{ISSUER}/offers/")
    for _ in range(2):
        assert await world.issuer.offers.fetch(name, now=world.now) == made.offer
    state = await world.issuer.offers.progress(made.id, now=world.now)
    assert state is OfferState.FETCHED
    await Phone(world=world).redeem(made)
    for unknown in (name, "unknown"):
        with pytest.raises(Rejected) as caught:
            await world.issuer.offers.fetch(unknown, now=world.now)
        assert caught.value.reason is Reason.OFFER_UNKNOWN


async def test_an_expired_or_withdrawn_offer_is_dead(world: World) -> None:
    made = await world.offer()
    phone = Phone(world=world)
    world.now += timedelta(minutes=3)
    assert (await refused(phone, made)).cause is Reason.CODE_UNKNOWN_OR_USED
    state = await world.issuer.offers.progress(made.id, now=world.now)
    assert state is OfferState.WITHDRAWN
    other = await world.offer()
    assert await world.issuer.offers.withdraw(other.id)
    assert (await refused(phone, other)).cause is Reason.CODE_UNKNOWN_OR_USED


async def test_a_redeemed_offer_cannot_be_withdrawn(world: World) -> None:
    made = await world.offer()
    await Phone(world=world).redeem(made)
    assert not await world.issuer.offers.withdraw(made.id)


async def test_a_code_serves_once(both: World) -> None:
    made = await both.offer()
    phone = Phone(world=both)
    await phone.redeem(made)
    for replay in (phone, Phone(world=both)):
        error = await refused(replay, made)
        assert (error.code, error.cause) == (
            OAuthErrorCode.INVALID_GRANT,
            Reason.CODE_UNKNOWN_OR_USED,
        )


async def test_of_many_token_requests_at_once_one_wins(both: World) -> None:
    made = await both.offer()
    phones = [Phone(world=both) for _ in range(6)]
    results = await asyncio.gather(
        *[phone.redeem(made) for phone in phones], return_exceptions=True
    )
    won = [result for result in results if isinstance(result, TokenResponse)]
    lost = [result for result in results if isinstance(result, OAuthError)]
    assert (len(won), len(lost)) == (1, 5)


async def test_guessing_the_transaction_code_ends_at_the_last_try(both: World) -> None:
    made = await both.offer()
    phone = Phone(world=both)
    for _ in range(5):
        error = await refused(phone, made, wrong(made.tx_code))
        assert (error.code, error.cause) == (
            OAuthErrorCode.INVALID_GRANT,
            Reason.TX_CODE_WRONG,
        )
    assert (await refused(phone, made)).cause is Reason.CODE_UNKNOWN_OR_USED
    state = await both.issuer.offers.progress(made.id, now=both.now)
    assert state is OfferState.TRIES_SPENT


async def test_guesses_at_the_same_time_are_all_counted(both: World) -> None:
    made = await both.offer()
    guesses = [Phone(world=both).redeem(made, wrong(made.tx_code)) for _ in range(12)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    judged = [error for error in results if getattr(error, "cause", 0) is Reason.TX_CODE_WRONG]
    assert len(judged) == 5
    assert (await refused(Phone(world=both), made)).cause is Reason.CODE_UNKNOWN_OR_USED


async def test_a_missing_or_unexpected_transaction_code_is_an_invalid_request(
    world: World,
) -> None:
    phone = Phone(world=world)
    made = await world.offer()
    with pytest.raises(OAuthError) as caught:
        await phone.ask_token(request_of(made, tx_code=None))
    assert (caught.value.code, caught.value.cause) == (
        OAuthErrorCode.INVALID_REQUEST,
        Reason.TX_CODE_MISSING,
    )
    plain = await world.offer(with_tx_code=False)
    with pytest.raises(OAuthError) as caught:
        await phone.ask_token(request_of(plain, tx_code="123456"))
    assert caught.value.cause is Reason.TX_CODE_UNEXPECTED
    assert await phone.ask_token(request_of(plain))


async def test_details_and_scope_narrow_a_token(world: World) -> None:
    phone = Phone(world=world)
    details = (AuthorizationDetail(credential_configuration_id="permanent_mdoc"),)
    for change, code in (
        ({"authorization_details": details}, OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS),
        ({"scope": "permanent_mdoc"}, OAuthErrorCode.INVALID_SCOPE),
    ):
        with pytest.raises(OAuthError) as caught:
            await phone.ask_token(request_of(await world.offer(), **change))
        assert caught.value.code is code
    token = await phone.ask_token(request_of(await world.offer(), scope=f"{MDOC} other"))
    assert token.scope == MDOC


async def test_a_replayed_dpop_proof_is_refused_and_the_code_lives(both: World) -> None:
    phone = Phone(world=both)
    headers = await phone.headers("token")
    await both.issuer.tokens.token(request_of(await both.offer()), headers, now=both.now)
    made = await both.offer()
    with pytest.raises(OAuthError) as caught:
        await both.issuer.tokens.token(request_of(made), headers, now=both.now)
    assert caught.value.cause is Reason.PROOF_USED_BEFORE
    assert await phone.redeem(made)


async def test_a_dpop_proof_without_our_nonce_is_told_to_use_one(world: World) -> None:
    phone = Phone(world=world)
    old = world.issuer.clients.dpop_nonce(world.now - timedelta(minutes=5))
    for nonce in (None, "AAAA", old):
        headers = ClientHeaders(dpop=await phone.proof("token", nonce=nonce))
        with pytest.raises(OAuthError) as caught:
            await world.issuer.tokens.token(request_of(await world.offer()), headers, now=world.now)
        assert caught.value.code is OAuthErrorCode.USE_DPOP_NONCE


async def test_bearer_clients_get_no_refresh_token(world: World) -> None:
    token = await world.issuer.tokens.token(
        request_of(await world.offer()), ClientHeaders(), now=world.now
    )
    assert (token.token_type, token.refresh_token) == ("Bearer", None)
    phone = Phone(world=world, token=token)
    headers = ClientHeaders(authorization=f"Bearer {token.access_token}")
    assert await phone.send(await phone.request(), headers)


async def test_a_token_counts_only_under_its_own_scheme(world: World) -> None:
    bearer = await world.issuer.tokens.token(
        request_of(await world.offer()), ClientHeaders(), now=world.now
    )
    phone = Phone(world=world, token=bearer)
    bound = Phone(world=world)
    await bound.redeem(await world.offer())
    assert bound.token is not None
    for who, scheme, token in (
        (phone, "Basic", bearer.access_token),
        (phone, "DPoP", bearer.access_token),
        (bound, "Bearer", bound.token.access_token),
    ):
        headers = await who.access("credential", authorization=f"{scheme} {token}")
        with pytest.raises(OAuthError) as caught:
            await who.send(await who.request(), headers)
        assert caught.value.code is OAuthErrorCode.INVALID_TOKEN


async def test_attestations_are_not_looked_at_where_they_are_off(world: World) -> None:
    off = world.again(wallet_attestation_wanted=Requirement.OFF)
    phone = Phone(world=off)
    headers = replace(await phone.headers("token"), attestation="rubbish", pop="rubbish")
    assert await off.issuer.tokens.token(request_of(await off.offer()), headers, now=off.now)


async def test_bearer_can_be_off(world: World) -> None:
    strict = world.again(dpop_wanted=Requirement.REQUIRED)
    with pytest.raises(OAuthError) as caught:
        await strict.issuer.tokens.token(
            request_of(await strict.offer()), ClientHeaders(), now=world.now
        )
    assert caught.value.cause is Reason.DPOP_MISSING


async def test_a_refresh_token_is_bound_to_its_key(world: World) -> None:
    phone = Phone(world=world)
    await phone.redeem(await world.offer())
    thief = Phone(world=world, token=phone.token)
    with pytest.raises(OAuthError) as caught:
        await thief.refresh()
    assert caught.value.cause is Reason.OTHER_KEY
    first = await phone.refresh()
    assert (await phone.refresh()).access_token != first.access_token
    with pytest.raises(OAuthError) as caught:
        await phone.ask_token(RefreshTokenRequest(refresh_token="unknown"))
    assert caught.value.cause is Reason.TOKEN_UNKNOWN
    world.now += timedelta(days=365)
    with pytest.raises(OAuthError) as caught:
        await phone.refresh()
    assert caught.value.cause is Reason.TOKEN_EXPIRED


async def test_an_attested_wallet_is_known_by_its_client_id(world: World) -> None:
    strict = world.again(wallet_attestation_wanted=Requirement.REQUIRED)
    phone = Phone(world=strict, attested=True)
    await phone.redeem(await strict.offer())
    assert await phone.collect(await phone.request(client_id=WALLET))
    other = replace(phone, instance_key=SoftwareSigner.generate())
    with pytest.raises(OAuthError) as caught:
        await other.refresh()
    assert caught.value.cause is Reason.OTHER_INSTANCE


async def test_the_dpop_proof_may_stand_for_the_pop(world: World) -> None:
    key = SoftwareSigner.generate()
    phone = Phone(world=world, dpop_key=key, instance_key=key)
    headers = replace(await phone.headers("token"), attestation=await phone.attestation())
    made = await world.offer()
    assert await world.issuer.tokens.token(request_of(made), headers, now=world.now)
    other = Phone(world=world)
    mixed = replace(await other.headers("token"), attestation=await phone.attestation())
    with pytest.raises(OAuthError) as caught:
        await world.issuer.tokens.token(request_of(await world.offer()), mixed, now=world.now)
    assert caught.value.cause is OAuthReason.DPOP_KEY_MISMATCH


async def test_attestation_forgeries(world: World) -> None:
    strict = world.again(wallet_attestation_wanted=Requirement.REQUIRED)
    phone = Phone(world=strict, attested=True)
    good = await phone.headers("token")
    root = make_root(Purpose.WALLET_PROVIDER_CA, "Stranger")
    stranger = make_leaf(Purpose.WALLET_PROVIDER, "Stranger", issuer=root)
    cases = [
        (replace(good, attestation=None), Reason.ATTESTATION_MISSING),
        (replace(good, attestation=None, pop=None), Reason.ATTESTATION_MISSING),
        (
            replace(good, attestation=await phone.attestation(stranger)),
            ChainReason.ISSUER_UNKNOWN,
        ),
        (
            replace(good, pop=await phone.pop("https://other.example")),
            OAuthReason.AUDIENCE_MISMATCH,
        ),
        (replace(good, pop=await phone.pop(f"{ISSUER}/token")), OAuthReason.AUDIENCE_MISMATCH),
        (replace(good, attestation="x.y"), None),
    ]
    for headers, cause in cases:
        fresh = replace(headers, dpop=await phone.proof("token"))
        with pytest.raises(OAuthError) as caught:
            await strict.issuer.tokens.token(
                request_of(await strict.offer()), fresh, now=strict.now
            )
        assert (caught.value.code, caught.value.cause) == (
            OAuthErrorCode.INVALID_CLIENT,
            cause,
        )


async def test_an_old_attestation_is_told_to_be_renewed(world: World) -> None:
    phone = Phone(world=world, attested=True)
    old = abca.ClientAttestation(
        client_id=WALLET,
        instance_key=phone.instance_key.public_key,
        issued_at=world.now - timedelta(days=91),
        expires_at=world.now + timedelta(days=91),
    )
    provider = practice_pki().wallet_provider
    said = await abca.make_attestation(
        old, signer=provider.signer, chain=(provider.certificate,), kid=None
    )
    headers = replace(await phone.headers("token"), attestation=said)
    with pytest.raises(OAuthError) as caught:
        await world.issuer.tokens.token(request_of(await world.offer()), headers, now=world.now)
    assert caught.value.code is OAuthErrorCode.USE_FRESH_ATTESTATION


async def test_a_replayed_pop_is_refused(world: World) -> None:
    phone = Phone(world=world, attested=True)
    headers = await phone.headers("token")
    await world.issuer.tokens.token(request_of(await world.offer()), headers, now=world.now)
    again = replace(headers, dpop=await phone.proof("token"))
    with pytest.raises(OAuthError) as caught:
        await world.issuer.tokens.token(request_of(await world.offer()), again, now=world.now)
    assert caught.value.cause is Reason.PROOF_USED_BEFORE


async def test_another_client_id_than_the_attested_one_is_refused(world: World) -> None:
    phone = Phone(world=world, attested=True)
    with pytest.raises(OAuthError) as caught:
        await phone.ask_token(request_of(await world.offer(), client_id="https://x.example"))
    assert caught.value.cause is OAuthReason.CLIENT_MISMATCH


async def test_a_challenge_is_demanded_where_challenges_are_on(world: World) -> None:
    strict = world.again(attestation_challenges=True)
    phone = Phone(world=strict, attested=True)
    with pytest.raises(OAuthError) as caught:
        await phone.redeem(await strict.offer())
    assert caught.value.code is OAuthErrorCode.USE_ATTESTATION_CHALLENGE


async def test_haip_knows_no_pre_authorized_code(world: World) -> None:
    haip = world.again(haip=True)
    made = await world.offer()
    phone = Phone(world=haip, attested=True)
    assert (await refused(phone, made)).code is OAuthErrorCode.UNSUPPORTED_GRANT_TYPE
    offered = await haip.offer()
    assert offered.link.startswith("haip-vci://")
    assert offered.offer.pre_authorized is None
    assert offered.offer.authorization_code is not None


async def test_the_database_holds_no_code_and_no_token(world: World) -> None:
    made = await world.offer()
    assert made.offer.pre_authorized is not None
    phone = Phone(world=world)
    token = await phone.redeem(made)
    await phone.collect()
    stored = world.database._path.read_bytes()  # type: ignore[attr-defined]
    stored += world.database._path.with_suffix(".db-wal").read_bytes()  # type: ignore[attr-defined]
    for secret in (
        made.offer.pre_authorized.pre_authorized_code,
        token.access_token,
        token.refresh_token or "",
        "NGUYEN",
    ):
        assert secret.encode() not in stored
