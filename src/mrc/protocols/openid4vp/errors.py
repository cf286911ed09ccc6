"""Authorization error responses of OpenID4VP 1.0 (8.5), and which of our reasons they report."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mrc.kernel.errors import Malformed, MrcError, Rejected
from mrc.protocols.openid4vp.reasons import Reason

MAX_DESCRIPTION = 512
"""Characters of a description that are kept; a stranger wrote them."""


class ErrorCode(StrEnum):
    """Error codes (8.5; RFC 6749, 4.1.2.1)."""

    INVALID_SCOPE = "invalid_scope"
    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    ACCESS_DENIED = "access_denied"
    VP_FORMATS_NOT_SUPPORTED = "vp_formats_not_supported"
    INVALID_REQUEST_URI_METHOD = "invalid_request_uri_method"
    INVALID_TRANSACTION_DATA = "invalid_transaction_data"
    WALLET_UNAVAILABLE = "wallet_unavailable"


_CODES = {
    Reason.SCOPE_NOT_SUPPORTED: ErrorCode.INVALID_SCOPE,
    Reason.REQUEST_URI_METHOD_INVALID: ErrorCode.INVALID_REQUEST_URI_METHOD,
    Reason.TRANSACTION_DATA_INVALID: ErrorCode.INVALID_TRANSACTION_DATA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """An error as it is posted. `code` may be one that OpenID4VP does not define."""

    code: str
    description: str | None = None
    state: str | None = None


def error_code_of(error: MrcError) -> ErrorCode:
    """The code with which a wallet reports that a request failed to decode or to pass a check."""
    if isinstance(error, Rejected) and isinstance(error.reason, Reason):
        return _CODES.get(error.reason, ErrorCode.INVALID_REQUEST)
    return ErrorCode.INVALID_REQUEST


def encode_error(error: ErrorResponse) -> dict[str, str]:
    members = {
        "error": error.code,
        "error_description": error.description,
        "state": error.state,
    }
    return {name: value for name, value in members.items() if value is not None}


def decode_error(members: Mapping[str, object]) -> ErrorResponse:
    """Raises `Malformed` where `error` is not a code of RFC 6749's characters."""
    code, description, state = (
        members.get(name) for name in ("error", "error_description", "state")
    )
    if not isinstance(code, str) or not code or not (code.isascii() and code.isprintable()):
        raise Malformed("error response", "error is not a code")
    if not isinstance(description, str | None) or not isinstance(state, str | None):
        raise Malformed("error response", "expected texts")
    shortened = None if description is None else description[:MAX_DESCRIPTION]
    return ErrorResponse(code=code[:64], description=shortened, state=state)
