"""The sandbox carrier's authorization server: client credentials and JWT bearer, ES256 only.

CAMARA Security and Interoperability Profile r4.2: clients authenticate with `private_key_jwt`
(OIDC Core 9; RFC 7523), assertions live at most 300 seconds and are used once, exactly one
``dpv:`` purpose stands among the scopes. A JWT-bearer grant's assertion authenticates its client
too; its subject is an operator token (TS.43, proof of the SIM) or ``tel:`` (no such proof).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mrc.formats import base64url, json_text
from mrc.formats.jose import jws
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import Entropy, SignatureVerifier
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.jwt import check_audience, required_jti
from mrc.protocols.oauth.members import optional_integer, required_text
from mrc.web.sandbox_carrier.replays import SeenIds

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_ASSERTION = timedelta(seconds=300)
CLAUSE = "CAMARA ICM r4.2, Client Authentication"
PURPOSE = "dpv:"
SCOPES = frozenset(
    {
        "kyc-match:match",
        "sim-swap",
        "sim-swap:check",
        "sim-swap:retrieve-date",
        "number-verification:verify",
        "number-verification:device-phone-number:read",
        "sms:send",
    }
)


class Clients(Protocol):
    def find(self, client_id: str) -> EcPublicKey | None:
        """The client's key now; None where it is not, or no longer, a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token is good for. `phone` only for a three-legged one."""

    client_id: str
    scopes: frozenset[str]
    expires: datetime
    phone: str | None = None
    by_mobile_network: bool = False


class AuthorizationServer:
    """Tokens live in memory: a restart ends them all, as a real carrier may do at any time."""

    def __init__(
        self,
        *,
        token_endpoint: str,
        clients: Clients,
        verifier: SignatureVerifier,
        entropy: Entropy,
    ) -> None:
        self._token_endpoint = token_endpoint
        self._clients = clients
        self._verifier = verifier
        self._entropy = entropy
        self._seen = SeenIds()
        self._grants: dict[bytes, Grant] = {}
        self._operator_tokens: dict[str, str] = {}

    def token(self, form: Mapping[str, str], *, seconds: int, at: datetime) -> dict[str, object]:
        """The token endpoint. Raises `OAuthError`."""
        match form.get("grant_type"):
            case "client_credentials":
                grant = self._client_credentials(form, seconds, at)
            case str(value) if value == JWT_BEARER:
                grant = self._jwt_bearer(form, seconds, at)
            case _:
                raise OAuthError(OAuthErrorCode.UNSUPPORTED_GRANT_TYPE)
        token = base64url.encode(self._entropy.token(32))
        self._grants = {key: kept for key, kept in self._grants.items() if kept.expires > at}
        self._grants[_digest(token)] = grant
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": seconds,
            "scope": " ".join(sorted(grant.scopes)),
        }

    def find_grant(self, token: str, *, at: datetime) -> Grant | None:
        """The grant of a live token whose client is still one."""
        grant = self._grants.get(_digest(token))
        if grant is None or grant.expires <= at or self._clients.find(grant.client_id) is None:
            return None
        return grant

    def make_operator_token(self, phone: str) -> str:
        """What a phone would get from the network for its SIM (TS.43), for tests and practice."""
        token = base64url.encode(self._entropy.token(24))
        self._operator_tokens[token] = phone
        return token

    def _client_credentials(self, form: Mapping[str, str], seconds: int, at: datetime) -> Grant:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "expected a client assertion")
        claims = self._authenticated(form.get("client_assertion", ""), at)
        if claims["sub"] != claims["iss"]:
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "sub is not the client")
        return Grant(
            client_id=str(claims["iss"]),
            scopes=_scopes(form.get("scope", "")),
            expires=at + timedelta(seconds=seconds),
        )

    def _jwt_bearer(self, form: Mapping[str, str], seconds: int, at: datetime) -> Grant:
        if "scope" in form:
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "scope belongs in the assertion")
        claims = self._authenticated(form.get("assertion", ""), at)
        kind, _, value = str(claims["sub"]).partition(":")
        phone = self._operator_tokens.pop(value, None) if kind == "operatortoken" else None
        if kind == "tel":
            phone = value
        if not phone:
            raise OAuthError(OAuthErrorCode.INVALID_GRANT, "the subject is not known")
        return Grant(
            client_id=str(claims["iss"]),
            scopes=_scopes(str(claims.get("scope", ""))),
            expires=at + timedelta(seconds=seconds),
            phone=phone,
            by_mobile_network=kind == "operatortoken",
        )

    def _authenticated(self, assertion: str, at: datetime) -> Mapping[str, object]:
        """The claims of a client assertion that holds, spent. Raises `OAuthError`."""
        try:
            compact = jws.decode_compact(assertion)
            claims = json_text.decode_object(compact.payload, "client assertion")
            client = required_text(claims, "iss", "client assertion")
            required_text(claims, "sub", "client assertion")
            key = self._clients.find(client)
            if key is None:
                raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "not a client")
            jws.check_signature(
                compact,
                key=key,
                expected_algorithms=(Algorithm.ES256,),
                verifier=self._verifier,
            )
            check_audience(claims, expected_audience=self._token_endpoint, what="client assertion")
            expires = _check_times(claims, at)
            jti = required_jti(claims, "client assertion")
        except OAuthError:
            raise
        except (Malformed, Rejected) as error:
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "the assertion is not valid") from error
        if not self._seen.claim(f"{client} {jti}", until=expires, at=at):
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "the assertion was used before")
        return claims


def _check_times(claims: Mapping[str, object], at: datetime) -> datetime:
    """`exp` lies ahead, at most 300 seconds from now and from `iat`; `iat` not after now."""
    now = int(at.timestamp())
    expires = optional_integer(claims, "exp", "client assertion")
    issued = optional_integer(claims, "iat", "client assertion")
    longest = int(LONGEST_ASSERTION.total_seconds())
    if expires is None or not now < expires <= now + longest:
        raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "exp", clause=CLAUSE)
    if issued is not None and (issued > now or expires - issued > longest):
        raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "iat", clause=CLAUSE)
    return at + timedelta(seconds=expires - now)


def _scopes(text: str) -> frozenset[str]:
    """ICM r4.2, Purpose: exactly one purpose, and scopes that exist."""
    named = text.split()
    scopes = frozenset(name for name in named if not name.startswith(PURPOSE))
    purposes = [name for name in named if name.startswith(PURPOSE) and name != PURPOSE]
    if len(purposes) != 1 or not scopes or not scopes <= SCOPES:
        raise OAuthError(OAuthErrorCode.INVALID_SCOPE)
    return scopes


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
