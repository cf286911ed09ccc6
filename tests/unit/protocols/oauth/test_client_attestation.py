"""Client attestation, drafts -07 and -10: who attested, whose key, for whom, when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.formats.x509.certificate import Certificate
from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.reasons import Reason as ChainReason
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth import client_attestation as abca
from mrc.protocols.oauth import dpop
from mrc.protocols.oauth.attesters import AttesterKey, TrustedAttesters
from mrc.protocols.oauth.jwt import sign_jwt
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.protocols.oauth.reasons import Reason
from tests.simulators.pki import BEGIN, END, NOW, Identity, make_leaf, make_root, practice_pki

AS = "https://issuer.localhost:8442"
INSTANCE = SoftwareSigner.generate()
ENTROPY = SystemEntropy()
VERIFIER = OpensslVerifier()
PKI = practice_pki()
TRUST = TrustedAttesters(anchors=(PKI.wallet_provider_ca.certificate,))
POLICY = abca.AttestationPolicy(attesters=TRUST, x5c_required=True, challenges=None)
SAID = abca.ClientAttestation(
    client_id="https://wallet.example",
    instance_key=INSTANCE.public_key,
    issued_at=NOW,
    expires_at=NOW + timedelta(days=1),
)


async def attested(
    said: abca.ClientAttestation = SAID,
    by: Identity = PKI.wallet_provider,
    chain: tuple[Certificate, ...] | None = None,
    kid: str | None = None,
) -> str:
    links = (by.certificate,) if chain is None else chain
    return await abca.make_attestation(said, signer=by.signer, chain=links, kid=kid)


def check(
    text: str,
    policy: abca.AttestationPolicy = POLICY,
    client_id: str | None = None,
    at: object = NOW,
) -> abca.CheckedAttestation:
    return abca.check_attestation(
        text,
        policy=policy,
        expected_client_id=client_id,
        at=at,  # type: ignore[arg-type]
        verifier=VERIFIER,
    )


async def pop(**changes: object) -> str:
    values: dict[str, object] = {
        "client_id": SAID.client_id,
        "audience": AS,
        "challenge": None,
        "signer": INSTANCE,
        "now": NOW,
        "entropy": ENTROPY,
    }
    return await abca.make_pop(**(values | changes))  # type: ignore[arg-type]


async def check_pop(text: str, **changes: object) -> abca.AuthenticClient:
    values: dict[str, object] = {
        "attestation": check(await attested()),
        "expected_audience": AS,
        "policy": POLICY,
        "at": NOW,
        "verifier": VERIFIER,
    }
    return abca.check_pop(text, **(values | changes))  # type: ignore[arg-type]


async def test_a_provider_under_an_anchor_is_believed_in_both_shapes() -> None:
    assert check(await attested()).client_id == SAID.client_id
    seventh = await attested(replace(SAID, issuer="https://provider.example"))
    assert check(seventh, client_id=SAID.client_id).issuer == "https://provider.example"


async def test_an_unknown_provider_is_refused() -> None:
    root = make_root(Purpose.WALLET_PROVIDER_CA, "Somebody else")
    stranger = make_leaf(Purpose.WALLET_PROVIDER, "Somebody", issuer=root)
    with pytest.raises(Rejected) as refused:
        check(await attested(by=stranger))
    assert refused.value.reason is ChainReason.ISSUER_UNKNOWN


async def test_a_certificate_for_another_purpose_does_not_make_a_provider() -> None:
    reader = make_leaf(Purpose.READER, "Reader", issuer=PKI.wallet_provider_ca)
    with pytest.raises(Rejected) as refused:
        check(await attested(by=reader))
    assert refused.value.reason is ChainReason.EXTENDED_KEY_USAGE


async def test_an_attestation_signed_by_another_key_is_refused() -> None:
    impostor = Identity(
        signer=SoftwareSigner.generate(), certificate=PKI.wallet_provider.certificate
    )
    with pytest.raises(Rejected) as refused:
        check(await attested(by=impostor))
    assert refused.value.reason is JoseReason.SIGNATURE_INVALID


async def test_haip_refuses_a_bare_key_and_an_anchor_in_the_chain() -> None:
    keys = TrustedAttesters(
        anchors=TRUST.anchors, keys=(AttesterKey(key=PKI.wallet_provider.signer.public_key),)
    )
    with pytest.raises(Rejected) as refused:
        check(await attested(chain=()), replace(POLICY, attesters=keys))
    assert refused.value.reason is Reason.X5C_REQUIRED
    both = (PKI.wallet_provider.certificate, PKI.wallet_provider_ca.certificate)
    with pytest.raises(Rejected) as refused:
        check(await attested(chain=both))
    assert refused.value.reason is Reason.SELF_SIGNED


async def test_a_bare_key_is_found_by_kid_and_issuer() -> None:
    key = PKI.wallet_provider.signer.public_key
    known = AttesterKey(key=key, issuer="https://provider.example", kid="11")
    policy = replace(POLICY, attesters=TrustedAttesters(keys=(known,)), x5c_required=False)
    said = replace(SAID, issuer="https://provider.example")
    assert check(await attested(said, chain=(), kid="11"), policy).client_id == SAID.client_id
    for wrong in (
        await attested(said, chain=(), kid="12"),
        await attested(replace(SAID, issuer="https://x.example"), chain=(), kid="11"),
    ):
        with pytest.raises(Rejected) as refused:
            check(wrong, policy)
        assert refused.value.reason is Reason.ATTESTER_UNKNOWN


async def test_an_admitted_signer_certificate_counts_outside_haip_only() -> None:
    admitted = TrustedAttesters(anchors=(PKI.wallet_provider.certificate,))
    policy = replace(POLICY, attesters=admitted, x5c_required=False)
    assert check(await attested(), policy).client_id == SAID.client_id
    with pytest.raises(Rejected):
        check(await attested(), replace(policy, x5c_required=True))


async def test_an_admitted_certificate_counts_only_while_it_is_valid() -> None:
    admitted = TrustedAttesters(anchors=(PKI.wallet_provider.certificate,))
    policy = replace(POLICY, attesters=admitted, x5c_required=False)
    for at in (BEGIN - timedelta(days=1), END + timedelta(days=1)):
        said = replace(SAID, issued_at=at, expires_at=at + timedelta(days=1))
        with pytest.raises(Rejected) as refused:
            check(await attested(said), policy, at=at)
        assert refused.value.reason is Reason.ATTESTER_UNKNOWN


async def test_an_expired_pop_is_refused() -> None:
    claims = {
        "aud": AS,
        "jti": "1",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) - 120,
    }
    with pytest.raises(Rejected) as refused:
        await check_pop(await sign_jwt({"typ": abca.POP_TYP}, claims, INSTANCE))
    assert refused.value.reason is JoseReason.EXPIRED


async def test_an_expired_attestation_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        check(await attested(), at=NOW + timedelta(days=1, minutes=2))
    assert refused.value.reason is JoseReason.EXPIRED


async def test_an_old_attestation_is_refused() -> None:
    said = replace(SAID, issued_at=NOW - timedelta(days=91), expires_at=NOW + timedelta(days=900))
    with pytest.raises(Rejected) as refused:
        check(await attested(said))
    assert refused.value.reason is Reason.ATTESTATION_TOO_OLD


async def test_another_client_id_in_the_form_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        check(await attested(), client_id="https://other.example")
    assert refused.value.reason is Reason.CLIENT_MISMATCH


async def test_a_private_key_in_cnf_is_refused() -> None:
    claims = {
        "sub": "w",
        "exp": int(NOW.timestamp()) + 60,
        "cnf": {"jwk": {"kty": "EC", "crv": "P-256", "x": "A", "y": "A", "d": "A"}},
    }
    text = await sign_jwt({"typ": abca.ATTESTATION_TYP}, claims, INSTANCE)
    with pytest.raises(Rejected) as refused:
        check(text)
    assert refused.value.reason is Reason.PRIVATE_KEY_IN_HEADER


@pytest.mark.parametrize("missing", ["sub", "exp", "cnf"])
async def test_each_claim_is_demanded(missing: str) -> None:
    claims: dict[str, object] = {"sub": "w", "exp": 1, "cnf": {"jwk": {}}}
    del claims[missing]
    with pytest.raises(Malformed):
        check(await sign_jwt({"typ": abca.ATTESTATION_TYP}, claims, INSTANCE))


async def test_a_pop_of_the_attested_key_passes() -> None:
    client = await check_pop(await pop())
    assert client.instance_jkt == dpop.thumbprint_of(INSTANCE.public_key)
    assert client.replay_digest is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"audience": "https://other.example"}, Reason.AUDIENCE_MISMATCH),
        ({"audience": AS + "/token"}, Reason.AUDIENCE_MISMATCH),
        ({"signer": SoftwareSigner.generate()}, JoseReason.SIGNATURE_INVALID),
        ({"now": NOW - timedelta(minutes=6)}, Reason.ISSUED_OUTSIDE_WINDOW),
        ({"now": NOW + timedelta(minutes=2)}, Reason.ISSUED_OUTSIDE_WINDOW),
        ({"client_id": "https://other.example"}, Reason.CLIENT_MISMATCH),
    ],
)
async def test_a_pop_for_something_else_is_refused(
    change: dict[str, object], reason: object
) -> None:
    with pytest.raises(Rejected) as refused:
        await check_pop(await pop(**change))
    assert refused.value.reason is reason


async def test_a_challenge_is_demanded_where_the_server_gives_them() -> None:
    mint = NonceMint(b"s" * 32, NoncePurpose.ATTESTATION, timedelta(minutes=5))
    policy = replace(POLICY, challenges=mint)
    with pytest.raises(Rejected) as refused:
        await check_pop(await pop(), policy=policy)
    assert refused.value.reason is Reason.NONCE_MISSING
    challenge = mint.mint(now=NOW, entropy=ENTROPY)
    assert (await check_pop(await pop(challenge=challenge), policy=policy)).challenge


async def test_dpop_combined_mode_needs_the_attested_key() -> None:
    attestation = check(await attested())
    for signer, fits in ((INSTANCE, True), (SoftwareSigner.generate(), False)):
        request = dpop.DpopRequest(method="POST", url=AS + "/token")
        proof = dpop.check_proof(
            await dpop.make_proof(request, signer=signer, now=NOW, entropy=ENTROPY),
            expected_method="POST",
            expected_url=AS + "/token",
            expected_access_token=None,
            at=NOW,
            nonces=None,
            verifier=VERIFIER,
        )
        if fits:
            assert abca.check_combined(attestation, proof).replay_digest is None
        else:
            with pytest.raises(Rejected) as refused:
                abca.check_combined(attestation, proof)
            assert refused.value.reason is Reason.DPOP_KEY_MISMATCH
