"""Every path of the resource endpoints claims its proofs: none may be used again anywhere."""

from datetime import timedelta

import pytest

from mrc.infra.keys.software import SoftwareSigner
from mrc.issuer.reasons import Reason
from mrc.protocols.oauth.errors import OAuthError
from mrc.protocols.openid4vci.credential import (
    DeferredRequest,
    Notification,
    NotificationEvent,
    decode_credential_response,
    encode_deferred_request,
    encode_notification,
)
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode
from tests.simulators.issuing import Phone, World


async def phone_of(world: World) -> Phone:
    phone = Phone(world=world)
    await phone.redeem(await world.offer())
    return phone


async def test_an_answer_given_again_needs_a_fresh_proof(world: World) -> None:
    phone = await phone_of(world)
    request, headers = await phone.request(), await phone.access("credential")
    await phone.send(request, headers)
    with pytest.raises(OAuthError) as caught:
        await phone.send(request, headers)
    assert caught.value.cause is Reason.PROOF_USED_BEFORE


async def test_an_answer_given_again_takes_no_nonce_that_served_another_request(
    world: World,
) -> None:
    phone, keys = await phone_of(world), [SoftwareSigner.generate()]
    await phone.collect(await phone.request(keys=keys))
    nonce = world.issuer.requests.nonce(world.now)
    await phone.collect(await phone.request(keys=[SoftwareSigner.generate()], nonce=nonce))
    with pytest.raises(CredentialError) as caught:
        await phone.collect(await phone.request(keys=keys, nonce=nonce))
    assert caught.value.code is CredentialErrorCode.INVALID_NONCE


async def test_a_deferral_claims_proof_and_nonce(world: World) -> None:
    phone = await phone_of(world)
    world.source.wait = timedelta(seconds=5)
    request, headers = await phone.request(), await phone.access("credential")
    await phone.send(request, headers)
    with pytest.raises(OAuthError) as caught:
        await phone.send(await phone.request(), headers)
    assert caught.value.cause is Reason.PROOF_USED_BEFORE
    with pytest.raises(CredentialError) as denied:
        await phone.send(request)
    assert denied.value.cause is Reason.NONCE_USED_BEFORE


async def test_waiting_claims_its_proof(world: World) -> None:
    phone = await phone_of(world)
    world.source.wait = timedelta(seconds=5)
    deferred = decode_credential_response((await phone.send(await phone.request())).body)
    transaction_id = getattr(deferred, "transaction_id", "")
    body = encode_deferred_request(DeferredRequest(transaction_id=transaction_id))
    headers = await phone.access("deferred_credential")
    act = world.issuer.deferred
    await act(body, encrypted=False, headers=headers, now=world.now)
    with pytest.raises(OAuthError) as caught:
        await act(body, encrypted=False, headers=headers, now=world.now)
    assert caught.value.cause is Reason.PROOF_USED_BEFORE
    strict = world.again(encryption_required=True)
    with pytest.raises(CredentialError) as denied:
        await strict.issuer.deferred(
            body,
            encrypted=False,
            headers=await phone.access("deferred_credential"),
            now=world.now,
        )
    assert denied.value.code is CredentialErrorCode.INVALID_ENCRYPTION_PARAMETERS


async def test_a_notification_claims_its_proof(world: World) -> None:
    phone = await phone_of(world)
    issued = await phone.collect()
    note = Notification(
        notification_id=issued.notification_id or "", event=NotificationEvent.ACCEPTED
    )
    headers = await phone.access("notification")
    await world.issuer.notify(encode_notification(note), headers=headers, now=world.now)
    with pytest.raises(OAuthError) as caught:
        await world.issuer.notify(encode_notification(note), headers=headers, now=world.now)
    assert caught.value.cause is Reason.PROOF_USED_BEFORE
