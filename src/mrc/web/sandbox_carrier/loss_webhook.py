"""The sandbox carrier's sender: signed reports of lost lines to whoever subscribed.

`POST /control/losses` with ``{"phone": …, "occurred_at": …, "times": …}`` sends one report,
``times`` times with the same id, as a carrier does that did not see an answer.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Clock, Entropy, HttpClient, HttpRequest, Signer
from mrc.protocols.card_loss.messages import LINE_REPORT, line_claims
from mrc.protocols.card_loss.signed import SignedReport, make_report
from mrc.protocols.oauth.members import optional_integer, optional_text, required_text
from mrc.registry.phones import decode_phone_number
from mrc.web.sandbox_carrier.problems import NO_STORE

CARRIER = "sandbox"
MOST_TIMES = 10
WHAT = "control request"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossWebhook:
    """`url` takes the reports; `audience` is its origin."""

    http: HttpClient
    signer: Signer
    clock: Clock
    entropy: Entropy
    url: str
    audience: str
    control_token: str = field(repr=False)

    def route(self) -> Route:
        return Route("/control/losses", self._control, methods=["POST"])

    async def send(self, phone: str, *, occurred_at: datetime, times: int = 1) -> list[int]:
        """The status of each answer; 0 where none came."""
        report = SignedReport(
            reporter=CARRIER,
            audience=self.audience,
            id=base64url.encode(self.entropy.token(16)),
            issued_at=self.clock.now(),
            claims=line_claims(phone, occurred_at),
        )
        text = await make_report(report, typ=LINE_REPORT, signer=self.signer)
        return [await self._post(text) for _ in range(times)]

    async def _post(self, text: str) -> int:
        headers = {"content-type": "application/jwt"}
        request = HttpRequest(method="POST", url=self.url, headers=headers, body=text.encode())
        try:
            return (await self.http.send(request)).status
        except Unavailable:
            return 0

    async def _control(self, request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.control_token}".encode()):
            return JSONResponse({"error": "invalid_token"}, 401, headers=NO_STORE)
        try:
            members = json_text.decode_object(await request.body(), WHAT)
            phone = decode_phone_number(required_text(members, "phone", WHAT))
            times = optional_integer(members, "times", WHAT) or 1
            if not 1 <= times <= MOST_TIMES:
                raise Malformed(WHAT, f"times is not 1 to {MOST_TIMES}")
            occurred_at = self._time(members)
        except Malformed as error:
            return JSONResponse({"error": "malformed", "detail": str(error)}, 400)
        statuses = await self.send(phone, occurred_at=occurred_at, times=times)
        return JSONResponse({"statuses": statuses}, headers=NO_STORE)

    def _time(self, members: Mapping[str, object]) -> datetime:
        text = optional_text(members, "occurred_at", WHAT)
        try:
            at = self.clock.now() if text is None else datetime.fromisoformat(text)
        except ValueError as error:
            raise Malformed(WHAT, "occurred_at is not a time") from error
        if at.tzinfo is None:
            raise Malformed(WHAT, "occurred_at has no time zone")
        return at
