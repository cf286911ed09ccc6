"""Key proofs of types `jwt` and `attestation`, OpenID4VCI 1.0 Appendix F."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats.jose.jwk import encode_jwk
from mrc.formats.jose.jwt import check_times, encode_time, get_time
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import EcPublicKey, PublicKey
from mrc.kernel.ports import SignatureVerifier, Signer
from mrc.protocols.oauth.attesters import find_chain
from mrc.protocols.oauth.jwt import (
    ES256_ONLY,
    UnverifiedJwt,
    check_audience,
    check_issued,
    check_signed,
    decode_jwt,
    header_key,
    sign_jwt,
)
from mrc.protocols.oauth.members import optional_text, present
from mrc.protocols.oauth.nonces import KnownNonce, NonceMint
from mrc.protocols.openid4vci.credential import AttestationProof, JwtProofs, Proofs
from mrc.protocols.openid4vci.key_attestation import (
    CheckedKeyAttestation,
    KeyAttestationPolicy,
    check_key_attestation,
)
from mrc.protocols.openid4vci.reasons import Reason

TYP = "openid4vci-proof+jwt"
WINDOW = timedelta(minutes=10)  # how old a proof may be; freshness itself is the nonce's
_WHAT = "key proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenKeys:
    """The keys to bind copies to, each once; made only by `check_proofs`.

    `attestation` is None where the keys were proven by possession alone.
    """

    keys: tuple[EcPublicKey, ...]
    nonce: KnownNonce
    attestation: CheckedKeyAttestation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPolicy:
    """What an issuer demands of proofs. `key_attestation` None: attestations are not looked at."""

    credential_issuer: str
    nonces: NonceMint
    max_keys: int
    key_attestation: KeyAttestationPolicy | None
    key_attestation_required: bool
    accept_attestation_proof: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofContext:
    """Of one request: `client_id` is None after anonymous pre-authorized access (F.1)."""

    client_id: str | None
    at: datetime
    verifier: SignatureVerifier = field(repr=False)


async def make_jwt_proof(
    *,
    credential_issuer: str,
    c_nonce: str | None,
    client_id: str | None,
    key_attestation: str | None,
    signer: Signer,
    now: datetime,
) -> str:
    """A proof of possession of the signer's key (F.1). `client_id` None for anonymous access."""
    header = {
        "typ": TYP,
        "jwk": encode_jwk(signer.public_key),
        **present(key_attestation=key_attestation),
    }
    claims = present(iss=client_id, aud=credential_issuer, iat=encode_time(now), nonce=c_nonce)
    return await sign_jwt(header, claims, signer)


def check_proofs(proofs: Proofs, *, policy: ProofPolicy, context: ProofContext) -> ProvenKeys:
    """Raise `Malformed` or `Rejected` unless every proof holds (F.4, 8.2).

    All proofs of one request carry the same c_nonce. Not checked here: that the nonce is used
    once; the caller claims it.
    """
    match proofs:
        case JwtProofs():
            keys, nonce, attestation = _check_jwts(proofs.jwts, policy, context)
        case AttestationProof():
            attestation = _check_attestation(proofs.jwt, policy, context)
            keys, nonce = attestation.attested_keys, attestation.nonce
    if len(keys) > policy.max_keys:
        raise Rejected(Reason.TOO_MANY_KEYS, "OpenID4VCI 12.2.4", f"at most {policy.max_keys}")
    if nonce is None:
        raise Rejected(Reason.NONCE_MISSING, "OpenID4VCI F.4")
    known = policy.nonces.check(nonce, at=context.at)
    return ProvenKeys(keys=keys, nonce=known, attestation=attestation)


def _check_attestation(
    token: str, policy: ProofPolicy, context: ProofContext
) -> CheckedKeyAttestation:
    if policy.key_attestation is None or not policy.accept_attestation_proof:
        raise Rejected(Reason.PROOF_KEY_TYPE, "OpenID4VCI F", "proof type attestation is off")
    return check_key_attestation(
        token,
        policy=policy.key_attestation,
        expiry_required=False,
        at=context.at,
        verifier=context.verifier,
    )


