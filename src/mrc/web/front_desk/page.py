"""One request at one page: who asks, when, and how the answer is rendered.

`Door` is the only way a handler becomes a route: it looks the permission up, finds the session and
turns refusals into pages that say what to do next.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import Role
from mrc.authority.staff.signing_in import SignedIn
from mrc.kernel.errors import Forbidden, Malformed, MrcError, Rejected, Unavailable
from mrc.registry.residence import OFFICES
from mrc.web.design.languages import Language
from mrc.web.design.pages import Pages
from mrc.web.design.translator import Translator
from mrc.web.front_desk.desk import FrontDesk
from mrc.web.front_desk.menu import menu_of
from mrc.web.front_desk.permissions import PERMISSIONS, Access
from mrc.web.front_desk.words import refusal_words

COOKIE: Final = "__Host-mrc_desk"
SCREEN_COOKIE: Final = "__Host-mrc_screen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rendering for officers and for customers; they share templates, never sessions."""

    officer: Pages
    customer: Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    request: Request
    desk: FrontDesk
    rooms: Rooms
    now: datetime
    signed_in: SignedIn | None

    @property
    def who(self) -> SignedIn:
        if self.signed_in is None:
            raise ValueError("the page needs a login and its permission does not say so")
        return self.signed_in

    @property
    def language(self) -> Language:
        return self.rooms.officer.language(self.request)

    @property
    def words(self) -> Translator:
        return self.rooms.officer.translator(self.language)

    @property
    def is_part(self) -> bool:
        """htmx asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    async def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """The page or part `template` for the person who is signed in."""
        return self.rooms.officer.respond(
            self.request, template, status=status, **(await self._frame()), **values
        )

    def go(self, path: str) -> Response:
        """See another page: a redirect, for htmx one that leaves the page."""
        if self.is_part:
            return Response(status_code=200, headers={"hx-redirect": path})
        return RedirectResponse(path, status_code=303)

    async def _frame(self) -> dict[str, Any]:
        """What every page's frame shows: the menu, who is signed in, at which counter."""
        who = self.signed_in
        if who is None:
            return {"who": None, "menu_items": [], "counter": None}
        waiting = 0
        if who.member.role is Role.SUPERVISOR and not self.is_part:
            waiting = await self.desk.approvals.waiting(who.member.office, now=self.now)
        office = OFFICES[who.member.office]
        return {
            "who": who.member.name,
            "office": office.korean if self.language is Language.KO else office.english,
            "counter": who.session.counter,
            "menu_items": menu_of(who.member.role, waiting, self.words),
        }


Handler = Callable[[Page], Awaitable[Response]]


class Door:
    """Makes routes of handlers, by the table of permissions."""

    def __init__(self, desk: FrontDesk, rooms: Rooms) -> None:
        self._desk = desk
        self._rooms = rooms

    def route(self, path: str, handler: Handler, name: str, method: str = "GET") -> Route:
        """`ValueError` for a route without a permission."""
        if name not in PERMISSIONS:
            raise ValueError(f"{name} is not in the table of permissions")
        access = PERMISSIONS[name]

        async def answer(request: Request) -> Response:
            page = await self._page(request, access)
            try:
                if access.roles is not None and page.signed_in is None:
                    return page.go("/sign-in")
                if page.signed_in and not access.admits(page.signed_in.member.role):
                    return await page.show("wrong_role.html", status=403)
                return await handler(page)
            except MrcError as error:
                return await refusal(page, error)

        return Route(path, answer, methods=[method], name=name)

    async def _page(self, request: Request, access: Access) -> Page:
        now = self._desk.clock.now()
        cookie = request.cookies.get(COOKIE)
        signed_in = None
        if cookie and access.roles is not None:
            signed_in = await self._desk.signing_in.find(
                cookie, now=now, in_background=access.background
            )
        return Page(
            request=request, desk=self._desk, rooms=self._rooms, now=now, signed_in=signed_in
        )


async def refusal(page: Page, error: MrcError) -> Response:
    """A refusal in words: what happened and what to do now."""
    words = refusal_words(page.words, error)
    match error:
        case Forbidden(reason=StaffReason.VISIT_UNKNOWN | StaffReason.REPORT_UNKNOWN):
            status = 404
        case Forbidden():
            status = 409
        case Rejected() | Malformed():
            status = 400
        case Unavailable():
            status = 503
        case _:
            raise error
    template = "refusal.html" if page.signed_in else "refusal_out.html"
    if page.is_part:
        template, status = (
            "part_refusal.html",
            200,
        )  # htmx puts the words where the part would stand
    return await page.show(template, status=status, words=words)
