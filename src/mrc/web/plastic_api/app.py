"""``POST /`` with a number, a date of issue and the claims of a purpose; the register's word back.

Only with the checkers' bearer token (RFC 6750). What is asked and answered is never logged, only
that there was a question and what state was found.
"""

import hmac
from dataclasses import dataclass, field
from datetime import date

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrc.authority.plastic_cards import PlasticCards, PlasticQuestion
from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.kernel.ports import Clock
from mrc.protocols.dcql.members import as_filled_string, as_strings, get_member
from mrc.verifier.checks.shown import json_form

NO_STORE = {"cache-control": "no-store"}
MAX_BODY = 4096  # bytes; a question has a few hundred
MAX_CLAIMS = 20

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticApi:
    cards: PlasticCards
    clock: Clock
    token: str = field(repr=False)


def create_app(api: PlasticApi) -> Starlette:
    async def look_up(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {api.token}".encode()):
            headers = NO_STORE | {"www-authenticate": "Bearer"}
            return JSONResponse({"error": "invalid_token"}, 401, headers=headers)
        try:
            question = await _question(request)
            found = await api.cards.look_up(question, now=api.clock.now())
        except Malformed as error:
            body = {"error": "malformed", "what": error.what}
            return JSONResponse(body, 400, headers=NO_STORE)
        _log.info("plastic_card.looked_up", state=found.state.value)
        values = {name: json_form(value) for name, value in found.values.items()}
        return JSONResponse({"state": found.state.value, "values": values}, headers=NO_STORE)

    return Starlette(routes=[Route("/", look_up, methods=["POST"])])


async def _question(request: Request) -> PlasticQuestion:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise Malformed("question", f"more than {MAX_BODY} bytes")
    source = json_text.decode_object(bytes(body), "question")
    issued_on = as_filled_string(get_member(source, "issued_on", "question"), "issued_on")
    try:
        day = date.fromisoformat(issued_on)
    except ValueError as error:
        raise Malformed("issued_on", "not a date (YYYY-MM-DD)") from error
    return PlasticQuestion(
        number=as_filled_string(get_member(source, "number", "question"), "number"),
        issued_on=day,
        claims=as_strings(get_member(source, "claims", "question"), "claims", limit=MAX_CLAIMS),
    )
