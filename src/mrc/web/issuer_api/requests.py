"""Reading what a wallet sent: bounded bodies, media types, header fields that stand once."""

from starlette.requests import Request

from mrc.issuer.clients import ClientHeaders
from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.client_attestation import ATTESTATION_HEADER, POP_HEADER
from mrc.protocols.oauth.dpop import HEADER as DPOP_HEADER
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode

MAX_BODY = 1 << 20  # bytes; a batch of a hundred proofs with attestations is 400 kB
MAX_HEADER = 32_768  # characters of one field; an attestation with its chain is 4,000
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
JWT = "application/jwt"


async def read_body(request: Request) -> bytes:
    """The body. Raises `Malformed` beyond `MAX_BODY`, without reading on."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise Malformed("request body", f"longer than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts)


async def read_form(request: Request) -> bytes:
    if media_type(request) != FORM:
        raise Malformed("request", f"expected {FORM}")
    return await read_body(request)


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def client_headers(request: Request) -> ClientHeaders:
    """Raises `OAuthError` where one stands twice (RFC 9449, 4.3 step 1; attestation 7.1 step 1)."""
    return ClientHeaders(
        dpop=_once(request, DPOP_HEADER, OAuthErrorCode.INVALID_DPOP_PROOF),
        attestation=_once(request, ATTESTATION_HEADER, OAuthErrorCode.INVALID_CLIENT),
        pop=_once(request, POP_HEADER, OAuthErrorCode.INVALID_CLIENT),
        authorization=_once(request, "Authorization", OAuthErrorCode.INVALID_REQUEST),
    )


def _once(request: Request, name: str, code: OAuthErrorCode) -> str | None:
    values = request.headers.getlist(name)
    if not values:
        return None
    if len(values) > 1 or len(values[0]) > MAX_HEADER:
        raise OAuthError(code, f"{name} must stand once")
    return values[0]


def prefers(request: Request, first: str, second: str) -> str:
    """Which of two media types `Accept` prefers; `first` where it does not care (RFC 9110, 12.5)."""
    accepted = ",".join(request.headers.getlist("accept"))
    weights = {first: -1.0, second: -1.0}
    for part in accepted.split(","):
        name, *parameters = [piece.strip().lower() for piece in part.split(";")]
        for kind in weights:
            if name in (kind, "*/*", f"{kind.partition('/')[0]}/*"):
                weight = _weight(parameters) - (0.001 if "*" in name else 0.0)
                weights[kind] = max(weights[kind], weight)
    return second if weights[second] > weights[first] else first


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
