"""The explorer: one page about everything on the ledger, and the documents that prove it.

Public and read-only. The page is the operator's word; the documents (`/bundles`, `/askers`,
`/trust-list`, `/trust.json`) can be checked by anybody without believing the operator.
"""

import re
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mrc.kernel.errors import Malformed, Unavailable
from mrc.ledger.asker_register import MEDIA_TYPE as REGISTER_TYPE
from mrc.ledger.bundle import MEDIA_TYPE as BUNDLE_TYPE
from mrc.web.design.assets import Assets
from mrc.web.design.forms import read_form
from mrc.web.design.headers import ContentPolicy, SecurityHeaders
from mrc.web.design.language_choice import language_route
from mrc.web.design.languages import COMPLETE
from mrc.web.design.pages import Audience, Pages
from mrc.web.design.same_origin import SameOriginWrites
from mrc.web.explorer import words
from mrc.web.explorer.views import CheckedBundle, Elsewhere, Explored

PACKAGE = "mrc.web.explorer"
_CACHED = {"cache-control": "public, max-age=1", "access-control-allow-origin": "*"}
_SPACE = re.compile(r"\s+")
REFUSED = CheckedBundle(facts=None, outcome="failed", reason="form_too_long", names={})
Handler = Callable[[Request], Awaitable[Response]]


def make_app(explored: Explored) -> Starlette:
    assets = Assets(explorer=PACKAGE)
    pages = Pages(
        audience=Audience.ONLINE,
        package=PACKAGE,
        assets=assets,
        languages=COMPLETE,
        domains=("common", "online", "explorer"),
    )
    page, papers = ExplorerPage(explored, pages), Papers(explored)
    routes: list[BaseRoute] = [
        Route("/", page.overview, methods=["GET"]),
        Route("/check", page.check, methods=["POST"]),
        Route("/favicon.ico", _nothing, methods=["GET"]),
        Route("/bundles", _guarded(papers.bundle), methods=["GET"]),
        Route("/askers", _guarded(papers.askers), methods=["GET"]),
        Route("/trust-list", _guarded(papers.trust_list), methods=["GET"]),
        Route("/trust.json", _guarded(papers.trust), methods=["GET"]),
        Route("/health", _guarded(papers.health), methods=["GET"]),
        assets.route(),
        language_route(),
    ]
    policy = ContentPolicy(wasm=False)
    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, policy=policy), Middleware(SameOriginWrites)],
    )


class ExplorerPage:
    """The page and the answer to a bundle dropped on it."""

    def __init__(self, explored: Explored, pages: Pages) -> None:
        self._explored = explored
        self._pages = pages

    async def overview(self, request: Request) -> Response:
        try:
            view = await self._explored.view()
        except Unavailable:
            return self._pages.respond(request, "silent.html", status=503)
        return self._pages.respond(request, "overview.html", ledger=view, words=words)

    async def check(self, request: Request) -> Response:
        """Reads a posted form with the bundle's text; line breaks of a paste do not matter."""
        try:
            form = await read_form(request)
        except Malformed:
            checked = REFUSED
        else:
            bundle = _SPACE.sub("", form.text("bundle")).encode()
            checked = await self._explored.check(bundle)
        whole = request.headers.get("hx-request") != "true"
        template = "checked_page.html" if whole else "checked.html"
        return self._pages.respond(request, template, checked=checked, words=words)


class Papers:
    """The documents, for programs."""

    def __init__(self, explored: Explored) -> None:
        self._explored = explored

    async def bundle(self, request: Request) -> Response:
        """The proof of one document, where its owner serves it: 404 where there is none."""
        uri, media_type = (request.query_params.get(name, "") for name in ("uri", "media_type"))
        found = await self._explored.bundle(uri, media_type)
        if isinstance(found, Elsewhere):
            return RedirectResponse(found.url, status_code=307, headers=_CACHED)
        return Response(found, media_type=BUNDLE_TYPE, headers=_CACHED)

    async def askers(self, _: Request) -> Response:
        register = await self._explored.asker_register()
        return Response(register, media_type=REGISTER_TYPE, headers=_CACHED)

    async def trust_list(self, _: Request) -> Response:
        found = await self._explored.trust_list()
        if found is None:
            raise Unavailable("trust list", "nobody is registered yet")
        return Response(found.data, media_type=found.media_type, headers=_CACHED)

    async def trust(self, _: Request) -> Response:
        """Which ledger this is. Believe it only over a channel that you believe."""
        found = await self._explored.trust()
        return Response(found, media_type="application/json", headers=_CACHED)

    async def health(self, _: Request) -> Response:
        view = await self._explored.view()
        members = {
            "block": view.blocks[0].number if view.blocks else None,
            "tick": view.tick,
            "anchored_at": None if view.anchored_at is None else view.anchored_at.isoformat(),
            "late": view.late,
            "paused": view.paused,
        }
        return JSONResponse(members, status_code=503 if view.late else 200)


def _guarded(act: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await act(request)
        except Unavailable as error:
            return JSONResponse({"error": error.what, "detail": error.detail}, status_code=404)

    return answer


async def _nothing(_: Request) -> Response:
    return Response(status_code=204)
