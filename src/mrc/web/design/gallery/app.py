"""The gallery as an app: one page per kind of screen, over invented data.

Run it with `uvicorn --factory mrc.web.design.gallery.app:make_gallery`. `?language=vi` chooses the
language; the looks come from the browser. No page here does anything.
"""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.web.design.assets import Assets
from mrc.web.design.forms import read_form
from mrc.web.design.headers import SecurityHeaders
from mrc.web.design.language_choice import language_route
from mrc.web.design.languages import Language, find_language
from mrc.web.design.pages import Audience, Pages
from mrc.web.design.same_origin import SameOriginWrites

PAGES: Final[dict[Audience, tuple[str, ...]]] = {
    Audience.OFFICER: ("record", "issue", "dashboard", "desk_form", "customer"),
    Audience.HOLDER: (
        "home",
        "details",
        "consent",
        "consent_unknown",
        "pin",
        "scan",
        "show",
        "states",
        "waiting",
        "settings",
        "swap",
    ),
    Audience.CHECKER: ("choose", "valid", "not_valid", "ask"),
    Audience.ONLINE: ("sign_in", "online_error"),
}
DOMAINS: Final = ("common", "customer", "officer", "result", "checker", "online", "holder")
_LONG_NAME: Final = (
    "WEERASINGHE ARACHCHIGE DON PRIYANKARA MUDIYANSELAGE, "
    "CHATHURANGA NAVANEETHA KRISHNAMOORTHY THIRUVENGADAM"
)
_PORTRAIT_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 70 90"><rect width="70" height="90" '
    'fill="#dfe7ea"/><path d="M8 90c2-20 13-27 27-27s25 7 27 27z" fill="#34566b"/><rect x="29" '
    'y="52" width="12" height="16" rx="5" fill="#d7a683"/><ellipse cx="35" cy="39" rx="14.5" '
    'ry="18" fill="#e6b894"/><path d="M20 38c-1-16 6-22 15-22s17 5 15 22c-2-8-5-12-9-13-7 2-16 1-18 '
    '3-2 2-3 5-3 10z" fill="#2a2320"/></svg>'
)
PORTRAIT: Final = "data:image/svg+xml;base64," + base64.b64encode(_PORTRAIT_SVG.encode()).decode()
_NOW: Final = datetime(2026, 11, 22, 5, 2, tzinfo=UTC)


def make_gallery() -> Starlette:
    """The gallery with the policy and the middleware of a real front end."""
    assets = Assets()
    routes = [assets.route(), language_route(), Route("/sent", _echo, methods=["POST"])]
    routes.append(Route("/favicon.ico", _no_icon))
    for audience, names in PAGES.items():
        languages = tuple(Language)
        pages = Pages(
            audience=audience,
            package="mrc.web.design.gallery",
            assets=assets,
            languages=languages,
            domains=DOMAINS,
        )
        routes += [Route(f"/{name}", _page(pages, name)) for name in names]
        if audience is Audience.HOLDER:
            routes.append(Route("/fragment", _page(pages, "fragment"), methods=["POST"]))
    middleware = [Middleware(SecurityHeaders), Middleware(SameOriginWrites)]
    return Starlette(routes=routes, middleware=middleware)


def _page(pages: Pages, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        language = find_language(request.query_params.get("language", ""))
        return pages.respond(
            request,
            f"gallery/{name}.html",
            language=language or pages.language(request),
            portrait=PORTRAIT,
            long_name=_LONG_NAME,
            now=_NOW,
        )

    return show


async def _no_icon(_request: Request) -> Response:
    return Response(status_code=204)  # browsers ask for it beside plain text


async def _echo(request: Request) -> Response:
    form = await read_form(request)
    return Response(form.text("code") or form.text("pin") or "sent", media_type="text/plain")
