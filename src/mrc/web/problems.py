"""Errors as HTTP answers: the only place that knows which status an error has.

OAuth endpoints: RFC 6749 5.2. Protected resources: RFC 6750 3 and RFC 9449 7.1, as
`WWW-Authenticate`. Credential endpoints: OpenID4VCI 1.0, 8.3.1 (never encrypted). Everything
else: RFC 9457. No answer carries more than a code and a sentence without personal data.
"""

from collections.abc import Mapping

from starlette.responses import Response

from mrc.formats import json_text
from mrc.kernel.errors import Forbidden, Malformed, MrcError, Rejected, Unavailable
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode, encode_error
from mrc.protocols.openid4vci.errors import CredentialError, encode_credential_error

NO_STORE = {"cache-control": "no-store"}
_RETRY_SECONDS = 5

_OAUTH_STATUS = {
    OAuthErrorCode.INVALID_CLIENT: 401,
    OAuthErrorCode.SERVER_ERROR: 500,
    OAuthErrorCode.TEMPORARILY_UNAVAILABLE: 503,
}
_RESOURCE_STATUS = {
    OAuthErrorCode.INVALID_REQUEST: 400,
    OAuthErrorCode.INSUFFICIENT_SCOPE: 403,
    OAuthErrorCode.SERVER_ERROR: 500,
    OAuthErrorCode.TEMPORARILY_UNAVAILABLE: 503,
}


def json_response(
    body: bytes | Mapping[str, object], *, status: int = 200, headers: Mapping[str, str] = NO_STORE
) -> Response:
    content = body if isinstance(body, bytes) else json_text.encode(dict(body))
    return Response(content, status, dict(headers), media_type="application/json")


def oauth_problem(error: OAuthError) -> Response:
    """At the token, PAR and challenge endpoints."""
    return json_response(encode_error(error), status=_OAUTH_STATUS.get(error.code, 400))


def resource_problem(error: OAuthError) -> Response:
    """At the credential, deferred and notification endpoints: a challenge for a better token."""
    challenge = f'DPoP error="{error.code.value}", algs="ES256"'
    status = _RESOURCE_STATUS.get(error.code, 401)
    headers = {**NO_STORE, "www-authenticate": challenge}
    return json_response(encode_error(error), status=status, headers=headers)


def credential_problem(error: CredentialError) -> Response:
    return json_response(encode_credential_error(error), status=400)


def problem(error: MrcError) -> Response:
    """RFC 9457: for pages and management APIs that follow no protocol of their own."""
    status = _status_of(error)
    body = {"type": "about:blank", "title": _title_of(error), "status": status}
    if isinstance(error, (Rejected, Forbidden)):
        body["reason"] = error.reason.value
    headers = {**NO_STORE, **({"retry-after": str(_RETRY_SECONDS)} if status == 503 else {})}
    content = json_text.encode(body)
    return Response(content, status, headers, media_type="application/problem+json")


def too_many_requests(seconds: int) -> Response:
    """RFC 6585, 4."""
    headers = {**NO_STORE, "retry-after": str(seconds)}
    return json_response({"error": "temporarily_unavailable"}, status=429, headers=headers)


def _status_of(error: MrcError) -> int:
    match error:
        case Malformed():
            return 400
        case Forbidden():
            return 403
        case Rejected():
            return 422
        case Unavailable():
            return 503
    return 500


def _title_of(error: MrcError) -> str:
    match error:
        case Malformed():
            return "The request could not be read"
        case Forbidden():
            return "The rules do not allow this"
        case Rejected():
            return "The request was checked and refused"
        case Unavailable():
            return "Something outside did not answer"
    return "Something went wrong"
