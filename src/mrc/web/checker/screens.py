"""What every screen of the checker needs: pages, the session, and the door before each handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mrc.kernel.errors import Malformed, Unavailable
from mrc.verifier.in_person.checks import Check, CheckId
from mrc.web.checker.parts import CheckerParts
from mrc.web.checker.permissions import PERMISSIONS, Access
from mrc.web.checker.posts import Post, find_post
from mrc.web.design.assets import Assets
from mrc.web.design.languages import Language
from mrc.web.design.pages import Audience, Pages
from mrc.web.design.translator import Translator

SEE_OTHER = 303
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    post: Post


PostHandler = Callable[[Visit], Awaitable[Response]]


def go(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=SEE_OTHER)


class Screens:
    def __init__(self, parts: CheckerParts) -> None:
        self.parts = parts
        self.assets = Assets(checker="mrc.web.checker")
        self.pages = Pages(audience=Audience.CHECKER, package="mrc.web.checker", assets=self.assets)

        self.holder_pages = Pages(
            audience=Audience.CHECKER,
            package="mrc.web.checker",
            assets=self.assets,
            languages=tuple(Language),
            domains=("common", "result"),
        )
        self.visitor_pages = Pages(
            audience=Audience.CHECKER,
            package="mrc.web.checker",
            assets=self.assets,
            languages=tuple(Language),
            domains=("common", "online", "result"),
        )

    def words(self, request: Request) -> Translator:
        return self.pages.translator(self.pages.language(request))

    def organisation(self, request: Request) -> str:
        names = self.parts.organisation
        return names.get(self.pages.language(request).value) or names["en"]

    def show(
        self,
        request: Request,
        template: str,
        *,
        post: Post | None = None,
        status: int = 200,
        **values: object,
    ) -> HTMLResponse:
        return self.pages.respond(
            request,
            f"checker/{template}",
            language=self.pages.language(request),
            status=status,
            organisation=self.organisation(request),
            place=None if post is None else post.place,
            training=post is not None and post.training,
            **values,
        )

    def route(self, name: str, path: str, handler: PostHandler, *methods: str) -> Route:
        """A route of somebody signed in. `ValueError` where the table has another word for it."""
        access = PERMISSIONS[name]
        if access is Access.ANYONE:
            raise ValueError(f"{name} is open to anyone")

        async def guarded(request: Request) -> Response:
            post = find_post(request, self.parts.texts, now=self.parts.clock.now())
            if post is None:
                return go("/sign-in")
            if access is Access.OPERATOR and post.training:
                return self.refuse(request, post, "training")
            return await self._told(request, post, lambda: handler(Visit(request, post)))

        return Route(path, guarded, methods=methods or ("GET",), name=name)

    def open_route(self, name: str, path: str, handler: Handler, *methods: str) -> Route:
        if PERMISSIONS[name] is not Access.ANYONE:
            raise ValueError(f"{name} needs a sign-in")

        async def told(request: Request) -> Response:
            return await self._told(request, None, lambda: handler(request))

        return Route(path, told, methods=methods or ("GET",), name=name)

    async def _told(
        self, request: Request, post: Post | None, act: Callable[[], Awaitable[Response]]
    ) -> Response:
        try:
            return await act()
        except Unavailable:
            return self.refuse(request, post, "unavailable", status=503)
        except Malformed:
            return self.refuse(request, post, "malformed", status=400)

    def refuse(
        self, request: Request, post: Post | None, why: str, *, status: int = 403
    ) -> HTMLResponse:
        return self.show(request, "refused.html", post=post, status=status, why=why)

    async def find_check(self, visit: Visit) -> Check | None:
        """The check that the path names, where it belongs to this post."""
        found = await self.parts.checks.find(CheckId(visit.request.path_params["check"]))
        return found if found is not None and visit.post.may_see(found.post) else None
