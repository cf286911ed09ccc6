"""What every signed JWT of these protocols has in common (RFC 7519, RFC 8725).

Explicit typing (RFC 8725, 3.11), our own list of algorithms, a public key only, and a time
window. Who signed, and whether that key is trusted, is the caller's question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mrc.formats import json_text
from mrc.formats.jose import jwk, jws
from mrc.formats.jose.jwt import CLOCK_SKEW
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.kernel.ports import SignatureVerifier, Signer
from mrc.protocols.oauth.members import as_object, required_text
from mrc.protocols.oauth.reasons import Reason

MAX_JWT_CHARACTERS = 65_536  # a key attestation with 100 keys and three certificates is 25,000
ES256_ONLY = (Algorithm.ES256,)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedJwt:
    """A decoded JWT of the right type whose signature nobody has checked."""

    jws: jws.CompactJws
    header: Mapping[str, object]
    claims: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedJwt:
    """A JWT whose signature holds under `key`; made only by `check_signed`."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    key: PublicKey


def decode_jwt(token: str, *, expected_typ: str, what: str) -> UnverifiedJwt:
    """Raises `Malformed`, or `Rejected` where `typ` is another (RFC 8725, 3.11)."""
    compact = jws.decode_compact(token, limit=MAX_JWT_CHARACTERS)
    jws.check_type(compact.header, expected=expected_typ)
    claims = json_text.decode_object(compact.payload, what)
    return UnverifiedJwt(jws=compact, header=compact.header, claims=claims)


def check_signed(
    token: UnverifiedJwt,
    *,
    key: PublicKey,
    expected_algorithms: Sequence[Algorithm],
    verifier: SignatureVerifier,
) -> SignedJwt:
    """Raise `Rejected` unless the signature holds under `key` and an expected algorithm."""
    jws.check_signature(
        token.jws, key=key, expected_algorithms=expected_algorithms, verifier=verifier
    )
    return SignedJwt(header=token.header, claims=token.claims, key=key)


def header_key(header: Mapping[str, object], what: str) -> PublicKey:
    """The public key in the `jwk` header. Raises `Rejected` for a private or absent one."""
    if header.get("jwk") is None:
        raise Rejected(Reason.KEY_MISSING, "RFC 7515 4.1.3", f"{what}: no jwk header")
    return public_jwk(header["jwk"], what)


def public_jwk(value: object, what: str) -> PublicKey:
    """A JWK without private members. Raises `Rejected` for a private one, `Malformed` else."""
    members = as_object(value, f"{what}: jwk")
    if {"d", "k", "p", "q", "dp", "dq", "qi", "oth"} & members.keys():
        raise Rejected(Reason.PRIVATE_KEY_IN_HEADER, "RFC 9449 4.3", what)
    return jwk.decode_jwk(members)


def confirmation_key(claims: Mapping[str, object], what: str) -> PublicKey:
    """The key of `cnf.jwk` (RFC 7800, 3.2)."""
    confirmation = as_object(claims.get("cnf"), f"{what}: cnf")
    if "jwk" not in confirmation:
        raise Malformed(what, "cnf has no jwk")
    return public_jwk(confirmation["jwk"], what)


def check_audience(claims: Mapping[str, object], *, expected_audience: str, what: str) -> None:
    """Raise `Rejected` unless `aud` is `expected_audience`, alone or as the only element."""
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if audience != expected_audience:
        raise Rejected(Reason.AUDIENCE_MISMATCH, "RFC 7519 4.1.3", what)


def check_issued(issued_at: datetime, *, at: datetime, window: timedelta, what: str) -> None:
    """Raise `Rejected` unless `issued_at` is at most `window` old and not in the future."""
    if not at - window <= issued_at <= at + CLOCK_SKEW:
        raise Rejected(Reason.ISSUED_OUTSIDE_WINDOW, "RFC 7519 4.1.6", what)


async def sign_jwt(
    header: Mapping[str, object], claims: Mapping[str, object], signer: Signer
) -> str:
    """`header` with the signer's `alg`, and `claims`, as a compact JWS."""
    return await jws.sign(header, json_text.encode(dict(claims)), signer)


def required_jti(claims: Mapping[str, object], what: str) -> str:
    """`jti`, at most 256 characters: it is kept until the proof has run out."""
    jti = required_text(claims, "jti", what)
    if len(jti) > 256:
        raise Malformed(what, "jti is longer than 256 characters")
    return jti
