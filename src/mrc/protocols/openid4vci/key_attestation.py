"""Key attestations in JWT format, OpenID4VCI 1.0 Appendix D.1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats.jose import jws
from mrc.formats.jose.jwk import encode_jwk
from mrc.formats.jose.jwt import check_times, encode_time, find_time, get_time
from mrc.formats.jose.x5c import encode_x5c
from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import SignatureVerifier, Signer
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.oauth.jwt import (
    ES256_ONLY,
    check_issued,
    check_signed,
    decode_jwt,
    public_jwk,
    sign_jwt,
)
from mrc.protocols.oauth.members import optional_objects, optional_text, optional_texts, present
from mrc.protocols.openid4vci.configuration import KeyAttestationsRequired
from mrc.protocols.openid4vci.reasons import Reason

TYP = "key-attestation+jwt"
DRAFT_TYP = "keyattestation+jwt"  # until draft 16; openid4vci 0.4.6 for npm still writes it
MAX_ATTESTED_KEYS = 100  # a batch of ours has at most some tens of keys
_WHAT = "key attestation"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAttestation:
    """What a key storage or wallet provider says of some keys; to be signed by it."""

    attested_keys: tuple[EcPublicKey, ...]
    issued_at: datetime
    expires_at: datetime | None
    nonce: str | None
    issuer: str | None = None
    key_storage: tuple[str, ...] = ()
    user_authentication: tuple[str, ...] = ()
    certification: str | None = None
    status: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedKeyAttestation:
    """An attestation signed by a trusted attester; made only by `check_key_attestation`."""

    attested_keys: tuple[EcPublicKey, ...]
    key_storage: tuple[str, ...]
    user_authentication: tuple[str, ...]
    nonce: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAttestationPolicy:
    """What an issuer demands of key attestations.

    `accept_draft_typ` admits wallets that still write the type of the drafts.
    """

    attesters: TrustedAttesters
    x5c_required: bool
    required: KeyAttestationsRequired
    max_age: timedelta = timedelta(days=1)
    accept_draft_typ: bool = False


async def make_key_attestation(
    attestation: KeyAttestation, *, signer: Signer, chain: Sequence[Certificate], kid: str | None
) -> str:
    """A signed key attestation; `chain` leaf first without the anchor."""
    claims = present(
        iss=attestation.issuer,
        iat=encode_time(attestation.issued_at),
        exp=None if attestation.expires_at is None else encode_time(attestation.expires_at),
        nonce=attestation.nonce,
        attested_keys=tuple(encode_jwk(key) for key in attestation.attested_keys),
        key_storage=attestation.key_storage,
        user_authentication=attestation.user_authentication,
        certification=attestation.certification,
        status=attestation.status,
    )
    x5c = tuple(encode_x5c([link.der for link in chain]))
    return await sign_jwt({"typ": TYP, **present(kid=kid, x5c=x5c)}, claims, signer)


def check_key_attestation(
    token: str,
    *,
    policy: KeyAttestationPolicy,
    expiry_required: bool,
    at: datetime,
    verifier: SignatureVerifier,
) -> CheckedKeyAttestation:
    """Raise `Malformed` or `Rejected` unless a trusted attester signed `token` (D.1).

    1 type; 2 signature under a trusted key; 3 `iat`, `exp` (demanded with the jwt proof type);
    4 keys, each once; 5 storage and authentication as the issuer's metadata demands. Not checked
    here: the nonce, which the proof's check compares.
    """
    typ = DRAFT_TYP if policy.accept_draft_typ and _is_draft(token) else TYP
    unverified = decode_jwt(token, expected_typ=typ, what=_WHAT)  # 1
    claims = unverified.claims
    key = policy.attesters.find_key(  # 2
        unverified.header, claims, at=at, x5c_required=policy.x5c_required, verifier=verifier
    )
    check_signed(unverified, key=key, expected_algorithms=ES256_ONLY, verifier=verifier)
    check_times(claims, at=at)  # 3
    check_issued(get_time(claims, "iat"), at=at, window=policy.max_age, what=_WHAT)
    if expiry_required and find_time(claims, "exp") is None:
        raise Rejected(Reason.KEY_ATTESTATION_WITHOUT_EXPIRY, "OpenID4VCI D.1")
    checked = CheckedKeyAttestation(
        attested_keys=_attested_keys(claims),  # 4
        key_storage=optional_texts(claims, "key_storage", _WHAT),
        user_authentication=optional_texts(claims, "user_authentication", _WHAT),
        nonce=optional_text(claims, "nonce", _WHAT),
    )
    _check_required(checked, policy.required)  # 5
    return checked


def _is_draft(token: str) -> bool:
    return jws.decode_compact(token).header.get("typ") == DRAFT_TYP


def _attested_keys(claims: Mapping[str, object]) -> tuple[EcPublicKey, ...]:
    members = optional_objects(claims, "attested_keys", _WHAT)
    if not 1 <= len(members) <= MAX_ATTESTED_KEYS:
        raise Malformed(_WHAT, f"expected 1 to {MAX_ATTESTED_KEYS} attested_keys")
    keys = tuple(public_jwk(member, _WHAT) for member in members)
    usable = tuple(key for key in keys if isinstance(key, EcPublicKey))
    if len(usable) != len(keys):
        raise Rejected(Reason.PROOF_KEY_TYPE, "OpenID4VCI D.1")
    if len(set(usable)) != len(usable):
        raise Rejected(Reason.KEY_TWICE, "OpenID4VCI D.1")
    return usable


def _check_required(checked: CheckedKeyAttestation, required: KeyAttestationsRequired) -> None:
    if required.key_storage and not set(required.key_storage) & set(checked.key_storage):
        raise Rejected(Reason.KEY_STORAGE_TOO_WEAK, "OpenID4VCI 12.2.4")
    wanted = required.user_authentication
    if wanted and not set(wanted) & set(checked.user_authentication):
        raise Rejected(Reason.USER_AUTHENTICATION_TOO_WEAK, "OpenID4VCI 12.2.4")
