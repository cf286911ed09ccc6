"""The wallet provider and the wallet's client of it, over its real endpoints and database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from mrc.infra.database.engine import Database
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.infra.stores.provider import DatabaseInstanceStore
from mrc.infra.wallet_host.storage import (
    FileDeviceSecret,
    FileKeyStore,
    FileRecordStore,
    WalletFile,
)
from mrc.kernel.errors import MrcError, Rejected
from mrc.kernel.ports import HttpRequest, HttpResponse, Signer
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.oauth.client_attestation import AttestationPolicy, check_attestation
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.protocols.openid4vci.configuration import KeyAttestationsRequired
from mrc.protocols.openid4vci.key_attestation import KeyAttestationPolicy, check_key_attestation
from mrc.protocols.wallet_provider import messages
from mrc.protocols.wallet_provider.messages import Level, OrderContext
from mrc.protocols.wallet_provider.reasons import Reason
from mrc.wallet.provider_client import ProviderClient, ProviderParts
from mrc.wallet_provider.service import ProviderProfile, WalletProviderService, key_id_of
from mrc.web.provider_api.app import make_app
from tests.simulators.pki import NOW, practice_pki

URL = "https://provider.test"
VERIFIER = OpensslVerifier()
LIFETIME = timedelta(minutes=5)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Wire:
    """An `HttpClient` straight into the provider's app."""

    def __init__(self, app: object) -> None:
        transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]
        self._client = httpx2.AsyncClient(transport=transport)
        self.paths: list[str] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.paths.append(request.url.removeprefix(URL))
        answer = await self._client.request(
            request.method, request.url, headers=dict(request.headers), content=request.body
        )
        return HttpResponse(
            status=answer.status_code, headers=dict(answer.headers), body=answer.content
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(database: Database) -> WalletProviderService:
    pki = practice_pki()
    return WalletProviderService(
        profile=ProviderProfile(
            url=URL,
            client_id="mobile-id",
            wallet_name="Mobile ID",
            wallet_link="https://phone.localhost",
            chain=[pki.wallet_provider.certificate],
            practice=True,
        ),
        signer=pki.wallet_provider.signer,
        challenges=NonceMint(bytes(32), NoncePurpose.WALLET_PROVIDER, LIFETIME),
        store=DatabaseInstanceStore(database),
        checkers={},
        verifier=VERIFIER,
        entropy=SystemEntropy(),
    )


@pytest.fixture
def wire(service: WalletProviderService, clock: Clock) -> Wire:
    return Wire(make_app(service, clock, "operator-secret"))


@pytest.fixture
def client(wire: Wire, clock: Clock, tmp_path: Path) -> Iterator[ProviderClient]:
    file = WalletFile(tmp_path / "wallet.sqlite3")
    keys = FileKeyStore(file, FileDeviceSecret(tmp_path / "device.key"))
    yield ProviderClient(
        ProviderParts(
            url=URL,
            http=wire,
            keys=keys,
            records=FileRecordStore(file),
            clock=clock,
            level=Level.SOFTWARE,
        )
    )
    file.close()


def trusted() -> TrustedAttesters:
    return TrustedAttesters(anchors=[practice_pki().wallet_provider_ca.certificate])


async def context(service: WalletProviderService, clock: Clock) -> OrderContext:
    challenge = service.challenge(now=clock.now())
    return OrderContext(audience=URL, challenge=challenge, now=clock.now())


async def registered(service: WalletProviderService, clock: Clock) -> Signer:
    instance = SoftwareSigner.generate()
    token = await messages.make_registration(
        await context(service, clock), level=Level.SOFTWARE, evidence=None, instance=instance
    )
    await service.register(token, now=clock.now())
    return instance


async def test_an_issuer_accepts_the_attestation_of_a_registered_wallet(
    client: ProviderClient,
) -> None:
    attested = await client.client()
    policy = AttestationPolicy(attesters=trusted(), x5c_required=True, challenges=None)
    checked = check_attestation(
        attested.attestation,
        policy=policy,
        expected_client_id="mobile-id",
        at=NOW,
        verifier=VERIFIER,
    )
    assert checked.instance_key == attested.instance.public_key


async def test_the_attestation_is_kept_until_it_is_about_to_run_out(
    client: ProviderClient, wire: Wire, clock: Clock
) -> None:
    await client.client()
    asked = len(wire.paths)
    await client.client()
    assert len(wire.paths) == asked
    clock.at += timedelta(hours=12)
    await client.client()
    assert wire.paths[asked:] == ["/challenges", "/client-attestations"]


async def test_keys_are_attested_with_the_issuers_nonce_and_without_key_storage_in_software(
    client: ProviderClient,
) -> None:
    keys = [SoftwareSigner.generate() for _ in range(3)]
    token = await client.attest_keys(keys, c_nonce="from-the-issuer")
    policy = KeyAttestationPolicy(
        attesters=trusted(), x5c_required=True, required=KeyAttestationsRequired()
    )
    checked = check_key_attestation(
        token, policy=policy, expiry_required=True, at=NOW, verifier=VERIFIER
    )
    assert checked.attested_keys == tuple(key.public_key for key in keys)
    assert checked.nonce == "from-the-issuer"
    assert checked.key_storage == ()


async def test_an_unregistered_key_is_not_attested(
    service: WalletProviderService, clock: Clock
) -> None:
    order = await messages.make_order(
        await context(service, clock), instance=SoftwareSigner.generate()
    )
    await refused(service.attest(order, now=NOW), Reason.INSTANCE_UNKNOWN)


async def test_a_revoked_instance_is_not_attested_again(
    service: WalletProviderService, clock: Clock
) -> None:
    instance = await registered(service, clock)
    await service.revoke(key_id_of(instance.public_key), now=NOW)
    order = await messages.make_order(await context(service, clock), instance=instance)
    await refused(service.attest(order, now=NOW), Reason.INSTANCE_REVOKED)


async def test_a_recorded_order_is_not_answered_twice(
    service: WalletProviderService, clock: Clock
) -> None:
    instance = await registered(service, clock)
    order = await messages.make_order(await context(service, clock), instance=instance)
    await service.attest(order, now=NOW)
    await refused(service.attest(order, now=NOW), Reason.CHALLENGE_USED)


async def test_software_is_not_admitted_outside_practice(
    service: WalletProviderService, clock: Clock
) -> None:
    strict = replace(service, profile=replace(service.profile, practice=False))
    token = await messages.make_registration(
        await context(service, clock),
        level=Level.SOFTWARE,
        evidence=None,
        instance=SoftwareSigner.generate(),
    )
    await refused(strict.register(token, now=NOW), Reason.LEVEL_NOT_ADMITTED)


async def test_a_level_is_not_believed_without_evidence(
    service: WalletProviderService, clock: Clock
) -> None:
    token = await messages.make_registration(
        await context(service, clock),
        level=Level.HARDWARE,
        evidence=None,
        instance=SoftwareSigner.generate(),
    )
    await refused(service.register(token, now=NOW), Reason.EVIDENCE_MISSING)


async def test_a_key_of_somebody_else_is_not_attested(
    service: WalletProviderService, clock: Clock
) -> None:
    instance, own = await registered(service, clock), SoftwareSigner.generate()
    foreign = Relabelled(SoftwareSigner.generate(), own)
    order = await messages.make_key_order(
        await context(service, clock), keys=[foreign], c_nonce=None, instance=instance
    )
    with pytest.raises(MrcError):
        await service.attest_keys(order, now=NOW)


async def test_a_key_proof_for_another_challenge_is_refused(
    service: WalletProviderService, clock: Clock
) -> None:
    instance, key = await registered(service, clock), SoftwareSigner.generate()
    first = await context(service, clock)
    proofs = (await messages._make(messages.POSSESSION_TYP, first, key),)
    order = await messages._make(
        messages.KEY_ORDER_TYP, await context(service, clock), instance, key_proofs=proofs
    )
    await refused(service.attest_keys(order, now=NOW), Reason.EVIDENCE_REFUSED)


@pytest.mark.parametrize("token", [None, "Bearer wrong"])
async def test_revoking_needs_the_operators_token(wire: Wire, token: str | None) -> None:
    headers = {} if token is None else {"authorization": token}
    answer = await wire.send(
        HttpRequest(method="POST", url=f"{URL}/instances/x/revoke", headers=headers)
    )
    assert answer.status == 401


class Relabelled:
    """Signs with one key and claims to be another."""

    def __init__(self, signer: SoftwareSigner, claimed: SoftwareSigner) -> None:
        self._signer = signer
        self.algorithm = signer.algorithm
        self.public_key = claimed.public_key

    async def sign(self, message: bytes) -> bytes:
        return await self._signer.sign(message)


async def refused(act: object, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        await act  # type: ignore[misc]
    assert refusal.value.reason is reason
