"""Key proofs and key attestations (OpenID4VCI 1.0, Appendix D and F): one cheat each."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats import json_text
from mrc.formats.jose import jwk, jws
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.formats.x509.certificate import Certificate
from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.reasons import Reason as ChainReason
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Curve
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.protocols.oauth.reasons import Reason as OAuthReason
from mrc.protocols.openid4vci import key_attestation, proofs
from mrc.protocols.openid4vci.configuration import KeyAttestationsRequired
from mrc.protocols.openid4vci.credential import AttestationProof, JwtProofs
from mrc.protocols.openid4vci.reasons import Reason
from tests.simulators.pki import NOW, Identity, make_leaf, make_root, practice_pki

ISSUER = "https://issuer.localhost:8442"
ENTROPY = SystemEntropy()
PKI = practice_pki()
KEYS = tuple(SoftwareSigner.generate() for _ in range(3))
MINT = NonceMint(b"n" * 32, NoncePurpose.CREDENTIAL, timedelta(minutes=5))
NONCE = MINT.mint(now=NOW, entropy=ENTROPY)
HIGH = KeyAttestationsRequired(key_storage=("iso_18045_high", "iso_18045_moderate"))
ATTESTATIONS = key_attestation.KeyAttestationPolicy(
    attesters=TrustedAttesters(anchors=(PKI.wallet_provider_ca.certificate,)),
    x5c_required=True,
    required=HIGH,
)
POLICY = proofs.ProofPolicy(
    credential_issuer=ISSUER,
    nonces=MINT,
    max_keys=3,
    key_attestation=ATTESTATIONS,
    key_attestation_required=False,
    accept_attestation_proof=True,
)
CONTEXT = proofs.ProofContext(client_id=None, at=NOW, verifier=OpensslVerifier())
SAID = key_attestation.KeyAttestation(
    attested_keys=tuple(key.public_key for key in KEYS),
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    nonce=NONCE,
    key_storage=("iso_18045_moderate",),
)


async def proof(key: SoftwareSigner = KEYS[0], **changes: object) -> str:
    values: dict[str, object] = {
        "credential_issuer": ISSUER,
        "c_nonce": NONCE,
        "client_id": None,
        "key_attestation": None,
        "signer": key,
        "now": NOW,
    }
    return await proofs.make_jwt_proof(**(values | changes))  # type: ignore[arg-type]


async def attestation(
    said: key_attestation.KeyAttestation = SAID,
    by: Identity = PKI.wallet_provider,
    chain: tuple[Certificate, ...] | None = None,
) -> str:
    links = (by.certificate,) if chain is None else chain
    return await key_attestation.make_key_attestation(said, signer=by.signer, chain=links, kid=None)


def check(
    *jwts: str, policy: proofs.ProofPolicy = POLICY, context: proofs.ProofContext = CONTEXT
) -> proofs.ProvenKeys:
    return proofs.check_proofs(JwtProofs(jwts=jwts), policy=policy, context=context)


def forged(header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    base = {"typ": proofs.TYP, "jwk": jwk.encode_jwk(KEYS[0].public_key)} | dict(header)
    body = {"aud": ISSUER, "iat": int(NOW.timestamp()), "nonce": NONCE} | dict(claims)
    kept = {name: value for name, value in base.items() if value is not None}
    payload = {name: value for name, value in body.items() if value is not None}
    return jws.sign_now(kept, json_text.encode(payload), KEYS[0])


def reason_of(*jwts: str, policy: proofs.ProofPolicy = POLICY) -> object:
    with pytest.raises(Rejected) as refused:
        check(*jwts, policy=policy)
    return refused.value.reason


async def test_a_batch_of_proofs_gives_its_keys_in_order() -> None:
    proven = check(*[await proof(key) for key in KEYS])
    assert proven.keys == tuple(key.public_key for key in KEYS)
    assert proven.attestation is None


async def test_one_proof_with_an_attestation_gives_all_attested_keys() -> None:
    proven = check(await proof(key_attestation=await attestation()))
    assert proven.keys == SAID.attested_keys
    assert proven.attestation is not None


async def test_the_attestation_proof_gives_all_attested_keys() -> None:
    proven = proofs.check_proofs(
        AttestationProof(jwt=await attestation()), policy=POLICY, context=CONTEXT
    )
    assert proven.keys == SAID.attested_keys


async def test_the_attestation_proof_can_be_off() -> None:
    off = replace(POLICY, accept_attestation_proof=False)
    with pytest.raises(Rejected):
        proofs.check_proofs(AttestationProof(jwt=await attestation()), policy=off, context=CONTEXT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"credential_issuer": ISSUER + "/credential"}, OAuthReason.AUDIENCE_MISMATCH),
        ({"credential_issuer": "https://other.example"}, OAuthReason.AUDIENCE_MISMATCH),
        ({"c_nonce": None}, Reason.NONCE_MISSING),
        ({"c_nonce": "AAAA"}, OAuthReason.NONCE_NOT_OURS),
        ({"client_id": "https://wallet.example"}, Reason.PROOF_CLIENT_MISMATCH),
        ({"now": NOW - timedelta(minutes=11)}, OAuthReason.ISSUED_OUTSIDE_WINDOW),
        ({"now": NOW + timedelta(minutes=5)}, OAuthReason.ISSUED_OUTSIDE_WINDOW),
    ],
)
async def test_a_proof_for_something_else_is_refused(
    change: dict[str, object], reason: object
) -> None:
    assert reason_of(await proof(KEYS[0], **change)) is reason


async def test_an_expired_nonce_is_refused() -> None:
    later = replace(CONTEXT, at=NOW + timedelta(minutes=5))
    with pytest.raises(Rejected) as refused:
        check(await proof(), context=later)
    assert refused.value.reason is OAuthReason.NONCE_EXPIRED


async def test_two_nonces_in_one_request_are_refused() -> None:
    other = MINT.mint(now=NOW, entropy=ENTROPY)
    assert reason_of(await proof(), await proof(KEYS[1], c_nonce=other)) is Reason.NONCE_DIFFERS


async def test_one_key_twice_is_refused() -> None:
    assert reason_of(await proof(), await proof()) is Reason.KEY_TWICE


async def test_more_keys_than_the_batch_are_refused() -> None:
    small = replace(POLICY, max_keys=2)
    jwts = [await proof(key) for key in KEYS]
    assert reason_of(*jwts, policy=small) is Reason.TOO_MANY_KEYS
    assert (
        reason_of(await proof(key_attestation=await attestation()), policy=small)
        is Reason.TOO_MANY_KEYS
    )


def test_a_signature_of_another_key_is_refused() -> None:
    text = forged({"jwk": jwk.encode_jwk(KEYS[1].public_key)}, {})
    assert reason_of(text) is JoseReason.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"typ": "JWT"}, JoseReason.TYPE_NOT_EXPECTED),
        ({"jwk": None}, Reason.PROOF_KEY_AMBIGUOUS),
        ({"kid": "0"}, Reason.PROOF_KEY_AMBIGUOUS),
        ({"jwk": None, "kid": "did:example:1#0"}, Reason.PROOF_KEY_AMBIGUOUS),
        (
            {"jwk": jwk.encode_jwk(KEYS[0].public_key) | {"d": "AA"}},
            OAuthReason.PRIVATE_KEY_IN_HEADER,
        ),
    ],
)
def test_a_wrong_header_is_refused(header: dict[str, object], reason: object) -> None:
    assert reason_of(forged(header, {})) is reason


def test_a_proof_without_a_time_is_malformed() -> None:
    with pytest.raises(Malformed):
        check(forged({}, {"iat": None}))


async def test_a_key_on_another_curve_is_refused() -> None:
    text = await proof(SoftwareSigner.generate(Curve.P384))
    assert reason_of(text) is JoseReason.ALGORITHM_NOT_EXPECTED


async def test_a_proof_key_outside_the_attestation_is_refused() -> None:
    stranger = SoftwareSigner.generate()
    text = await proof(stranger, key_attestation=await attestation())
    assert reason_of(text) is Reason.KEY_NOT_ATTESTED


async def test_a_kid_names_a_position_in_the_attestation() -> None:
    token = await attestation()
    assert check(forged({"jwk": None, "kid": "0", "key_attestation": token}, {})).keys
    text = forged({"jwk": None, "kid": "3", "key_attestation": token}, {})
    assert reason_of(text) is Reason.KEY_NOT_ATTESTED
    text = forged({"jwk": None, "kid": "1", "key_attestation": token}, {})
    assert reason_of(text) is JoseReason.SIGNATURE_INVALID


async def test_a_required_attestation_may_not_be_missing() -> None:
    strict = replace(POLICY, key_attestation_required=True)
    assert reason_of(await proof(), policy=strict) is Reason.KEY_ATTESTATION_REQUIRED


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (replace(SAID, expires_at=None), Reason.KEY_ATTESTATION_WITHOUT_EXPIRY),
        (replace(SAID, expires_at=NOW - timedelta(minutes=2)), JoseReason.EXPIRED),
        (replace(SAID, issued_at=NOW - timedelta(days=2)), OAuthReason.ISSUED_OUTSIDE_WINDOW),
        (replace(SAID, key_storage=("iso_18045_basic",)), Reason.KEY_STORAGE_TOO_WEAK),
        (replace(SAID, key_storage=()), Reason.KEY_STORAGE_TOO_WEAK),
        (replace(SAID, attested_keys=SAID.attested_keys[:1] * 2), Reason.KEY_TWICE),
        (replace(SAID, nonce=None), Reason.NONCE_MISSING),
        (
            replace(SAID, nonce=MINT.mint(now=NOW, entropy=ENTROPY)),
            Reason.NONCE_DIFFERS,
        ),
    ],
)
async def test_a_weak_attestation_is_refused(
    said: key_attestation.KeyAttestation, reason: object
) -> None:
    assert reason_of(await proof(key_attestation=await attestation(said))) is reason


async def test_user_authentication_is_demanded_where_the_metadata_says_so() -> None:
    demanding = replace(HIGH, user_authentication=("iso_18045_high",))
    policy = replace(POLICY, key_attestation=replace(ATTESTATIONS, required=demanding))
    text = await proof(key_attestation=await attestation())
    assert reason_of(text, policy=policy) is Reason.USER_AUTHENTICATION_TOO_WEAK


async def test_an_unknown_attester_is_refused() -> None:
    root = make_root(Purpose.WALLET_PROVIDER_CA, "Nobody")
    stranger = make_leaf(Purpose.WALLET_PROVIDER, "Nobody", issuer=root)
    text = await proof(key_attestation=await attestation(by=stranger))
    assert reason_of(text) is ChainReason.ISSUER_UNKNOWN


async def test_an_attestation_signed_by_another_key_is_refused() -> None:
    impostor = Identity(signer=KEYS[0], certificate=PKI.wallet_provider.certificate)
    text = await proof(key_attestation=await attestation(by=impostor))
    assert reason_of(text) is JoseReason.SIGNATURE_INVALID


async def test_the_draft_type_is_accepted_only_where_the_operator_says_so() -> None:
    claims = {
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
        "nonce": NONCE,
        "attested_keys": [jwk.encode_jwk(KEYS[0].public_key)],
        "key_storage": ["iso_18045_high"],
    }
    provider = PKI.wallet_provider
    x5c = [base64.b64encode(provider.der).decode()]
    token = jws.sign_now(
        {"typ": key_attestation.DRAFT_TYP, "x5c": x5c}, json_text.encode(claims), provider.signer
    )
    text = await proof(key_attestation=token)
    assert reason_of(text) is JoseReason.TYPE_NOT_EXPECTED
    lenient = replace(ATTESTATIONS, accept_draft_typ=True)
    assert check(text, policy=replace(POLICY, key_attestation=lenient)).keys


async def test_an_attestation_proof_without_a_nonce_is_refused() -> None:
    token = await attestation(replace(SAID, nonce=None))
    with pytest.raises(Rejected) as refused:
        proofs.check_proofs(AttestationProof(jwt=token), policy=POLICY, context=CONTEXT)
    assert refused.value.reason is Reason.NONCE_MISSING


async def test_too_many_proofs_are_refused_before_any_is_read() -> None:
    assert reason_of("x", "y", "z", "w") is Reason.TOO_MANY_KEYS


def test_an_ed25519_key_is_refused_by_its_type() -> None:
    key = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(bytes(32)).decode()[:43]}
    assert reason_of(forged({"jwk": key}, {})) is Reason.PROOF_KEY_TYPE


def test_an_expired_proof_is_refused() -> None:
    assert reason_of(forged({}, {"exp": int(NOW.timestamp()) - 120})) is JoseReason.EXPIRED


def test_a_key_attestation_that_is_no_text_is_malformed() -> None:
    with pytest.raises(Malformed):
        check(forged({"key_attestation": 5}, {}))


async def test_a_certificate_may_name_the_key() -> None:
    holder = make_leaf(Purpose.WALLET_PROVIDER, "Key holder", issuer=PKI.wallet_provider_ca)
    x5c = [base64.b64encode(holder.der).decode()]
    claims = {"aud": ISSUER, "iat": int(NOW.timestamp()), "nonce": NONCE}
    header = {"typ": proofs.TYP, "x5c": x5c}
    text = jws.sign_now(header, json_text.encode(claims), holder.signer)
    assert check(text).keys == (holder.signer.public_key,)
    stolen = jws.sign_now(header, json_text.encode(claims), KEYS[0])
    assert reason_of(stolen) is JoseReason.SIGNATURE_INVALID


@pytest.mark.parametrize("count", [0, 101])
async def test_an_attestation_of_no_key_or_of_too_many_is_malformed(count: int) -> None:
    keys = [jwk.encode_jwk(KEYS[0].public_key)] * count
    with pytest.raises(Malformed):
        check(forged({"key_attestation": provider_says({"attested_keys": keys})}, {}))


async def test_an_attested_key_of_another_kind_is_refused() -> None:
    okp = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(bytes(32)).decode()[:43]}
    token = provider_says({"attested_keys": [okp]})
    assert reason_of(forged({"key_attestation": token}, {})) is Reason.PROOF_KEY_TYPE


def provider_says(claims: Mapping[str, object]) -> str:
    provider = PKI.wallet_provider
    body = {
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
        "nonce": NONCE,
        "key_storage": ["iso_18045_high"],
    }
    header = {
        "typ": key_attestation.TYP,
        "x5c": [base64.b64encode(provider.der).decode()],
    }
    return jws.sign_now(header, json_text.encode(body | dict(claims)), provider.signer)
