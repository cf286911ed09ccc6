"""Metadata as ready bytes, and offers by reference (OpenID4VCI 1.0, 4.1.3 and 12.2; RFC 8414)."""

from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.issuer.issuer import Issuer
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Clock
from mrc.protocols.oauth import metadata as server
from mrc.protocols.openid4vci import metadata as issuer_metadata
from mrc.protocols.openid4vci.offer import encode_offer
from mrc.web.issuer_api.ready import Ready, ready
from mrc.web.issuer_api.requests import JSON, JWT, prefers
from mrc.web.problems import json_response, problem

_METADATA_SECONDS = 300  # how long a wallet may keep metadata


class DiscoveryEndpoints:
    """What a wallet reads before it asks for anything."""

    def __init__(self, issuer: Issuer, clock: Clock, *, challenge_endpoint: bool) -> None:
        self._issuer = issuer
        self._clock = clock
        self._plain = ready(issuer.metadata(), JSON, max_age=_METADATA_SECONDS)
        self._server = ready(
            issuer.server_metadata(challenge_endpoint=challenge_endpoint),
            JSON,
            max_age=_METADATA_SECONDS,
        )
        self._signed: tuple[datetime, Ready] | None = None

    def routes(self, prefix: str) -> list[Route]:
        identifier = self._issuer.configuration.credential_issuer
        places = {
            issuer_metadata.WELL_KNOWN: self.issuer_metadata,
            server.WELL_KNOWN: self.server_metadata,
        }
        known = [
            Route(urlsplit(server.well_known_url(identifier, name)).path, act, methods=["GET"])
            for name, act in places.items()
        ]
        return [*known, Route(f"{prefix}/offers/{{reference}}", self.offer, methods=["GET"])]

    async def issuer_metadata(self, request: Request) -> Response:
        """12.2.2: JSON unless `Accept` prefers the signed form."""
        if prefers(request, JSON, JWT) == JSON:
            return self._plain.answer(request)
        now = self._clock.now()
        half = self._issuer.configuration.lifetimes.signed_metadata / 2
        if self._signed is None or not self._signed[0] <= now < self._signed[0] + half:
            token = await self._issuer.signed_metadata(now=now)
            self._signed = (now, ready(token.encode(), JWT, max_age=_METADATA_SECONDS))
        return self._signed[1].answer(request)

    async def server_metadata(self, request: Request) -> Response:
        return self._server.answer(request)

    async def offer(self, request: Request) -> Response:
        """`application/json`, never kept: it carries a code."""
        reference = request.path_params["reference"]
        try:
            offer = await self._issuer.offers.fetch(reference, now=self._clock.now())
        except Rejected as error:
            answer = problem(error)
            answer.status_code = 404
            return answer
        return json_response(encode_offer(offer))
