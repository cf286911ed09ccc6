"""The authorization challenge endpoint, draft-ietf-oauth-first-party-apps-03 section 5.

Only the messages. What a step demands (chip, phone number, face) is the authorization server's;
its answers travel as further members of the request and of the error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import decode_form, encode_form, optional_text, required_text

_REQUEST = "authorization challenge request"
_RESPONSE = "authorization challenge response"
_KNOWN = (
    "client_id",
    "response_type",
    "scope",
    "auth_session",
    "code_challenge",
    "code_challenge_method",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationChallengeRequest:
    """One request to the endpoint. `answers` are the members that a step of ours defines."""

    client_id: str | None
    scope: str | None = None
    auth_session: str | None = field(default=None, repr=False)
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationGranted:
    authorization_code: str = field(repr=False)


def decode_challenge_request(body: bytes | str) -> AuthorizationChallengeRequest:
    """Raises `Malformed`; `response_type` must be `code` (required since -03)."""
    form = decode_form(body, _REQUEST)
    if form.get("response_type") != "code":
        raise Malformed(_REQUEST, "response_type must be code")
    return AuthorizationChallengeRequest(
        client_id=form.get("client_id"),
        scope=form.get("scope"),
        auth_session=form.get("auth_session"),
        code_challenge=form.get("code_challenge"),
        code_challenge_method=form.get("code_challenge_method"),
        answers={name: value for name, value in form.items() if name not in _KNOWN},
    )


def encode_challenge_request(request: AuthorizationChallengeRequest) -> bytes:
    members: dict[str, str | None] = dict(request.answers)
    members |= {name: getattr(request, name) for name in _KNOWN if name != "response_type"}
    return encode_form(members | {"response_type": "code"})


def encode_granted(granted: AuthorizationGranted) -> bytes:
    return json_text.encode({"authorization_code": granted.authorization_code})


def decode_granted(members: Mapping[str, object]) -> AuthorizationGranted:
    code = required_text(members, "authorization_code", _RESPONSE)
    return AuthorizationGranted(authorization_code=code)


def auth_session_of(members: Mapping[str, object]) -> str | None:
    """`auth_session` of a success or an error; a client echoes the newest one (5.3.1)."""
    return optional_text(members, "auth_session", _RESPONSE)
