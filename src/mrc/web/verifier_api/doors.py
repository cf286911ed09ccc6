"""What every endpoint of the verifier does at its door: bounded bodies, tokens, errors as HTTP."""

import hmac
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.verifier.reasons import Reason

_log = structlog.get_logger(__name__)

NO_STORE = {"cache-control": "no-store"}
Endpoint = Callable[[Request], Awaitable[Response]]

_STATUSES = {
    Reason.UNKNOWN_REQUEST: 404,
    Reason.REQUEST_EXPIRED: 410,
    Reason.ALREADY_ANSWERED: 409,
    Reason.RESPONSE_CODE_MISMATCH: 403,
}


async def read_body(request: Request, *, limit: int) -> bytes:
    """The body, at most `limit` bytes; it is not read any further than that."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise Malformed("request body", f"more than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def for_askers(endpoint: Endpoint, *, token: str) -> Endpoint:
    """The management door: a bearer token (RFC 6750), and errors with their own reasons."""

    async def guarded(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            headers = NO_STORE | {"www-authenticate": 'Bearer realm="verifier"'}
            return JSONResponse({"error": "invalid_token"}, 401, headers=headers)
        try:
            return await endpoint(request)
        except Malformed as error:
            return _problem(400, "malformed", str(error))
        except Rejected as error:
            reason = error.reason
            status = _STATUSES.get(reason, 400) if isinstance(reason, Reason) else 400
            return _problem(status, reason.value, error.clause)
        except Unavailable as error:
            return _problem(503, "unavailable", error.what)

    return guarded


def for_wallets(endpoint: Endpoint) -> Endpoint:
    """The wallets' door: OAuth's error codes (RFC 6749, 5.2), the reason as description."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Malformed as error:
            _log.info("verifier.wallet_refused", reason="malformed", what=error.what)
            return _problem(400, "invalid_request", error.what)
        except Rejected as error:
            _log.info("verifier.wallet_refused", reason=error.reason.value)
            status = 404 if error.reason is Reason.UNKNOWN_REQUEST else 400
            return _problem(status, "invalid_request", error.reason.value)
        except Unavailable as error:
            _log.warning("verifier.unavailable", what=error.what)
            return _problem(503, "temporarily_unavailable", error.what)

    return guarded


def _problem(status: int, code: str, description: str) -> Response:
    body = {"error": code, "error_description": description}
    return JSONResponse(body, status, headers=NO_STORE)
