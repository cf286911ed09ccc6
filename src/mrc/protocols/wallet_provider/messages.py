"""The three requests of a wallet instance, made by the wallet and checked by the provider.

`Registration` brings the instance's key and evidence about the phone; `AttestationOrder` asks for
a client attestation; `KeyOrder` asks for a key attestation and proves possession of every key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from mrc.formats.jose.jwk import encode_jwk
from mrc.formats.jose.jwt import encode_time, get_time
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import SignatureVerifier, Signer
from mrc.protocols.oauth.jwt import (
    ES256_ONLY,
    SignedJwt,
    check_audience,
    check_issued,
    check_signed,
    decode_jwt,
    header_key,
    sign_jwt,
)
from mrc.protocols.oauth.members import (
    optional_object,
    optional_text,
    optional_texts,
    present,
    required_text,
)
from mrc.protocols.wallet_provider.reasons import Reason

REGISTRATION_TYP = "wallet-instance-registration+jwt"
ORDER_TYP = "wallet-attestation-order+jwt"
KEY_ORDER_TYP = "key-attestation-order+jwt"
POSSESSION_TYP = "key-possession+jwt"
WINDOW = timedelta(minutes=5)
MAX_KEYS = 64


class Level(StrEnum):
    """What is known about where an instance's keys live."""

    HARDWARE = "hardware"
    PASSKEY = "passkey"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a phone says to prove its level: a kind (``android``, ``apple``, ``webauthn``) and
    members in that kind's own form. Software instances have none."""

    kind: str
    members: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    instance_key: EcPublicKey
    level: Level
    evidence: Evidence | None
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationOrder:
    instance_key: EcPublicKey
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOrder:
    """`keys` were each proven to be in the instance's hands for this very challenge."""

    instance_key: EcPublicKey
    challenge: str
    keys: tuple[EcPublicKey, ...]
    c_nonce: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderContext:
    """Whom a request is for, what it answers, and when it is made."""

    audience: str
    challenge: str
    now: datetime


async def make_registration(
    context: OrderContext, *, level: Level, evidence: Evidence | None, instance: Signer
) -> str:
    stated = None if evidence is None else {"kind": evidence.kind, **evidence.members}
    return await _make(REGISTRATION_TYP, context, instance, level=level.value, evidence=stated)


async def make_order(context: OrderContext, *, instance: Signer) -> str:
    return await _make(ORDER_TYP, context, instance)


async def make_key_order(
    context: OrderContext, *, keys: Sequence[Signer], c_nonce: str | None, instance: Signer
) -> str:
    proofs = [await _make(POSSESSION_TYP, context, key) for key in keys]
    return await _make(KEY_ORDER_TYP, context, instance, c_nonce=c_nonce, key_proofs=tuple(proofs))


async def _make(typ: str, context: OrderContext, signer: Signer, **members: object) -> str:
    claims = present(
        aud=context.audience,
        iat=encode_time(context.now),
        challenge=context.challenge,
        **members,
    )
    return await sign_jwt({"typ": typ, "jwk": encode_jwk(signer.public_key)}, claims, signer)


def check_registration(
    token: str, *, expected_audience: str, at: datetime, verifier: SignatureVerifier
) -> Registration:
    """Raise `Malformed` or `Rejected` unless the key in the header signed this for us, now.

    The challenge and the evidence are the caller's to judge.
    """
    signed, key = _check(token, REGISTRATION_TYP, expected_audience, at, verifier)
    stated = required_text(signed.claims, "level", "registration")
    if stated not in set(Level):
        raise Malformed("registration", "an unknown level")
    evidence = optional_object(signed.claims, "evidence", "registration")
    return Registration(
        instance_key=key,
        level=Level(stated),
        evidence=None if evidence is None else _evidence(evidence),
        challenge=required_text(signed.claims, "challenge", "registration"),
    )


def check_order(
    token: str, *, expected_audience: str, at: datetime, verifier: SignatureVerifier
) -> AttestationOrder:
    signed, key = _check(token, ORDER_TYP, expected_audience, at, verifier)
    return AttestationOrder(
        instance_key=key, challenge=required_text(signed.claims, "challenge", "order")
    )


def check_key_order(
    token: str, *, expected_audience: str, at: datetime, verifier: SignatureVerifier
) -> KeyOrder:
    """As `check_order`; every key's own proof must answer the same challenge."""
    signed, key = _check(token, KEY_ORDER_TYP, expected_audience, at, verifier)
    challenge = required_text(signed.claims, "challenge", "key order")
    proofs = optional_texts(signed.claims, "key_proofs", "key order")
    if not 1 <= len(proofs) <= MAX_KEYS:
        raise Rejected(Reason.TOO_MANY_KEYS, "wallet provider", f"1 to {MAX_KEYS} keys")
    keys = []
    for proof in proofs:
        proven, proven_key = _check(proof, POSSESSION_TYP, expected_audience, at, verifier)
        if required_text(proven.claims, "challenge", "key proof") != challenge:
            raise Rejected(Reason.EVIDENCE_REFUSED, "wallet provider", "another challenge")
        keys.append(proven_key)
    if len(set(keys)) != len(keys):
        raise Rejected(Reason.KEY_TWICE, "wallet provider")
    return KeyOrder(
        instance_key=key,
        challenge=challenge,
        keys=tuple(keys),
        c_nonce=optional_text(signed.claims, "c_nonce", "key order"),
    )


def _check(
    token: str, typ: str, audience: str, at: datetime, verifier: SignatureVerifier
) -> tuple[SignedJwt, EcPublicKey]:
    decoded = decode_jwt(token, expected_typ=typ, what=typ)
    key = header_key(decoded.header, typ)
    if not isinstance(key, EcPublicKey):
        raise Malformed(typ, "expected an elliptic curve key")
    signed = check_signed(decoded, key=key, expected_algorithms=ES256_ONLY, verifier=verifier)
    check_audience(signed.claims, expected_audience=audience, what=typ)
    check_issued(get_time(signed.claims, "iat"), at=at, window=WINDOW, what=typ)
    return signed, key


def _evidence(members: Mapping[str, object]) -> Evidence:
    kind = required_text(members, "kind", "evidence")
    rest = {name: value for name, value in members.items() if name != "kind"}
    return Evidence(kind=kind, members=rest)
