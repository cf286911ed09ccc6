"""The sample service's application: its routes behind their doors, under the shared headers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from mrc.kernel.errors import Unavailable
from mrc.web.design.headers import ContentPolicy, SecurityHeaders
from mrc.web.design.language_choice import language_route
from mrc.web.design.same_origin import SameOriginWrites
from mrc.web.online.parts import OnlineParts
from mrc.web.online.permissions import PERMISSIONS
from mrc.web.online.running import Running
from mrc.web.online.screens import Screens
from mrc.web.online.signing_in import SigningIn

KEPT_FOR = timedelta(days=1)
_PURGE_SECONDS = 300


def create_app(parts: OnlineParts) -> Starlette:
    running = Running(parts)
    screens = Screens(parts, running)
    assets, language = screens.assets.route(), language_route()
    assets.name, language.name = "assets", "language"
    routes = [
        assets,
        language,
        screens.route("icon", "/favicon.ico", _no_icon),
        *SigningIn(screens, running).routes(),
    ]
    if {route.name for route in routes} != set(PERMISSIONS):
        raise ValueError("the permission table and the routes differ")

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_forget(parts))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    policy = ContentPolicy(wasm=False)
    middleware = [Middleware(SecurityHeaders, policy=policy), Middleware(SameOriginWrites)]
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)


async def _no_icon(_: Request) -> Response:
    return Response(status_code=204)


async def _forget(parts: OnlineParts) -> None:
    while True:
        with contextlib.suppress(Unavailable):  # the next round tries again
            await parts.sign_ins.purge(opened_before=parts.clock.now() - KEPT_FOR)
        await asyncio.sleep(_PURGE_SECONDS)
