"""Errors of the CAMARA APIs: the code, its HTTP status and the body.

CAMARA Commonalities 0.6: ``{"status", "code", "message"}``. Messages never repeat what was sent.
"""

from enum import StrEnum

from starlette.responses import JSONResponse, Response

from mrc.kernel.errors import Rejected

NO_STORE = {"cache-control": "no-store"}


class ApiCode(StrEnum):
    """The codes that the sandbox answers with; a script may name others."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    INVALID_PARAM_COMBINATION = "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    INVALID_TOKEN_CONTEXT = "INVALID_TOKEN_CONTEXT"
    ID_DOCUMENT_REQUIRED = "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED"
    ID_DOCUMENT_MISMATCH = "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH"
    NOT_BY_MOBILE_NETWORK = "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"
    IDENTIFIER_NOT_FOUND = "IDENTIFIER_NOT_FOUND"
    MISSING_IDENTIFIER = "MISSING_IDENTIFIER"
    UNNECESSARY_IDENTIFIER = "UNNECESSARY_IDENTIFIER"
    UNAVAILABLE = "UNAVAILABLE"


STATUSES = {
    ApiCode.INVALID_ARGUMENT: 400,
    ApiCode.OUT_OF_RANGE: 400,
    ApiCode.INVALID_PARAM_COMBINATION: 400,
    ApiCode.UNAUTHENTICATED: 401,
    ApiCode.PERMISSION_DENIED: 403,
    ApiCode.INVALID_TOKEN_CONTEXT: 403,
    ApiCode.ID_DOCUMENT_REQUIRED: 403,
    ApiCode.ID_DOCUMENT_MISMATCH: 403,
    ApiCode.NOT_BY_MOBILE_NETWORK: 403,
    ApiCode.IDENTIFIER_NOT_FOUND: 404,
    ApiCode.MISSING_IDENTIFIER: 422,
    ApiCode.UNNECESSARY_IDENTIFIER: 422,
    ApiCode.UNAVAILABLE: 503,
}


def refusal(code: ApiCode) -> Rejected:
    """To be raised: the API answers with `code`."""
    return Rejected(code, "CAMARA Commonalities 0.6, errors")


def error_response(status: int, code: str) -> Response:
    message = code.rpartition(".")[2].replace("_", " ").capitalize()
    return JSONResponse(
        {"status": status, "code": code, "message": f"{message}."}, status, headers=NO_STORE
    )


def oauth_error(status: int, code: str, description: str) -> Response:
    """RFC 6749, 5.2."""
    body = {"error": code, "error_description": description}
    return JSONResponse(body, status, headers=NO_STORE)
