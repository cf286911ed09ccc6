"""The door for reports about askers: open to every phone, beside the page for losses.

Wallets live in browsers of other origins too (CORS). No cookie, no sign-in, no log line: what
comes is counted, stored and answered with its reference.
"""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.authority.askers.reports import ReportDesk
from mrc.kernel.errors import Forbidden, Malformed, MrcError
from mrc.kernel.ports import Clock
from mrc.protocols.asker_report.messages import MAX_BODY, REPORT_PATH, WHAT, decode_report
from mrc.web.problems import json_response, problem, too_many_requests

ASKER_REPORTS_PATH = f"/{REPORT_PATH}"
JSON = "application/json"
_RETRY_SECONDS = 3600  # the window in which reports are counted


def asker_reports_route(desk: ReportDesk, clock: Clock) -> Route:
    """201 with the reference, 400, 429 where too many came, 503 where nothing can be stored."""

    async def receive(request: Request) -> Response:
        try:
            report = decode_report(await _read_json(request))
            address = request.client.host if request.client else ""
            reference = await desk.receive(report, address=address, now=clock.now())
        except Forbidden:
            return too_many_requests(_RETRY_SECONDS)
        except MrcError as error:
            return problem(error)
        return json_response({"reference": reference}, status=201)

    cors = Middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["POST"], allow_headers=["content-type"]
    )
    return Route(ASKER_REPORTS_PATH, receive, methods=["POST", "OPTIONS"], middleware=[cors])


async def _read_json(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise Malformed(WHAT, f"expected {JSON}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise Malformed(WHAT, f"longer than {MAX_BODY} bytes")
    return bytes(body)
