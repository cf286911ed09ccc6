"""Attestation-Based Client Authentication: the wallet's attestation and its proof of possession.

draft-ietf-oauth-attestation-based-client-auth, the shapes of -07 (what OpenID4VCI 1.0 pins: `iss`
in both JWTs) and of -10 (no `iss`; DPoP combined mode). Both are accepted: an `iss` is checked
where it stands. Wallet attestation claims are OpenID4VCI 1.0, Appendix E. The concatenated
form of early drafts is left out.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats import base64url
from mrc.formats.jose import jwk
from mrc.formats.jose.jwt import CLOCK_SKEW, check_times, encode_time, find_time, get_time
from mrc.formats.jose.x5c import encode_x5c
from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import Algorithm, EcPublicKey, PublicKey
from mrc.kernel.ports import Entropy, SignatureVerifier, Signer
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.oauth.dpop import CheckedDpop, thumbprint_of
from mrc.protocols.oauth.jwt import (
    ES256_ONLY,
    check_audience,
    check_issued,
    check_signed,
    confirmation_key,
    decode_jwt,
    required_jti,
    sign_jwt,
)
from mrc.protocols.oauth.members import (
    optional_text,
    present,
    required_text,
)
from mrc.protocols.oauth.nonces import KnownNonce, NonceMint
from mrc.protocols.oauth.reasons import Reason

ATTESTATION_TYP = "oauth-client-attestation+jwt"
POP_TYP = "oauth-client-attestation-pop+jwt"
ATTESTATION_HEADER = "OAuth-Client-Attestation"
POP_HEADER = "OAuth-Client-Attestation-PoP"
CHALLENGE_HEADER = "OAuth-Client-Attestation-Challenge"
AUTH_METHOD_POP = "attest_jwt_client_auth"
AUTH_METHOD_DPOP = "attest_jwt_client_auth_dpop"
POP_WINDOW = timedelta(minutes=5)  # how old a proof of possession may be
_ATTESTATION = "client attestation"
_POP = "client attestation PoP"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAttestation:
    """What an attester says of one wallet instance; to be signed by the attester."""

    client_id: str
    instance_key: EcPublicKey
    issued_at: datetime
    expires_at: datetime
    issuer: str | None = None
    wallet_name: str | None = None
    wallet_link: str | None = None
    status: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAttestation:
    """An attestation signed by a trusted attester; made only by `check_attestation`."""

    client_id: str
    instance_key: PublicKey
    issuer: str | None
    expires_at: datetime
    claims: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticClient:
    """A client whose attestation and proof of possession hold.

    `replay_digest` is None in DPoP combined mode: the DPoP proof is claimed instead.
    """

    client_id: str
    instance_jkt: str
    replay_digest: bytes | None
    expires_at: datetime
    challenge: KnownNonce | None


async def make_attestation(
    attestation: ClientAttestation, *, signer: Signer, chain: Sequence[Certificate], kid: str | None
) -> str:
    """A signed client attestation (-10 section 4; with `issuer` the shape of -07).

    `chain` leaf first without the anchor; with an empty chain the key is named by `kid`.
    """
    claims = present(
        iss=attestation.issuer,
        sub=attestation.client_id,
        iat=encode_time(attestation.issued_at),
        exp=encode_time(attestation.expires_at),
        cnf={"jwk": jwk.encode_jwk(attestation.instance_key)},
        wallet_name=attestation.wallet_name,
        wallet_link=attestation.wallet_link,
        status=attestation.status,
    )
    header = {
        "typ": ATTESTATION_TYP,
        **present(kid=kid, x5c=tuple(encode_x5c([c.der for c in chain]))),
    }
    return await sign_jwt(header, claims, signer)


async def make_pop(
    *,
    client_id: str,
    audience: str,
    challenge: str | None,
    signer: Signer,
    now: datetime,
    entropy: Entropy,
) -> str:
    """A proof of possession for `audience`, the authorization server's issuer identifier.

    -10 section 5.1; `iss` and `nbf`/`exp` are what -07 servers look for and -10 ones ignore.
    """
    claims = present(
        iss=client_id,
        aud=audience,
        jti=base64url.encode(entropy.token(16)),
        iat=encode_time(now),
        challenge=challenge,
    )
    return await sign_jwt({"typ": POP_TYP}, claims, signer)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationPolicy:
    """What a server demands of client attestations."""

    attesters: TrustedAttesters
    x5c_required: bool
    challenges: NonceMint | None
    max_age: timedelta = timedelta(days=90)
    algorithms: tuple[Algorithm, ...] = ES256_ONLY


def check_attestation(
    attestation: str,
    *,
    policy: AttestationPolicy,
    expected_client_id: str | None,
    at: datetime,
    verifier: SignatureVerifier,
) -> CheckedAttestation:
    """Raise `Malformed` or `Rejected` unless a trusted attester signed `attestation`.

    -10 section 7.1, numbered as there: 1 one header field (the caller's), 2 members, 3 algorithm,
    4 signature under a trusted attester's key, 5 no private key, 6 fresh, 7 client_id. The holder
    of the attestation has proven nothing yet: that is `check_pop` or `check_combined`.
    """
    token = decode_jwt(attestation, expected_typ=ATTESTATION_TYP, what=_ATTESTATION)
    claims = token.claims
    client_id = required_text(claims, "sub", _ATTESTATION)  # 2
    expires_at = get_time(claims, "exp")
    issued_at = find_time(claims, "iat")
    instance_key = confirmation_key(claims, _ATTESTATION)  # 2, 5
    key = policy.attesters.find_key(
        token.header, claims, at=at, x5c_required=policy.x5c_required, verifier=verifier
    )
    check_signed(token, key=key, expected_algorithms=policy.algorithms, verifier=verifier)  # 3, 4
    check_times(claims, at=at)  # 6
    if issued_at is not None and issued_at < at - policy.max_age:
        raise Rejected(Reason.ATTESTATION_TOO_OLD, "attestation-based-client-auth-10 7.1")
    if expected_client_id not in (None, client_id):  # 7
        raise Rejected(Reason.CLIENT_MISMATCH, "attestation-based-client-auth-10 7.1")
    return CheckedAttestation(
        client_id=client_id,
        instance_key=instance_key,
        issuer=optional_text(claims, "iss", _ATTESTATION),
        expires_at=expires_at,
        claims=claims,
    )


def check_pop(
    pop: str,
    *,
    attestation: CheckedAttestation,
    expected_audience: str,
    policy: AttestationPolicy,
    at: datetime,
    verifier: SignatureVerifier,
) -> AuthenticClient:
    """Raise `Malformed` or `Rejected` unless `pop` is the instance's own, for this server.

    -10 section 7.2: 2 members, 3 algorithm, 4 signature under `cnf`, 5 and 8 challenge (demanded
    where the policy mints them), 6 time, 7 audience. -07: `iss`, where present, is the client.
    Not checked: that the proof is used once (9); the caller claims `replay_digest`.
    """
    token = decode_jwt(pop, expected_typ=POP_TYP, what=_POP)
    claims = token.claims
    jti = required_jti(claims, _POP)  # 2
    check_signed(  # 3, 4
        token,
        key=attestation.instance_key,
        expected_algorithms=policy.algorithms,
        verifier=verifier,
    )
    if optional_text(claims, "iss", _POP) not in (None, attestation.client_id):
        raise Rejected(Reason.CLIENT_MISMATCH, "attestation-based-client-auth-07 5.2")
    challenge = _check_challenge(optional_text(claims, "challenge", _POP), policy, at)  # 5, 8
    issued_at = get_time(claims, "iat")
    check_issued(issued_at, at=at, window=POP_WINDOW, what=_POP)  # 6
    check_times(claims, at=at)
    check_audience(claims, expected_audience=expected_audience, what=_POP)  # 7
    jkt = thumbprint_of(attestation.instance_key)
    return AuthenticClient(
        client_id=attestation.client_id,
        instance_jkt=jkt,
        replay_digest=hashlib.sha256(f"pop {jkt} {jti}".encode()).digest(),
        expires_at=issued_at + POP_WINDOW + CLOCK_SKEW,
        challenge=challenge,
    )


def check_combined(attestation: CheckedAttestation, dpop: CheckedDpop) -> AuthenticClient:
    """Raise `Rejected` unless the DPoP proof's key is the attested one (-10 section 7.3)."""
    jkt = thumbprint_of(attestation.instance_key)
    if not hmac.compare_digest(jkt, dpop.jkt):
        raise Rejected(Reason.DPOP_KEY_MISMATCH, "attestation-based-client-auth-10 7.3")
    return AuthenticClient(
        client_id=attestation.client_id,
        instance_jkt=jkt,
        replay_digest=None,
        expires_at=dpop.expires_at,
        challenge=dpop.nonce,
    )


def _check_challenge(
    challenge: str | None, policy: AttestationPolicy, at: datetime
) -> KnownNonce | None:
    if policy.challenges is None:
        return None
    if challenge is None:
        raise Rejected(Reason.NONCE_MISSING, "attestation-based-client-auth-10 7.2")
    return policy.challenges.check(challenge, at=at)
