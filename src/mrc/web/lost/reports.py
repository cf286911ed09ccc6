"""Doors for signed reports: the carrier's webhook, and another office's notice.

The body is a compact JWS (`application/jwt`). A refusal says which check failed and nothing about
anybody; a report is answered only after its cards are locked, so whoever gets no answer sends it
again.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.authority.loss.carriers import CarrierDesk, NoticeDesk
from mrc.authority.loss.records import LossReason
from mrc.kernel.errors import Forbidden, Malformed, MrcError
from mrc.kernel.ports import Clock
from mrc.protocols.card_loss.signed import MAX_CHARS
from mrc.web.problems import NO_STORE, json_response, problem, too_many_requests

JWT = "application/jwt"
CARRIER_PATH = "/carrier/reports"
NOTICE_PATH = "/lock-notices"
_RETRY_SECONDS = 3600  # the window in which tries are counted


def carrier_route(desk: CarrierDesk, clock: Clock) -> Route:
    async def act(text: str) -> Response:
        await desk.receive(text, now=clock.now())
        return Response(status_code=202, headers=dict(NO_STORE))

    return Route(CARRIER_PATH, _door(act), methods=["POST"])


def notice_route(desk: NoticeDesk, clock: Clock) -> Route:
    async def act(text: str) -> Response:
        return json_response({"locked": await desk.receive(text, now=clock.now())})

    return Route(NOTICE_PATH, _door(act), methods=["POST"])


def _door(act: Callable[[str], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await act(await _read_jwt(request))
        except Forbidden as error:
            if error.reason is LossReason.TOO_MANY_TRIES:
                return too_many_requests(_RETRY_SECONDS)
            return problem(error)
        except MrcError as error:
            return problem(error)

    return endpoint


async def _read_jwt(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JWT:
        raise Malformed("signed report", f"expected {JWT}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_CHARS:
            raise Malformed("signed report", f"longer than {MAX_CHARS} bytes")
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise Malformed("signed report", "not ASCII") from error
