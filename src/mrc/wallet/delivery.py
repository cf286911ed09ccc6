"""Carrying answers to askers, and knowing only what is known about their arrival."""

from dataclasses import dataclass, field
from datetime import datetime

from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Clock, HttpClient, HttpRequest, HttpResponse
from mrc.protocols.openid4vp import invocation, response
from mrc.wallet.holdings import ShowOutcome
from mrc.wallet.server_time import ServerTime

FORM = "application/x-www-form-urlencoded"
ACCEPT = f"{invocation.REQUEST_OBJECT_TYPE}, application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What became of an answer; `redirect_uri` leads back to where the holder came from."""

    outcome: ShowOutcome
    redirect_uri: str | None = field(default=None, repr=False)


class Delivery:
    """Speaks to askers' servers. Raises `Unavailable` where one does not answer a question."""

    def __init__(self, http: HttpClient, clock: Clock) -> None:
        self._http = http
        self._time = ServerTime(clock)

    def time_at(self, url: str) -> datetime:
        """By which a proof for the server at `url` is dated."""
        return self._time.at(url)

    async def get(self, url: str) -> HttpResponse:
        return await self._send(HttpRequest(method="GET", url=url, headers={"accept": ACCEPT}))

    async def post(self, url: str, body: bytes) -> HttpResponse:
        headers = {"accept": ACCEPT, "content-type": FORM}
        return await self._send(HttpRequest(method="POST", url=url, headers=headers, body=body))

    async def _send(self, request: HttpRequest) -> HttpResponse:
        answer = await self._http.send(request)
        self._time.heard(request.url, answer.headers)
        return answer

    async def deliver(self, url: str, body: bytes) -> Shown:
        """Post an answer: shared where the asker took it, else nobody can be certain (UX 1)."""
        try:
            answer = await self.post(url, body)
            receipt = response.decode_receipt(answer.body) if answer.status == 200 else None
        except (Unavailable, Malformed):
            return Shown(outcome=ShowOutcome.NOT_CERTAIN)
        if receipt is None:
            return Shown(outcome=ShowOutcome.NOT_CERTAIN)
        return Shown(outcome=ShowOutcome.SHARED, redirect_uri=receipt.redirect_uri)