def _check_jwts(
    jwts: Sequence[str], policy: ProofPolicy, context: ProofContext
) -> tuple[tuple[EcPublicKey, ...], str | None, CheckedKeyAttestation | None]:
    if len(jwts) > policy.max_keys:
        raise Rejected(Reason.TOO_MANY_KEYS, "OpenID4VCI 12.2.4", f"at most {policy.max_keys}")
    keys: list[EcPublicKey] = []
    nonces: set[str | None] = set()
    attestations: list[CheckedKeyAttestation] = []
    for jwt in jwts:
        key, nonce, attestation = _check_jwt(jwt, policy, context)
        keys.append(key)
        nonces.add(nonce)
        if attestation is not None:
            attestations.append(attestation)
            nonces.add(attestation.nonce)
    if len(set(keys)) != len(keys):
        raise Rejected(Reason.KEY_TWICE, "OpenID4VCI 8.3")
    if None in nonces:
        raise Rejected(Reason.NONCE_MISSING, "OpenID4VCI F.4")
    if len(nonces) != 1:
        raise Rejected(Reason.NONCE_DIFFERS, "OpenID4VCI F.4")
    if not attestations:
        return tuple(keys), nonces.pop(), None
    attested = dict.fromkeys(key for one in attestations for key in one.attested_keys)
    return tuple(attested), nonces.pop(), attestations[0]


def _check_jwt(
    jwt: str, policy: ProofPolicy, context: ProofContext
) -> tuple[EcPublicKey, str | None, CheckedKeyAttestation | None]:
    """F.4 for one JWT: type, one key in the header, signature, audience, client, time."""
    token = decode_jwt(jwt, expected_typ=TYP, what=_WHAT)
    attestation = _find_attestation(token, policy, context)
    key = _proof_key(token, attestation)
    if not isinstance(key, EcPublicKey):
        raise Rejected(Reason.PROOF_KEY_TYPE, "OpenID4VCI F.1", "expected an EC key")
    check_signed(token, key=key, expected_algorithms=ES256_ONLY, verifier=context.verifier)
    if attestation is not None and key not in attestation.attested_keys:
        raise Rejected(Reason.KEY_NOT_ATTESTED, "OpenID4VCI D.1")
    claims = token.claims
    check_audience(claims, expected_audience=policy.credential_issuer, what=_WHAT)
    if optional_text(claims, "iss", _WHAT) not in (None, context.client_id):
        raise Rejected(Reason.PROOF_CLIENT_MISMATCH, "OpenID4VCI F.1")
    check_issued(get_time(claims, "iat"), at=context.at, window=WINDOW, what=_WHAT)
    check_times(claims, at=context.at)
    return key, optional_text(claims, "nonce", _WHAT), attestation


def _find_attestation(
    token: UnverifiedJwt, policy: ProofPolicy, context: ProofContext
) -> CheckedKeyAttestation | None:
    value = token.header.get("key_attestation")
    if value is None or policy.key_attestation is None:
        if policy.key_attestation_required:
            raise Rejected(Reason.KEY_ATTESTATION_REQUIRED, "OpenID4VCI 12.2.4")
        return None
    if not isinstance(value, str):
        raise Malformed(_WHAT, "key_attestation is not a string")
    return check_key_attestation(
        value,
        policy=policy.key_attestation,
        expiry_required=True,
        at=context.at,
        verifier=context.verifier,
    )


def _proof_key(token: UnverifiedJwt, attestation: CheckedKeyAttestation | None) -> PublicKey | None:
    """The key the header names: exactly one of `jwk`, `x5c` and `kid` (F.1).

    None where the certificate has a key of a kind that nobody here knows.

    A `kid` is understood only beside a key attestation, as the position of the key in it (the
    example of F.1); DIDs are not resolved.
    """
    header = token.header
    if sum(name in header for name in ("jwk", "x5c", "kid")) != 1:
        raise Rejected(Reason.PROOF_KEY_AMBIGUOUS, "OpenID4VCI F.1")
    if "jwk" in header:
        return header_key(header, _WHAT)
    chain = find_chain(header)
    if chain is not None:
        return chain[0].public_key
    kid = header["kid"]
    if attestation is None or not isinstance(kid, str) or not kid.isdecimal():
        raise Rejected(Reason.PROOF_KEY_AMBIGUOUS, "OpenID4VCI F.1", "kid is not understood")
    position = int(kid[:4])
    if position >= len(attestation.attested_keys):
        raise Rejected(Reason.KEY_NOT_ATTESTED, "OpenID4VCI F.1")
    return attestation.attested_keys[position]
