"""Evidence at the provider: what each kind earns, and that it cannot be carried elsewhere."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mrc.formats import base64url
from mrc.formats.device_evidence.android import AndroidApp
from mrc.formats.device_evidence.apple import AppleApps
from mrc.formats.device_evidence.chain import DeviceTrust
from mrc.formats.device_evidence.reasons import Reason as DeviceReason
from mrc.formats.device_evidence.webauthn import RelyingParty
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.infra.stores.provider import DatabaseInstanceStore
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.protocols.openid4vci.configuration import KeyAttestationsRequired
from mrc.protocols.openid4vci.key_attestation import (
    CheckedKeyAttestation,
    KeyAttestationPolicy,
    check_key_attestation,
)
from mrc.protocols.wallet_provider import messages
from mrc.protocols.wallet_provider.messages import Evidence, Level, OrderContext
from mrc.protocols.wallet_provider.reasons import Reason
from mrc.wallet_provider.evidence import (
    AndroidEvidence,
    AppleEvidence,
    PasskeyEvidence,
    bound_challenge,
)
from mrc.wallet_provider.service import EvidenceChecker, ProviderProfile, WalletProviderService
from tests.simulators.phone_makers import (
    APP_ID,
    ORIGIN,
    PACKAGE,
    RP_ID,
    SIGNER_DIGEST,
    AuthData,
    Description,
    android_chain,
    android_maker,
    app_attest,
    apple_maker,
    attestation_object,
    client_data,
    ec_key,
    key_id_of,
    public,
    root_of,
    signer_of,
)
from tests.simulators.pki import NOW, practice_pki

URL = "https://provider.test"
VERIFIER = OpensslVerifier()
ANDROID = AndroidEvidence(
    trust=DeviceTrust(roots=(root_of(android_maker()),), verifier=VERIFIER),
    apps=(AndroidApp(package=PACKAGE, signature_digests=frozenset({SIGNER_DIGEST})),),
)
APPLE = AppleEvidence(
    trust=DeviceTrust(roots=(root_of(apple_maker()),), verifier=VERIFIER),
    apps=AppleApps(app_ids=(APP_ID,), development=False),
)
PASSKEY = PasskeyEvidence(
    relying_party=RelyingParty(rp_id=RP_ID, origins=frozenset({ORIGIN})),
)
CHECKERS: Mapping[str, EvidenceChecker] = {"android": ANDROID, "apple": APPLE, "webauthn": PASSKEY}


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
            practice=False,
        ),
        signer=pki.wallet_provider.signer,
        challenges=NonceMint(bytes(32), NoncePurpose.WALLET_PROVIDER, timedelta(minutes=5)),
        store=DatabaseInstanceStore(database),
        checkers=CHECKERS,
        verifier=VERIFIER,
        entropy=SystemEntropy(),
    )


def android(key: ec.EllipticCurvePrivateKey, challenge: str, **changes: object) -> Evidence:
    said = replace(Description(challenge=challenge.encode()), **changes)  # type: ignore[arg-type]
    chain = [base64.b64encode(der).decode() for der in android_chain(key, said)]
    return Evidence(kind="android", members={"x5c": chain})


def apple(key: ec.EllipticCurvePrivateKey, challenge: str) -> Evidence:
    attested = ec_key()
    encoded = app_attest(attested, bound_challenge(public(key), challenge))
    members = {
        "keyId": base64url.encode(key_id_of(attested)),
        "attestationObject": base64url.encode(encoded),
    }
    return Evidence(kind="apple", members=members)


def passkey(key: ec.EllipticCurvePrivateKey, challenge: str) -> Evidence:
    data = AuthData(rp_id=RP_ID, key=public(ec_key())).encode()
    members = {
        "clientDataJSON": base64url.encode(client_data(bound_challenge(public(key), challenge))),
        "attestationObject": base64url.encode(attestation_object(data)),
    }
    return Evidence(kind="webauthn", members=members)


MAKERS = {"android": android, "apple": apple, "webauthn": passkey}
LEVELS = {"android": Level.HARDWARE, "apple": Level.HARDWARE, "webauthn": Level.PASSKEY}


async def registration(
    challenge: str,
    key: ec.EllipticCurvePrivateKey,
    evidence: Evidence,
    level: Level | None = None,
) -> str:
    context = OrderContext(audience=URL, challenge=challenge, now=NOW)
    return await messages.make_registration(
        context,
        level=level or LEVELS[evidence.kind],
        evidence=evidence,
        instance=signer_of(key),
    )


async def key_attestation(
    service: WalletProviderService, key: ec.EllipticCurvePrivateKey
) -> CheckedKeyAttestation:
    context = OrderContext(audience=URL, challenge=service.challenge(now=NOW), now=NOW)
    order = await messages.make_key_order(
        context, keys=[SoftwareSigner.generate()], c_nonce="nonce", instance=signer_of(key)
    )
    token = await service.attest_keys(order, now=NOW)
    attesters = TrustedAttesters(anchors=[practice_pki().wallet_provider_ca.certificate])
    policy = KeyAttestationPolicy(
        attesters=attesters, x5c_required=True, required=KeyAttestationsRequired()
    )
    return check_key_attestation(
        token, policy=policy, expiry_required=True, at=NOW, verifier=VERIFIER
    )


async def refused(act: object, reason: Reason | DeviceReason) -> None:
    with pytest.raises(Rejected) as refusal:
        await act  # type: ignore[misc]
    assert refusal.value.reason is reason


@pytest.mark.parametrize("kind", ["android", "apple"])
async def test_a_phone_with_hardware_evidence_gets_its_key_storage_attested(
    service: WalletProviderService, kind: str
) -> None:
    key, challenge = ec_key(), service.challenge(now=NOW)
    token = await registration(challenge, key, MAKERS[kind](key, challenge))
    instance = await service.register(token, now=NOW)
    assert (instance.level, instance.evidence_kind) == (Level.HARDWARE, kind)
    assert (await key_attestation(service, key)).key_storage == ("iso_18045_high",)


async def test_a_passkey_is_admitted_and_no_key_storage_is_said_of_it(
    service: WalletProviderService,
) -> None:
    key, challenge = ec_key(), service.challenge(now=NOW)
    await service.register(await registration(challenge, key, passkey(key, challenge)), now=NOW)
    assert (await key_attestation(service, key)).key_storage == ()


async def test_a_passkey_does_not_count_as_hardware(service: WalletProviderService) -> None:
    key, challenge = ec_key(), service.challenge(now=NOW)
    token = await registration(challenge, key, passkey(key, challenge), Level.HARDWARE)
    await refused(service.register(token, now=NOW), Reason.EVIDENCE_REFUSED)


@pytest.mark.parametrize("kind", sorted(MAKERS))
async def test_evidence_for_another_challenge_is_refused(
    service: WalletProviderService, kind: str
) -> None:
    key = ec_key()
    recorded = MAKERS[kind](key, service.challenge(now=NOW))
    token = await registration(service.challenge(now=NOW), key, recorded)
    await refused(service.register(token, now=NOW), DeviceReason.CHALLENGE)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("android", DeviceReason.KEY),
        ("apple", DeviceReason.CHALLENGE),
        ("webauthn", DeviceReason.CHALLENGE),
    ],
)
async def test_evidence_of_somebody_elses_phone_admits_no_other_key(
    service: WalletProviderService, kind: str, reason: DeviceReason
) -> None:
    challenge = service.challenge(now=NOW)
    token = await registration(challenge, ec_key(), MAKERS[kind](ec_key(), challenge))
    await refused(service.register(token, now=NOW), reason)


@pytest.mark.parametrize("kind", sorted(MAKERS))
async def test_a_registration_replayed_is_refused(
    service: WalletProviderService, kind: str
) -> None:
    key, challenge = ec_key(), service.challenge(now=NOW)
    token = await registration(challenge, key, MAKERS[kind](key, challenge))
    await service.register(token, now=NOW)
    await refused(service.register(token, now=NOW), Reason.CHALLENGE_USED)


async def test_a_software_key_of_a_genuine_phone_is_refused(
    service: WalletProviderService,
) -> None:
    key, challenge = ec_key(), service.challenge(now=NOW)
    token = await registration(challenge, key, android(key, challenge, key_level=0))
    await refused(service.register(token, now=NOW), DeviceReason.SECURITY_LEVEL)


async def test_the_provider_admits_no_phone_under_a_revoked_root(
    service: WalletProviderService,
) -> None:
    revoked = frozenset({ANDROID.trust.roots[0].serial})
    checker = replace(ANDROID, trust=replace(ANDROID.trust, revoked_serials=revoked))
    key, challenge = ec_key(), service.challenge(now=NOW)
    token = await registration(challenge, key, android(key, challenge))
    strict = replace(service, checkers={"android": checker})
    await refused(strict.register(token, now=NOW), DeviceReason.REVOKED)


@pytest.mark.parametrize(
    ("trust", "reason"),
    [
        (replace(ANDROID.trust, roots=()), DeviceReason.ROOT_UNKNOWN),
        (replace(ANDROID.trust, roots=APPLE.trust.roots), DeviceReason.ROOT_UNKNOWN),
        (
            replace(ANDROID.trust, revoked_serials=frozenset({ANDROID.trust.roots[0].serial})),
            DeviceReason.REVOKED,
        ),
    ],
)
def test_a_root_that_is_revoked_removed_or_another_makers_is_refused(
    trust: DeviceTrust, reason: DeviceReason
) -> None:
    key = ec_key()
    with pytest.raises(Rejected) as refusal:
        replace(ANDROID, trust=trust).check(
            android(key, "challenge"), instance_key=public(key), challenge="challenge", at=NOW
        )
    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(kind="android", members={"x5c": "text"}),
        Evidence(kind="android", members={"x5c": ["!"]}),
        Evidence(kind="android", members={"x5c": ["AAAA"]}),
        Evidence(kind="apple", members={}),
        Evidence(kind="apple", members={"keyId": "AA", "attestationObject": "AA"}),
        Evidence(kind="webauthn", members={"clientDataJSON": 5}),
        Evidence(kind="webauthn", members={"clientDataJSON": "e30=", "attestationObject": "AA"}),
    ],
)
def test_odd_evidence_is_malformed(evidence: Evidence) -> None:
    with pytest.raises(Malformed):
        CHECKERS[evidence.kind].check(
            evidence, instance_key=public(ec_key()), challenge="challenge", at=NOW
        )
