"""The examples of OpenID4VCI 1.0 and of attestation-based client authentication -07."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrc.formats.jose import jws
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.formats.jose.x5c import find_x5c
from mrc.formats.x509.certificate import decode_certificate
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Rejected
from mrc.protocols.oauth import client_attestation as abca
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.oauth.jwt import check_signed, confirmation_key, decode_jwt, header_key
from mrc.protocols.openid4vci import metadata, proofs

VECTORS = Path(__file__).parents[1] / "vectors" / "openid4vci"


def load(name: str) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((VECTORS / name).read_text())
    return loaded


def test_appendix_f1_key_proof_verifies() -> None:
    vector = load("proof-jwt.json")
    token = decode_jwt(str(vector["jwt"]), expected_typ=proofs.TYP, what="proof")
    assert token.claims == vector["payload"]
    assert token.header == vector["header"]
    key = header_key(token.header, "proof")
    check_signed(token, key=key, expected_algorithms=proofs.ES256_ONLY, verifier=OpensslVerifier())


def test_appendix_i1_signed_metadata_verifies_and_decodes() -> None:
    text = str(load("signed-issuer-metadata.json")["jwt"])
    chain = find_x5c(jws.decode_compact(text).header)
    assert chain
    key = decode_certificate(chain[0]).public_key
    assert key
    read = metadata.check_signed_metadata(
        text,
        expected_issuer="https://credential-issuer.example.com",
        signer_key=key,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        verifier=OpensslVerifier(),
    )
    assert read.configurations["SD_JWT_VC_example_in_OpenID4VCI"].format == "dc+sd-jwt"
    assert read.authorization_server == "https://server.example.com"


def attestation_policy(*, x5c_required: bool) -> abca.AttestationPolicy:
    chain = find_x5c(jws.decode_compact(str(load("wallet-attestation.json")["jwt"])).header)
    assert chain
    trusted = TrustedAttesters(anchors=(decode_certificate(chain[0]),))
    return abca.AttestationPolicy(attesters=trusted, x5c_required=x5c_required, challenges=None)


def test_appendix_i2_wallet_attestation_verifies_outside_haip_only() -> None:
    vector = load("wallet-attestation.json")
    at = datetime.fromtimestamp(1755023547, UTC) + timedelta(hours=1)
    checked = abca.check_attestation(
        str(vector["jwt"]),
        policy=attestation_policy(x5c_required=False),
        expected_client_id=None,
        at=at,
        verifier=OpensslVerifier(),
    )
    assert checked.client_id == "https://wallet.example.com"
    assert checked.issuer == "https://wallet-provider.example.com"
    with pytest.raises(Rejected):  # self-signed: HAIP 4.4.1
        abca.check_attestation(
            str(vector["jwt"]),
            policy=attestation_policy(x5c_required=True),
            expected_client_id=None,
            at=at,
            verifier=OpensslVerifier(),
        )


def test_draft_07_example_decodes_and_its_pop_does_not_verify() -> None:
    vector = load("client-attestation-draft-07.json")
    attestation = decode_jwt(
        str(vector["client_attestation"]), expected_typ=abca.ATTESTATION_TYP, what="attestation"
    )
    assert attestation.claims == vector["client_attestation_payload"]
    checked = abca.CheckedAttestation(
        client_id="https://client.example.com",
        instance_key=confirmation_key(attestation.claims, "attestation"),
        issuer=None,
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        claims={},
    )
    with pytest.raises(Rejected) as refused:
        abca.check_pop(
            str(vector["pop"]),
            attestation=checked,
            expected_audience="https://as.example.com",
            policy=attestation_policy(x5c_required=False),
            at=datetime.fromtimestamp(1300815780, UTC),
            verifier=OpensslVerifier(),
        )
    assert refused.value.reason is JoseReason.SIGNATURE_INVALID
