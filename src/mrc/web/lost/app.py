"""The public loss page (UX W-22): any browser, the lock code, no sign-in, no script needed.

It stands at an origin of its own: nobody's session is near it. Nothing is remembered in the
browser, and the code is never in an address.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.authority.loss.holders import CodeDesk
from mrc.authority.loss.records import LossReason
from mrc.formats.catalogue.ages import SEOUL
from mrc.kernel.errors import Forbidden, Malformed, Rejected, Unavailable
from mrc.kernel.ports import Clock
from mrc.protocols.card_loss.lock_code import decode_lock_code
from mrc.protocols.card_loss.messages import LockReceipt
from mrc.web.design.assets import Assets
from mrc.web.design.forms import Form, read_form
from mrc.web.design.headers import ContentPolicy, SecurityHeaders
from mrc.web.design.language_choice import language_route
from mrc.web.design.pages import Audience, Pages
from mrc.web.design.same_origin import SameOriginWrites
from mrc.web.lost.asker_reports import ASKER_REPORTS_PATH
from mrc.web.lost.reports import CARRIER_PATH

PACKAGE = "mrc.web.lost"


def make_app(desk: CodeDesk, clock: Clock, *doors: Route) -> Starlette:
    """The page, and `doors` for signed reports beside it."""
    page = LostPage(desk, clock)
    routes = [
        page.assets.route(),
        language_route(),
        Route("/", page.show, methods=["GET"]),
        Route("/", page.lock, methods=["POST"]),
        *doors,
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders, policy=ContentPolicy(wasm=False)),
            Middleware(SameOriginWrites, open_paths=(CARRIER_PATH, ASKER_REPORTS_PATH)),
        ],
    )


class LostPage:
    def __init__(self, desk: CodeDesk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self.assets = Assets()
        self._pages = Pages(
            audience=Audience.HOLDER,
            package=PACKAGE,
            assets=self.assets,
            domains=("common", "holder", "lost"),
        )

    async def show(self, request: Request) -> Response:
        return self._form(request)

    async def lock(self, request: Request) -> Response:
        """Decode, count, judge, lock. A wrong, an old and a dead code get the same page."""
        try:
            form = await read_form(request)
        except Malformed:
            return self._form(request, status=400)
        if form.text("sure") != "yes":
            return self._form(request, form, problem="sure", status=422)
        try:
            code = decode_lock_code(form.text("code"))
        except Rejected:
            return self._form(request, form, problem="mistyped", status=422)
        address = request.client.host if request.client else ""
        try:
            receipt = await self._desk.lock(code, address=address, now=self._clock.now())
        except Forbidden as error:
            spent = error.reason is LossReason.TOO_MANY_TRIES
            name, status = ("tries", 429) if spent else ("unknown", 422)
            return self._form(request, problem=name, status=status)
        except Unavailable:
            return self._form(request, problem="down", status=503)
        return self._locked(request, receipt)

    def _form(
        self, request: Request, form: Form | None = None, *, problem: str = "", status: int = 200
    ) -> Response:
        code = "" if form is None else form.text("code")
        return self._pages.respond(
            request, "lost/form.html", status=status, problem=problem, code=code
        )

    def _locked(self, request: Request, receipt: LockReceipt) -> Response:
        at = receipt.refused_from.astimezone(SEOUL)
        return self._pages.respond(
            request,
            "lost/locked.html",
            reference=receipt.reference,
            day=at.date(),
            time=f"{at:%H:%M:%S}",
        )
