"""Half-made configurations are refused; metadata says what the configuration demands."""

from datetime import timedelta

import pytest

from mrc.infra.stores.issuer import DatabaseIssuerStore
from mrc.issuer.configuration import IssuerSecrets, Requirement, StatusPolicy
from mrc.issuer.copies import CertifiedSigner
from mrc.issuer.metadata import issuer_metadata, server_metadata
from mrc.issuer.records import OneTimeUse
from mrc.protocols.openid4vci.configuration import KeyAttestationsRequired
from tests.simulators.issuing import ISSUER, MDOC, Phone, World, configuration
from tests.simulators.pki import practice_pki


@pytest.mark.parametrize(
    "change",
    [
        {"credential_issuer": "http://issuer.localhost"},
        {"credential_issuer": ISSUER + "/"},
        {"cards": ()},
        {"formats": ()},
        {"batch_size": 1},
        {"tx_code_length": 3},
        {"tx_code_tries": 0},
        {"tx_code_tries": 11},
    ],
)
def test_a_half_made_configuration_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        configuration(**change)


def test_half_made_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="decoys"):
        StatusPolicy(list_size=10, decoys=10)
    with pytest.raises(ValueError, match="32 bytes"):
        IssuerSecrets(b"short")
    pki = practice_pki()
    with pytest.raises(ValueError, match="not the signer's"):
        CertifiedSigner(signer=pki.reader.signer, chain=(pki.status_signer.certificate,))


def test_haip_is_one_setting_that_makes_every_demand() -> None:
    haip = configuration(haip=True, wallet_attestation_wanted=Requirement.OFF)
    assert haip.wallet_attestation is Requirement.REQUIRED
    assert haip.key_attestation is Requirement.REQUIRED
    assert haip.dpop is Requirement.REQUIRED
    server = server_metadata(haip, challenge_endpoint=False)
    assert server.grant_types_supported == ("authorization_code", "refresh_token")
    assert "none" not in server.token_endpoint_auth_methods_supported
    assert server.require_pushed_authorization_requests
    metadata = issuer_metadata(haip, {})
    jwt = metadata.configurations[MDOC].proof_types_supported["jwt"]
    assert jwt.key_attestations_required == KeyAttestationsRequired()
    assert all(one.scope for one in metadata.configurations.values())


def test_attestation_off_leaves_no_trace_in_metadata() -> None:
    off = configuration(
        wallet_attestation_wanted=Requirement.OFF, key_attestation_wanted=Requirement.OFF
    )
    server = server_metadata(off, challenge_endpoint=True)
    assert server.token_endpoint_auth_methods_supported == ("none",)
    assert server.authorization_challenge_endpoint == f"{ISSUER}/authorize-challenge"
    proof_types = issuer_metadata(off, {}).configurations[MDOC].proof_types_supported
    assert set(proof_types) == {"jwt"}
    assert proof_types["jwt"].key_attestations_required is None


async def test_purging_removes_only_what_has_run_out(both: World) -> None:
    store = DatabaseIssuerStore(both.database)
    phone = Phone(world=both)
    await phone.redeem(await both.offer())
    request = await phone.request()
    await phone.collect(request)
    assert await store.purge(now=both.now) == 0
    again = await phone.collect(request)
    assert again.credentials
    assert await store.purge(now=both.now + timedelta(hours=1)) > 0


async def test_a_use_is_claimed_once(both: World) -> None:
    store = DatabaseIssuerStore(both.database)
    use = OneTimeUse(digest=b"x", expires_at=both.now)
    other = OneTimeUse(digest=b"y", expires_at=both.now)
    results = []
    for uses in ([use], [use], [other, use], [other]):
        async with store.transaction() as tx:
            results.append(await tx.claim(uses))
    assert results == [True, False, False, False]
