"""A wallet collects a card: both formats, one card, once, and again after a lost answer."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import CardType
from mrc.formats.jose.jwe import Encryption
from mrc.formats.mdoc import verifying
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.sd_jwt_vc import verifying as sd_jwt_verifying
from mrc.formats.sd_jwt_vc.issuer_trust import X5cTrust
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyAgreement,
    SoftwareSigner,
)
from mrc.issuer.cards import Order
from mrc.issuer.configuration import Requirement
from mrc.issuer.reasons import Reason
from mrc.issuer.records import CardState, OfferState
from mrc.kernel.errors import Forbidden
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.reasons import Reason as OAuthReason
from mrc.protocols.openid4vci import proofs
from mrc.protocols.openid4vci.credential import (
    AttestationProof,
    CredentialRequest,
    DeferredIssuance,
    DeferredRequest,
    IssuedCredentials,
    JwtProofs,
    NotificationEvent,
    ResponseEncryptionRequest,
    decode_credential_response,
    encode_credential_request,
    encode_deferred_request,
)
from mrc.protocols.openid4vci.encryption import decrypt_response, encrypt_request
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode
from mrc.protocols.openid4vci.metadata import RequestEncryption
from mrc.protocols.openid4vci.reasons import Reason as ProofReason
from mrc.protocols.openid4vci.token import AuthorizationDetail, PreAuthorizedTokenRequest
from tests.simulators.issuing import (
    ENCRYPTION,
    HOLDER,
    ISSUER,
    MDOC,
    SD_JWT,
    Phone,
    World,
)
from tests.simulators.pki import practice_pki

TRUST = ChainChecker(anchors=(practice_pki().iaca.certificate,), verifier=OpensslVerifier())


async def phone_of(world: World) -> Phone:
    phone = Phone(world=world)
    await phone.redeem(await world.offer())
    return phone


async def refused(phone: Phone, request: CredentialRequest) -> CredentialError:
    with pytest.raises(CredentialError) as caught:
        await phone.send(request)
    return caught.value


def check_mdoc(text: str, key: EcPublicKey, at: datetime) -> StatusReference:
    signed = decode_issuer_signed(base64url.decode(text))
    authentic = verifying.authenticate_issuer(signed, trust=TRUST, at=at)
    elements = verifying.check_digests(signed, authentic=authentic)
    verifying.check_validity(authentic, at=at)
    assert authentic.mso.device_key == key
    assert elements["org.iso.23220.1"]["family_name_latin1"] == "NGUYEN"
    reference = decode_status(authentic.mso.status)
    assert reference is not None
    return reference


def check_sd_jwt(text: str, key: EcPublicKey, at: datetime) -> StatusReference:
    expectation = sd_jwt_verifying.Expectation(
        trust=X5cTrust(checker=TRUST),
        vcts=("urn:kr:moj:residence:1",),
        issuer_algorithms=(Algorithm.ES256,),
        binding=None,
        at=at,
    )
    decoded = sd_jwt.decode(text)
    sd_jwt_verifying.check_issued(
        decoded, expectation=expectation, holder_key=key, verifier=OpensslVerifier()
    )
    reference = decode_status(decoded.payload["status"])
    assert reference is not None
    return reference


async def test_both_formats_join_one_card_and_every_copy_has_its_own_index(both: World) -> None:
    phone, references = await phone_of(both), set()
    for configuration, check in ((MDOC, check_mdoc), (SD_JWT, check_sd_jwt)):
        keys = [SoftwareSigner.generate() for _ in range(3)]
        issued = await phone.collect(await phone.request(configuration, keys=keys))
        for text, key in zip(issued.credentials, keys, strict=True):
            references.add(check(text, key.public_key, both.now))
    assert len(references) == 6
    assert {reference.uri.rpartition("/")[0] for reference in references} == {f"{ISSUER}/status"}
    cards = await both.issuer.cards.live(HOLDER)
    assert [(card.card_type, card.state) for card in cards] == [
        (CardType.RESIDENCE, CardState.ACTIVE)
    ]


async def test_a_lost_answer_is_given_again_with_the_same_copies(both: World) -> None:
    phone = await phone_of(both)
    request = await phone.request()
    first = await phone.collect(request)
    assert await phone.collect(request) == first
    assert await phone.collect(request) == first


async def test_the_same_keys_under_a_fresh_nonce_get_the_same_copies(world: World) -> None:
    phone = await phone_of(world)
    keys = [SoftwareSigner.generate() for _ in range(2)]
    first = await phone.collect(await phone.request(keys=keys))
    assert await phone.collect(await phone.request(keys=list(reversed(keys)))) == first


async def test_twin_requests_get_the_same_copies(both: World) -> None:
    phone = await phone_of(both)
    request = await phone.request()
    answers = await asyncio.gather(*[phone.collect(request) for _ in range(4)])
    assert len({answer.credentials for answer in answers}) == 1


async def test_a_replayed_nonce_with_other_keys_is_refused(both: World) -> None:
    phone = await phone_of(both)
    nonce = both.issuer.requests.nonce(both.now)
    await phone.collect(await phone.request(keys=[SoftwareSigner.generate()], nonce=nonce))
    error = await refused(phone, await phone.request(keys=[SoftwareSigner.generate()], nonce=nonce))
    assert (error.code, error.cause) == (
        CredentialErrorCode.INVALID_NONCE,
        Reason.NONCE_USED_BEFORE,
    )


async def test_a_replayed_proof_of_another_phone_is_refused(world: World) -> None:
    thief, owner = await phone_of(world), await phone_of(world)
    request = await owner.request()
    await owner.collect(request)
    error = await refused(thief, request)
    assert error.code is CredentialErrorCode.INVALID_NONCE


async def test_a_replayed_dpop_proof_is_refused(world: World) -> None:
    phone = await phone_of(world)
    headers = await phone.access("credential")
    await phone.send(await phone.request(), headers)
    with pytest.raises(OAuthError) as caught:
        await phone.send(await phone.request(), headers)
    assert (caught.value.code, caught.value.cause) == (
        OAuthErrorCode.INVALID_DPOP_PROOF,
        Reason.PROOF_USED_BEFORE,
    )


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"url": f"{ISSUER}/token"}, OAuthReason.DPOP_URL_MISMATCH),
        ({"method": "GET"}, OAuthReason.DPOP_METHOD_MISMATCH),
        ({"access_token": "another"}, OAuthReason.DPOP_TOKEN_MISMATCH),
        ({"access_token": None}, OAuthReason.DPOP_TOKEN_MISMATCH),
        ({"nonce": "AAAA"}, OAuthReason.NONCE_NOT_OURS),
        ({"nonce": None}, OAuthReason.NONCE_MISSING),
    ],
)
async def test_a_dpop_proof_for_something_else_is_refused(
    world: World, change: dict[str, object], cause: object
) -> None:
    phone = await phone_of(world)
    assert phone.token is not None
    proof = await phone.proof("credential", phone.token.access_token, **change)
    with pytest.raises(OAuthError) as caught:
        await phone.send(await phone.request(), await phone.access("credential", dpop=proof))
    assert caught.value.cause is cause


async def test_a_stolen_token_is_refused(world: World) -> None:
    phone = await phone_of(world)
    thief = Phone(world=world, token=phone.token)
    assert phone.token is not None
    for headers in (
        await thief.access("credential"),
        await thief.access(
            "credential", dpop=None, authorization=f"Bearer {phone.token.access_token}"
        ),
        await thief.access("credential", authorization="DPoP unknown"),
        await thief.access("credential", authorization=None),
    ):
        with pytest.raises(OAuthError) as caught:
            await thief.send(await thief.request(), headers)
        assert caught.value.code in (
            OAuthErrorCode.INVALID_TOKEN,
            OAuthErrorCode.INVALID_DPOP_PROOF,
        )
    with pytest.raises(OAuthError) as caught:
        await phone.send(await phone.request(), await phone.access("credential", dpop=None))
    assert caught.value.cause is Reason.DPOP_MISSING


async def test_an_expired_token_is_refused(world: World) -> None:
    phone = await phone_of(world)
    world.now += timedelta(minutes=15)
    with pytest.raises(OAuthError) as caught:
        await phone.send(await phone.request())
    assert caught.value.cause is Reason.TOKEN_EXPIRED


async def test_wrong_names_have_their_codes(world: World) -> None:
    phone = await phone_of(world)
    unknown = await refused(phone, await phone.request("nothing"))
    assert unknown.code is CredentialErrorCode.UNKNOWN_CREDENTIAL_CONFIGURATION
    other = await refused(phone, await phone.request("permanent_mdoc"))
    assert other.cause is Reason.CONFIGURATION_NOT_GRANTED
    request = await phone.request()
    named = replace(request, credential_configuration_id=None, credential_identifier=f"{MDOC}.1")
    assert (await refused(phone, named)).code is CredentialErrorCode.INVALID_CREDENTIAL_REQUEST


async def test_a_token_with_details_is_used_by_identifier(world: World) -> None:
    phone = Phone(world=world)
    offer = await world.offer()
    assert offer.offer.pre_authorized is not None
    phone.token = await phone.ask_token(
        PreAuthorizedTokenRequest(
            pre_authorized_code=offer.offer.pre_authorized.pre_authorized_code,
            tx_code=offer.tx_code,
            authorization_details=(AuthorizationDetail(credential_configuration_id=MDOC),),
        )
    )
    identifier = phone.token.authorization_details[0].credential_identifiers[0]
    request = await phone.request()
    wrong = await refused(phone, request)
    assert wrong.code is CredentialErrorCode.INVALID_CREDENTIAL_REQUEST
    named = replace(request, credential_configuration_id=None, credential_identifier=identifier)
    assert await phone.collect(named)
    unknown = replace(named, credential_identifier=f"{SD_JWT}.1")
    assert (await refused(phone, unknown)).code is CredentialErrorCode.UNKNOWN_CREDENTIAL_IDENTIFIER


async def test_missing_and_broken_proofs_are_invalid_proof(world: World) -> None:
    phone = await phone_of(world)
    request = await phone.request()
    for broken in (None, JwtProofs(jwts=("x",)), AttestationProof(jwt="x.y.z")):
        error = await refused(phone, replace(request, proofs=broken))
        assert error.code is CredentialErrorCode.INVALID_PROOF
    error = await refused(phone, await phone.request(client_id="https://wallet.example"))
    assert error.cause is ProofReason.PROOF_CLIENT_MISMATCH


async def test_one_token_gives_one_batch_of_each_format(world: World) -> None:
    phone = await phone_of(world)
    for _ in range(3):
        await phone.collect(await phone.request(keys=[SoftwareSigner.generate()]))
    error = await refused(phone, await phone.request(keys=[SoftwareSigner.generate()]))
    assert error.cause is Reason.COPIES_USED_UP
    world.now += timedelta(seconds=1)
    await phone.refresh()
    assert await phone.collect()


async def test_the_second_phone_ends_the_first_in_the_same_moment(both: World) -> None:
    first, second = await phone_of(both), await phone_of(both)
    await first.collect()
    await second.collect()
    live = await both.issuer.cards.live(HOLDER)
    assert len(live) == 1
    for act in (first.collect, first.refresh):
        with pytest.raises(OAuthError) as caught:
            await act()
        assert caught.value.cause is Reason.GRANT_ENDED
    assert await second.collect(await second.request(SD_JWT))


async def test_two_phones_at_once_leave_one_live_card(both: World) -> None:
    phones = [await phone_of(both) for _ in range(4)]
    results = await asyncio.gather(*[phone.collect() for phone in phones], return_exceptions=True)
    live = await both.issuer.cards.live(HOLDER)
    assert len(live) == 1
    for result in results:
        assert isinstance(result, (IssuedCredentials, CredentialError, OAuthError)), result


async def test_card_types_do_not_end_each_other(world: World) -> None:
    await (await phone_of(world)).collect()
    other = Phone(world=world)
    await other.redeem(await world.offer(card_type=CardType.PERMANENT))
    await other.collect(await other.request("permanent_mdoc"))
    assert len(await world.issuer.cards.live(HOLDER)) == 2


async def test_a_locked_card_gets_no_copies_until_it_is_unlocked(world: World) -> None:
    phone = await phone_of(world)
    await phone.collect()
    order = Order(holder=HOLDER, actor="officer-1", reason="lost")
    await world.issuer.cards.lock(order, now=world.now)
    error = await refused(phone, await phone.request(SD_JWT))
    assert error.cause is Reason.CARD_LOCKED
    await world.issuer.cards.unlock(order, now=world.now)
    assert await phone.collect(await phone.request(SD_JWT))


async def test_the_source_may_refuse_and_a_right_about_to_end_gives_no_copy(
    world: World,
) -> None:
    phone = await phone_of(world)
    world.source.refusal = Forbidden(Reason.DATA_REFUSED)
    error = await refused(phone, await phone.request())
    assert error.code is CredentialErrorCode.CREDENTIAL_REQUEST_DENIED
    world.source.refusal = None
    world.source.valid_until = world.now + timedelta(minutes=1)
    error = await refused(phone, await phone.request())
    assert error.cause is Reason.DATA_REFUSED


async def test_no_copy_outlives_the_right(world: World) -> None:
    phone = await phone_of(world)
    world.source.valid_until = world.now + timedelta(days=2)
    text = (await phone.collect(await phone.request(SD_JWT))).credentials[0]
    assert sd_jwt.decode(text).payload["exp"] == int(world.source.valid_until.timestamp())


async def test_deferred_issue_is_spent_once_and_belongs_to_its_phone(world: World) -> None:
    phone = await phone_of(world)
    world.source.wait = timedelta(seconds=5)
    answer = await phone.send(await phone.request())
    deferred = decode_credential_response(answer.body)
    assert answer.deferred
    assert isinstance(deferred, DeferredIssuance)

    async def ask(who: Phone, transaction_id: str) -> object:
        body = encode_deferred_request(DeferredRequest(transaction_id=transaction_id))
        answer = await world.issuer.deferred(
            body,
            encrypted=False,
            headers=await who.access("deferred_credential"),
            now=world.now,
        )
        return decode_credential_response(answer.body)

    assert await ask(phone, deferred.transaction_id) == deferred
    world.source.wait = None
    thief = await phone_of(world)
    for who, name in ((thief, deferred.transaction_id), (phone, "unknown")):
        with pytest.raises(CredentialError) as caught:
            await ask(who, name)
        assert caught.value.code is CredentialErrorCode.INVALID_TRANSACTION_ID
    first = await ask(phone, deferred.transaction_id)
    assert isinstance(first, IssuedCredentials)
    assert await ask(phone, deferred.transaction_id) == first
    await phone.refresh()
    with pytest.raises(CredentialError) as caught:
        await ask(phone, deferred.transaction_id)
    assert caught.value.code is CredentialErrorCode.INVALID_TRANSACTION_ID


async def test_a_notification_moves_the_desk_and_is_idempotent(world: World) -> None:
    phone = Phone(world=world)
    offer = await world.offer()
    assert await world.issuer.offers.progress(offer.id, now=world.now) is OfferState.OFFERED
    await phone.redeem(offer)
    assert await world.issuer.offers.progress(offer.id, now=world.now) is OfferState.REDEEMED
    issued = await phone.collect()
    assert await world.issuer.offers.progress(offer.id, now=world.now) is OfferState.ISSUED
    for _ in range(2):
        await phone.notify(issued.notification_id or "", NotificationEvent.ACCEPTED)
    assert await world.issuer.offers.progress(offer.id, now=world.now) is OfferState.ACCEPTED
    stranger = await phone_of(world)
    for who, name in ((phone, "unknown"), (stranger, issued.notification_id or "")):
        with pytest.raises(CredentialError) as caught:
            await who.notify(name, NotificationEvent.ACCEPTED)
        assert caught.value.code is CredentialErrorCode.INVALID_NOTIFICATION_ID


OFFERED = RequestEncryption(
    keys={"1": ENCRYPTION.public_key}, enc_values_supported=("A128GCM", "A256GCM")
)


async def test_an_encrypted_request_gets_an_encrypted_answer(world: World) -> None:
    phone = await phone_of(world)
    mine = SoftwareKeyAgreement.generate()
    wanted = ResponseEncryptionRequest(key=mine.public_key, kid="me", encryption=Encryption.A256GCM)
    plain = encode_credential_request(await phone.request(encryption=wanted))
    body = await encrypt_request(plain, OFFERED, sender=world.issuer._sender)
    answer = await world.issuer.credential(
        body, encrypted=True, headers=await phone.access("credential"), now=world.now
    )
    assert answer.encrypted
    opened = await decrypt_response(answer.body, key=mine, cipher=OpensslCipher())
    assert isinstance(decode_credential_response(opened), IssuedCredentials)


async def test_a_wish_for_encryption_in_the_clear_is_refused(world: World) -> None:
    phone = await phone_of(world)
    wanted = ResponseEncryptionRequest(
        key=SoftwareKeyAgreement.generate().public_key, kid=None, encryption=Encryption.A256GCM
    )
    error = await refused(phone, await phone.request(encryption=wanted))
    assert error.code is CredentialErrorCode.INVALID_ENCRYPTION_PARAMETERS


async def test_plain_is_refused_where_encryption_is_demanded(world: World) -> None:
    phone = await phone_of(world.again(encryption_required=True))
    error = await refused(phone, await phone.request())
    assert (error.code, error.cause) == (
        CredentialErrorCode.INVALID_ENCRYPTION_PARAMETERS,
        ProofReason.ENCRYPTION_REQUIRED,
    )


async def test_what_is_plain_is_not_even_read_where_encryption_is_demanded(world: World) -> None:
    phone = await phone_of(world.again(encryption_required=True))
    with pytest.raises(CredentialError) as caught:
        await phone.world.issuer.requests.open_credential(b"no request", encrypted=False)
    assert caught.value.cause is ProofReason.ENCRYPTION_REQUIRED


def deferred_body(wanted: ResponseEncryptionRequest | None = None) -> bytes:
    return encode_deferred_request(DeferredRequest(transaction_id="t", response_encryption=wanted))


def wish(curve: Curve = Curve.P256) -> ResponseEncryptionRequest:
    key = SoftwareKeyAgreement.generate(curve).public_key
    return ResponseEncryptionRequest(key=key, kid="me", encryption=Encryption.A256GCM)


async def test_a_deferred_wish_for_encryption_in_the_clear_is_refused(world: World) -> None:
    with pytest.raises(CredentialError) as caught:
        await world.issuer.requests.open_deferred(deferred_body(wish()), encrypted=False)
    assert caught.value.cause is ProofReason.ENCRYPTION_REQUIRED


async def test_an_encrypted_request_without_a_wish_is_refused_where_that_is_demanded(
    world: World,
) -> None:
    strict = world.again(encryption_required=True)
    phone = await phone_of(strict)
    opening = strict.issuer.requests
    credential = encode_credential_request(await phone.request())
    for plain, opened in (
        (credential, opening.open_credential),
        (deferred_body(), opening.open_deferred),
    ):
        body = await encrypt_request(plain, OFFERED, sender=world.issuer._sender)
        with pytest.raises(CredentialError) as caught:
            await opened(body, encrypted=True)
        assert caught.value.cause is ProofReason.ENCRYPTION_REQUIRED


async def test_an_answer_is_encrypted_to_no_other_curve(world: World) -> None:
    plain = deferred_body(wish(Curve.P384))
    body = await encrypt_request(plain, OFFERED, sender=world.issuer._sender)
    with pytest.raises(CredentialError) as caught:
        await world.issuer.requests.open_deferred(body, encrypted=True)
    assert caught.value.cause is ProofReason.ENCRYPTION_NOT_OFFERED


async def test_one_attestation_gives_a_copy_for_each_attested_key(world: World) -> None:
    phone = await phone_of(world)
    keys = [SoftwareSigner.generate() for _ in range(3)]
    nonce = world.issuer.requests.nonce(world.now)
    attestation = await phone.key_attestation(keys, nonce)
    request = await phone.request()
    issued = await phone.collect(replace(request, proofs=AttestationProof(jwt=attestation)))
    assert len(issued.credentials) == 3


async def test_a_card_needs_an_attested_key_where_that_is_required(world: World) -> None:
    strict = world.again(key_attestation_wanted=Requirement.REQUIRED)
    phone = await phone_of(strict)
    error = await refused(phone, await phone.request())
    assert error.cause is ProofReason.KEY_ATTESTATION_REQUIRED
    key, nonce = SoftwareSigner.generate(), strict.issuer.requests.nonce(strict.now)
    proof = await proofs.make_jwt_proof(
        credential_issuer=ISSUER,
        c_nonce=nonce,
        client_id=None,
        key_attestation=await phone.key_attestation([key], nonce),
        signer=key,
        now=strict.now,
    )
    request = replace(await phone.request(), proofs=JwtProofs(jwts=(proof,)))
    assert await phone.collect(request)
