"""Error answers of OAuth endpoints, as values that can be raised and sent.

RFC 6749 section 5.2 (token endpoint), RFC 6750 section 3.1 and RFC 9449 sections 7.1 and 8
(resources and DPoP), RFC 9126 (PAR), draft-ietf-oauth-attestation-based-client-auth-10 section
7.4, draft-ietf-oauth-first-party-apps-03 section 5.3.2. HTTP statuses are not known here.
"""

from collections.abc import Mapping
from enum import StrEnum

from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth.members import optional_text, required_text


class OAuthErrorCode(StrEnum):
    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    INVALID_AUTHORIZATION_DETAILS = "invalid_authorization_details"
    ACCESS_DENIED = "access_denied"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INVALID_TOKEN = "invalid_token"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    USE_DPOP_NONCE = "use_dpop_nonce"
    INVALID_DPOP_PROOF = "invalid_dpop_proof"
    USE_ATTESTATION_CHALLENGE = "use_attestation_challenge"
    USE_FRESH_ATTESTATION = "use_fresh_attestation"
    INVALID_CLIENT_ATTESTATION = "invalid_client_attestation"
    INSUFFICIENT_AUTHORIZATION = "insufficient_authorization"
    INVALID_SESSION = "invalid_session"
    REDIRECT_TO_WEB = "redirect_to_web"


def ascii_description(text: str) -> str:
    """`text` within %x20-21 / %x23-5B / %x5D-7E (RFC 6749, 5.2), other characters replaced."""
    return "".join(
        "'" if char == '"' else char if " " <= char <= "~" and char != "\\" else "?"
        for char in text
    )


class OAuthError(Rejected):
    """A refusal with its wire code. `cause` is the check's own reason, for logs and tests only.

    `members` are further members of the JSON answer (an extension's, such as `auth_session`).
    """

    def __init__(
        self,
        code: OAuthErrorCode,
        description: str = "",
        *,
        clause: str = "RFC 6749 5.2",
        cause: StrEnum | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code, clause, ascii_description(description))
        self.code = code
        self.cause = cause
        self.members: Mapping[str, object] = dict(members or {})


def encode_error(error: OAuthError) -> dict[str, object]:
    body: dict[str, object] = {"error": error.code.value}
    if error.detail:
        body["error_description"] = error.detail
    return body | dict(error.members)


def decode_error(body: Mapping[str, object]) -> OAuthError:
    """The error that a server answered. Raises `Malformed` where there is no `error`.

    A code that no document above names becomes `invalid_request`, its name in the description.
    """
    name = required_text(body, "error", "OAuth error answer")
    description = optional_text(body, "error_description", "OAuth error answer") or ""
    rest = {key: value for key, value in body.items() if key not in ("error", "error_description")}
    try:
        code = OAuthErrorCode(name)
    except ValueError:
        code, description = OAuthErrorCode.INVALID_REQUEST, f"{name}: {description}"
    return OAuthError(code, description, members=rest)


def malformed_request(error: Malformed) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_REQUEST, str(error))
