"""What every screen needs: pages in the holder's language, the session, and the doors to handlers.

A door decides before a handler runs: is the wallet open, is this act alone, and what the holder
reads when the act is refused. Handlers parse, call one use case and render.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mrc.kernel.errors import MrcError
from mrc.wallet.mobile_id import OpenWallet
from mrc.web.design.assets import Assets
from mrc.web.design.headers import NONCE
from mrc.web.design.language_choice import is_own_path
from mrc.web.design.languages import Language
from mrc.web.design.pages import Audience, Pages
from mrc.web.design.translator import Translator
from mrc.web.wallet_app.host import WalletApp
from mrc.web.wallet_app.notices import count_unseen
from mrc.web.wallet_app.preferences import StoredPreferences
from mrc.web.wallet_app.refusals import explain
from mrc.web.wallet_app.session import Session

ROOT = "/app/"
DOMAINS = ("common", "holder", "wallet")
SEE_OTHER = 303

Handler = Callable[[Request], Awaitable[Response]]
OpenHandler = Callable[[Request, OpenWallet], Awaitable[Response]]


class Screens:
    """The pages and the session of one holder's app."""

    def __init__(self, app: WalletApp) -> None:
        self.app = app
        self.assets = Assets(prefix="/app/static", wallet="mrc.web.wallet_app")
        self.preferences = StoredPreferences(app.preferences)
        self.session = Session(app.idle)
        self._pages = Pages(
            audience=Audience.HOLDER,
            package="mrc.web.wallet_app",
            assets=self.assets,
            domains=DOMAINS,
        )

    async def language(self, request: Request) -> Language:
        chosen = (await self.preferences.get()).language
        return chosen or self._pages.language(request)

    async def translator(self, request: Request) -> Translator:
        return self._pages.translator(await self.language(request))

    async def show(
        self, request: Request, template: str, *, status: int = 200, **values: object
    ) -> HTMLResponse:
        """A page. The referrer tells our own service worker which requests our pages began."""
        shared = {
            "host_kind": self.app.kind.value,
            "lost_page": self.app.lost_page,
            "reads_ic_card": self.app.ic_card is not None,
            "idle_seconds": int(self.app.idle.total_seconds()),
            "opened": self.session.wallet(at=self.app.clock.now()) is not None,
            "now": self.app.clock.now(),
            "unseen": await self._unseen(),
        }
        html = self._pages.render(
            f"wallet/{template}",
            language=await self.language(request),
            nonce=request.scope.get(NONCE, ""),
            path=request.url.path if request.method == "GET" else ROOT,
            **(shared | values),
        )
        return HTMLResponse(html, status, headers={"referrer-policy": "same-origin"})

    async def refuse(self, request: Request, error: MrcError) -> Response:
        """The page that says what went wrong, whether data left, and what to do now."""
        trouble = explain(error, await self.translator(request), path=request.url.path)
        return await self.show(request, "trouble.html", status=trouble.status, trouble=trouble)

    def route(self, path: str, handler: Handler) -> Route:
        """A page that may be seen while the wallet is locked."""
        return Route(ROOT + path, self._guarded(handler), methods=["GET"])

    def act(self, path: str, handler: Handler) -> Route:
        """An act that may be done while the wallet is locked."""
        return Route(ROOT + path, self._guarded(self._alone(handler)), methods=["POST"])

    def open_route(self, path: str, handler: OpenHandler) -> Route:
        return Route(ROOT + path, self._guarded(self._opened(handler)), methods=["GET"])

    def open_act(self, path: str, handler: OpenHandler) -> Route:
        handler_alone = self._alone(self._opened(handler))
        return Route(ROOT + path, self._guarded(handler_alone), methods=["POST"])

    async def _unseen(self) -> int:
        wallet = self.session.wallet(at=self.app.clock.now())
        return 0 if wallet is None else await count_unseen(wallet, at=self.app.clock.now())

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except MrcError as error:
                return await self.refuse(request, error)

        return answer

    def _alone(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            async with self.session.acts, self.app.turn():
                return await handler(request)

        return answer

    def _opened(self, handler: OpenHandler) -> Handler:
        async def answer(request: Request) -> Response:
            at = self.app.clock.now()
            wallet = self.session.wallet(at=at)
            if wallet is None:
                place = request.url.path if request.method == "GET" else ROOT
                return go(f"unlock?next={quote(place)}")
            self.session.touch(at=at)
            return await handler(request, wallet)

        return answer


def go(place: str) -> RedirectResponse:
    """To another page of the app, with GET."""
    return RedirectResponse(ROOT + place, status_code=SEE_OTHER)


def own_place(place: str) -> str:
    """`place` where it is a page of this app, else home."""
    return place if place.startswith(ROOT) and is_own_path(place) else ROOT
