"""Status list tokens and their aggregation over HTTP (Token Status List, sections 8 and 9).

Beside each list stands its proof from the ledger, named in a `Link` header (RFC 8288): whoever has both
can show to others, without a network, that this list was the published one.
"""

from typing import Protocol

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
from mrc.ledger.bundle import ANCHORS_PATH, PROOF_RELATION
from mrc.ledger.bundle import MEDIA_TYPE as BUNDLE_TYPE
from mrc.web.issuer_api.ready import Ready, ready
from mrc.web.issuer_api.requests import prefers
from mrc.web.problems import problem

_AGGREGATION_SECONDS = 300  # new lists come rarely
_FORMS = {"jwt": jwt_token.MEDIA_TYPE, "cwt": cwt_token.MEDIA_TYPE}


class Proofs(Protocol):
    """Where proof bundles come from."""

    async def find(self, uri: str, media_type: str) -> bytes | None:
        """The bundle about the newest anchored publication; None where there is none."""

    async def newest(self) -> bytes | None:
        """One bundle of everything in the issuer's newest anchor; None where there is none."""


class StatusEndpoints:
    """Serves the newest publication of each list as ready bytes, one per form."""

    def __init__(self, issuer: Issuer, clock: Clock, proofs: Proofs | None) -> None:
        self._lists = issuer.status
        self._clock = clock
        self._proofs = proofs
        self._ttl = int(issuer.configuration.status.ttl.total_seconds())
        self._ready: dict[StatusListId, tuple[PublishedToken, Ready, Ready]] = {}

    def routes(self, prefix: str) -> list[Route]:
        return [
            Route(f"{prefix}/status", self.aggregation, methods=["GET"]),
            Route(f"{prefix}/status/{{list_id}}", self.token, methods=["GET"]),
            Route(f"{prefix}/status/{{list_id}}/proof", self.proof, methods=["GET"]),
            Route(f"{prefix}{ANCHORS_PATH}", self.anchors, methods=["GET"]),
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
        form = "cwt" if prefers(request, *_FORMS.values()) == cwt_token.MEDIA_TYPE else "jwt"
        answer = (cwt if form == "cwt" else jwt).answer(request)
        if self._proofs is not None:
            place = f"{self._lists.uri(list_id)}/proof?form={form}"
            answer.headers["link"] = f'<{place}>; rel="{PROOF_RELATION}"; type="{BUNDLE_TYPE}"'
        return answer

    async def proof(self, request: Request) -> Response:
        """The ledger's proof for one form of a list: 404 before it was anchored."""
        media_type = _FORMS.get(request.query_params.get("form", "jwt"))
        if self._proofs is None or media_type is None:
            return Response(status_code=404)
        uri = self._lists.uri(StatusListId(request.path_params["list_id"]))
        return _bundle(await self._proofs.find(uri, media_type))

    async def anchors(self, request: Request) -> Response:
        """The proof of any published document by `uri` and `media_type`, or of all without them."""
        if self._proofs is None:
            return Response(status_code=404)
        asked = [request.query_params.get(name) for name in ("uri", "media_type")]
        match asked:
            case [None, None]:
                return _bundle(await self._proofs.newest())
            case [str(uri), str(media_type)]:
                return _bundle(await self._proofs.find(uri, media_type))
            case _:
                return Response(status_code=400)

    async def aggregation(self, request: Request) -> Response:
        body = encode_aggregation(await self._lists.uris())
        return ready(body, AGGREGATION_TYPE, max_age=_AGGREGATION_SECONDS).answer(request)


def _bundle(found: bytes | None) -> Response:
    if found is None:
        return Response(status_code=404)
    return Response(found, headers={"cache-control": "no-cache"}, media_type=BUNDLE_TYPE)
