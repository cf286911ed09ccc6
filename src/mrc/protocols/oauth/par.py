"""Pushed Authorization Requests (RFC 9126) and the redirect that answers them (RFC 9207)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mrc.formats import json_text
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth.members import (
    decode_form,
    encode_form,
    optional_integer,
    optional_text,
    required_text,
)
from mrc.protocols.oauth.reasons import Reason

REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
_REQUEST = "pushed authorization request"
_RESPONSE = "pushed authorization response"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """The authorization request that a wallet pushes. `authorization_details` is its JSON text."""

    client_id: str
    response_type: str
    redirect_uri: str | None = None
    scope: str | None = None
    state: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    authorization_details: str | None = None
    issuer_state: str | None = field(default=None, repr=False)
    dpop_jkt: str | None = None
    resource: str | None = None


_OPTIONAL = (
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "authorization_details",
    "issuer_state",
    "dpop_jkt",
    "resource",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedAuthorization:
    request_uri: str
    expires_in: int


def decode_authorization_request(body: bytes | str) -> AuthorizationRequest:
    """Raises `Malformed`; `request_uri` inside a pushed request is refused (RFC 9126, 2.1)."""
    form = decode_form(body, _REQUEST)
    if "request_uri" in form or "request" in form:
        raise Malformed(_REQUEST, "request and request_uri are not allowed here")
    return AuthorizationRequest(
        client_id=required_text(form, "client_id", _REQUEST),
        response_type=required_text(form, "response_type", _REQUEST),
        **{name: form.get(name) for name in _OPTIONAL},
    )


def encode_authorization_request(request: AuthorizationRequest) -> bytes:
    members = {"client_id": request.client_id, "response_type": request.response_type}
    return encode_form(members | {name: getattr(request, name) for name in _OPTIONAL})


def encode_pushed(pushed: PushedAuthorization) -> bytes:
    return json_text.encode({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in})


def decode_pushed(members: Mapping[str, object]) -> PushedAuthorization:
    expires_in = optional_integer(members, "expires_in", _RESPONSE)
    if expires_in is None or expires_in <= 0:
        raise Malformed(_RESPONSE, "expires_in is not a positive integer")
    return PushedAuthorization(
        request_uri=required_text(members, "request_uri", _RESPONSE), expires_in=expires_in
    )


def redirect_with(redirect_uri: str, members: Mapping[str, str | None]) -> str:
    """`redirect_uri` with `members` added to its query (RFC 6749, 4.1.2)."""
    parts = urlsplit(redirect_uri)
    given = {name: value for name, value in members.items() if value is not None}
    query = "&".join(part for part in (parts.query, urlencode(given)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def decode_redirect(
    url: str, *, expected_state: str | None, expected_issuer: str
) -> Mapping[str, str]:
    """The answer in the redirect: `code`, or `error`.

    Raises `Malformed` where a member comes twice (RFC 6749, 3.1), `Rejected` where `state` or
    `iss` is not the expected one (RFC 9207, 2.4: mix-up).
    """
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("authorization response", "a member comes twice")
    if members.get("state") != expected_state:
        raise Rejected(Reason.CLIENT_MISMATCH, "RFC 6749 10.12", "state")
    if members.get("iss") != expected_issuer:
        raise Rejected(Reason.ISSUER_MISMATCH, "RFC 9207 2.4")
    optional_text(members, "code", "authorization response")
    return members
