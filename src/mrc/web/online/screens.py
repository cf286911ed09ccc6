"""What every page of the sample service needs: its looks, and the door of a sign-in's browser."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mrc.kernel.errors import Malformed, Unavailable
from mrc.verifier.online.sign_ins import SignIn
from mrc.web.design.assets import Assets
from mrc.web.design.pages import Audience, Pages
from mrc.web.design.translator import Translator
from mrc.web.online.browsers import owns
from mrc.web.online.parts import OnlineParts
from mrc.web.online.permissions import PERMISSIONS, Access
from mrc.web.online.running import Running

SEE_OTHER = 303
Handler = Callable[[Request], Awaitable[Response]]
OwnHandler = Callable[[Request, SignIn], Awaitable[Response]]


def go(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=SEE_OTHER)


class Screens:
    def __init__(self, parts: OnlineParts, running: Running) -> None:
        self.parts = parts
        self._running = running
        self.assets = Assets(online="mrc.web.online")
        self.pages = Pages(
            audience=Audience.ONLINE,
            package="mrc.web.online",
            assets=self.assets,
            domains=("common", "holder", "wallet", "online"),
        )

    def words(self, request: Request) -> Translator:
        return self.pages.translator(self.pages.language(request))

    def service(self, request: Request) -> str:
        names = self.parts.service
        return names.get(self.pages.language(request).value) or names["en"]

    def show(
        self, request: Request, template: str, *, status: int = 200, **values: object
    ) -> HTMLResponse:
        return self.pages.respond(
            request,
            f"online/{template}",
            status=status,
            language=self.pages.language(request),
            service=self.service(request),
            **values,
        )

    def route(self, name: str, path: str, handler: Handler, *methods: str) -> Route:
        if PERMISSIONS[name] is not Access.ANYONE:
            raise ValueError(f"{name} belongs to a browser")

        async def told(request: Request) -> Response:
            return await self._told(request, lambda: handler(request))

        return Route(path, told, methods=methods or ("GET",), name=name)

    def own_route(self, name: str, path: str, handler: OwnHandler, *methods: str) -> Route:
        """A route of one sign-in, for the browser that started it and for no other."""
        if PERMISSIONS[name] is not Access.BROWSER:
            raise ValueError(f"{name} is open to anyone")

        async def guarded(request: Request) -> Response:
            found = await self._running.find(request.path_params["sign_in"])
            if found is None:
                return self.fail(request, "gone", status=404)
            if not owns(request, found):
                return self.fail(request, "other_browser", status=403)
            return await self._told(request, lambda: handler(request, found))

        return Route(path, guarded, methods=methods or ("GET",), name=name)

    async def _told(self, request: Request, act: Callable[[], Awaitable[Response]]) -> Response:
        try:
            return await act()
        except Unavailable:
            return self.fail(request, "unavailable", status=503)
        except Malformed:
            return self.fail(request, "malformed", status=400)

    def fail(self, request: Request, why: str, *, status: int = 200, **values: object) -> Response:
        known = {"sign_in": None, "code": CODES[why], "why": why}
        return self.show(request, "error.html", status=status, **(known | values))


CODES = {
    "declined": "O-301",
    "not_good": "O-302",
    "locked": "O-303",
    "too_young": "O-304",
    "ended": "O-305",
    "stopped": "O-306",
    "other_browser": "O-403",
    "gone": "O-404",
    "malformed": "O-400",
    "unavailable": "O-503",
}
