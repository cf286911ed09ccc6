"""The checker's application: its routes behind their doors, under the design system's headers."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from mrc.web.checker.checking import Checking
from mrc.web.checker.elsewhere import Elsewhere
from mrc.web.checker.parts import CheckerParts
from mrc.web.checker.permissions import PERMISSIONS
from mrc.web.checker.poster import Posters
from mrc.web.checker.running import Running
from mrc.web.checker.screens import Screens
from mrc.web.checker.signing_in import SigningIn
from mrc.web.design.headers import ContentPolicy, SecurityHeaders
from mrc.web.design.language_choice import language_route
from mrc.web.design.same_origin import SameOriginWrites


def create_app(parts: CheckerParts) -> Starlette:
    screens, running = Screens(parts), Running(parts)
    checking = Checking(screens, running)
    assets, language = screens.assets.route(), language_route()
    assets.name, language.name = "assets", "language"
    routes = [
        assets,
        language,
        screens.open_route("icon", "/favicon.ico", _no_icon),
        *SigningIn(screens).routes(),
        *checking.routes(),
        *Elsewhere(screens, running, checking).routes(),
        *Posters(screens, running).routes(),
    ]
    if {route.name for route in routes} != set(PERMISSIONS):
        raise ValueError("the permission table and the routes differ")
    policy = ContentPolicy(wasm=False)
    middleware = [Middleware(SecurityHeaders, policy=policy), Middleware(SameOriginWrites)]
    return Starlette(routes=routes, middleware=middleware)


async def _no_icon(_: Request) -> Response:
    return Response(status_code=204)
