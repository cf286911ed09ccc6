"""Status list tokens and their aggregation over HTTP (Token Status List, sections 8 and 9)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.formats.status_list import cwt_token, jwt_token
from mrc.formats.status_list.aggregation import MEDIA_TYPE as AGGREGATION_TYPE
from mrc.formats.status_list.aggregation import encode_aggregation
from mrc.issuer.issuer import Issuer
from mrc.issuer.records import PublishedToken, StatusListId
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Clock
from mrc.web.issuer_api.ready import Ready, ready
from mrc.web.issuer_api.requests import prefers
from mrc.web.problems import problem

_AGGREGATION_SECONDS = 300  # new lists come rarely


class StatusEndpoints:
    """Serves the newest publication of each list as ready bytes, one per form."""

    def __init__(self, issuer: Issuer, clock: Clock) -> None:
        self._lists = issuer.status
        self._clock = clock
        self._ttl = int(issuer.configuration.status.ttl.total_seconds())
        self._ready: dict[StatusListId, tuple[PublishedToken, Ready, Ready]] = {}

    def routes(self, prefix: str) -> list[Route]:
        return [
            Route(f"{prefix}/status", self.aggregation, methods=["GET"]),
            Route(f"{prefix}/status/{{list_id}}", self.token, methods=["GET"]),
        ]

    async def token(self, request: Request) -> Response:
        """Section 8.1: JWT unless CWT is preferred. `time` (8.4) is not offered: 501."""
        if "time" in request.query_params:
            return Response(status_code=501)
        list_id = StatusListId(request.path_params["list_id"])
        try:
            token = await self._lists.token(list_id, now=self._clock.now())
        except Unavailable as error:
            return problem(error)
        if token is None:
            return Response(status_code=404)
        known = self._ready.get(list_id)
        if known is None or known[0] is not token:
            known = self._ready[list_id] = (
                token,
                ready(token.jwt, jwt_token.MEDIA_TYPE, max_age=self._ttl),
                ready(token.cwt, cwt_token.MEDIA_TYPE, max_age=self._ttl),
            )
        _, jwt, cwt = known
        wanted = prefers(request, jwt_token.MEDIA_TYPE, cwt_token.MEDIA_TYPE)
        return (cwt if wanted == cwt_token.MEDIA_TYPE else jwt).answer(request)

    async def aggregation(self, request: Request) -> Response:
        body = encode_aggregation(await self._lists.uris())
        return ready(body, AGGREGATION_TYPE, max_age=_AGGREGATION_SECONDS).answer(request)
