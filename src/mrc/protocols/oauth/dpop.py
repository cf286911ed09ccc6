"""Demonstrating Proof of Possession (DPoP), RFC 9449: making and checking proofs.

Server nonces come from `nonces.py`. That a proof was not used before is the server's store's
business: `CheckedDpop.replay_digest` names it.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from mrc.formats import base64url
from mrc.formats.jose import jwk
from mrc.formats.jose.jwt import CLOCK_SKEW, encode_time, get_time
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.kernel.ports import Entropy, SignatureVerifier, Signer
from mrc.protocols.oauth.jwt import (
    ES256_ONLY,
    check_issued,
    check_signed,
    decode_jwt,
    header_key,
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

TYP = "dpop+jwt"
HEADER = "DPoP"
NONCE_HEADER = "DPoP-Nonce"
TOKEN_TYPE = "DPoP"
WINDOW = timedelta(minutes=5)  # how old a proof may be; RFC 9449, 11.1 says minutes
_WHAT = "DPoP proof"
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDpop:
    """A DPoP proof that passed `check_proof`."""

    key: PublicKey
    jkt: str
    replay_digest: bytes
    expires_at: datetime
    nonce: KnownNonce | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DpopRequest:
    """The HTTP request that a proof is made for."""

    method: str
    url: str
    access_token: str | None = None
    nonce: str | None = None


async def make_proof(
    request: DpopRequest, *, signer: Signer, now: datetime, entropy: Entropy
) -> str:
    """The value of the `DPoP` header for `request` (RFC 9449, 4.2)."""
    token = request.access_token
    claims = present(
        jti=base64url.encode(entropy.token(16)),
        htm=request.method,
        htu=target_url(request.url),
        iat=encode_time(now),
        ath=None if token is None else token_hash(token),
        nonce=request.nonce,
    )
    header = {"typ": TYP, "jwk": jwk.encode_jwk(signer.public_key)}
    return await sign_jwt(header, claims, signer)


def check_proof(
    proof: str,
    *,
    expected_method: str,
    expected_url: str,
    expected_access_token: str | None,
    at: datetime,
    nonces: NonceMint | None,
    verifier: SignatureVerifier,
    expected_algorithms: Sequence[Algorithm] = ES256_ONLY,
) -> CheckedDpop:
    """Raise `Malformed` or `Rejected` unless `proof` fits the request (RFC 9449, 4.3).

    Steps as numbered there: 1 one header field (the caller's), 2 to 7 the JWT, 8 method, 9 URL,
    10 nonce (demanded where `nonces` is given), 11 time, 12 access token. Not checked here: that
    the proof is used once, and that its key is the one the token is bound to.
    """
    token = decode_jwt(proof, expected_typ=TYP, what=_WHAT)  # 2, 4
    claims = token.claims
    key = header_key(token.header, _WHAT)  # 7
    check_signed(token, key=key, expected_algorithms=expected_algorithms, verifier=verifier)  # 5, 6
    jti = required_jti(claims, _WHAT)  # 3
    issued_at = get_time(claims, "iat")
    if required_text(claims, "htm", _WHAT) != expected_method:  # 8
        raise Rejected(Reason.DPOP_METHOD_MISMATCH, "RFC 9449 4.3")
    if target_url(required_text(claims, "htu", _WHAT)) != target_url(expected_url):  # 9
        raise Rejected(Reason.DPOP_URL_MISMATCH, "RFC 9449 4.3")
    nonce = _check_nonce(optional_text(claims, "nonce", _WHAT), nonces, at)  # 10
    check_issued(issued_at, at=at, window=WINDOW, what=_WHAT)  # 11
    _check_token(optional_text(claims, "ath", _WHAT), expected_access_token)  # 12
    jkt = thumbprint_of(key)
    return CheckedDpop(
        key=key,
        jkt=jkt,
        replay_digest=hashlib.sha256(f"{jkt} {jti}".encode()).digest(),
        expires_at=issued_at + WINDOW + CLOCK_SKEW,
        nonce=nonce,
    )


def _check_nonce(nonce: str | None, nonces: NonceMint | None, at: datetime) -> KnownNonce | None:
    if nonces is None:
        return None
    if nonce is None:
        raise Rejected(Reason.NONCE_MISSING, "RFC 9449 8")
    return nonces.check(nonce, at=at)


def _check_token(ath: str | None, access_token: str | None) -> None:
    if access_token is None:
        return
    if ath is None or not hmac.compare_digest(ath.encode(), token_hash(access_token).encode()):
        raise Rejected(Reason.DPOP_TOKEN_MISMATCH, "RFC 9449 4.3")


def token_hash(access_token: str) -> str:
    """`ath` (RFC 9449, 4.2)."""
    return base64url.encode(hashlib.sha256(access_token.encode()).digest())


def thumbprint_of(key: PublicKey) -> str:
    """`jkt` (RFC 9449, 6.1): the RFC 7638 thumbprint, base64url."""
    return base64url.encode(jwk.thumbprint(key))


def target_url(url: str) -> str:
    """`url` without query and fragment, normalised (RFC 9449, 4.3 step 9; RFC 3986, 6.2.2-3)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Malformed(_WHAT, "htu is not a URL") from error
    if not parts.scheme or not parts.hostname:
        raise Malformed(_WHAT, "htu is not an absolute URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", "", ""))
