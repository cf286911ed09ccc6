"""The holder's app as one ASGI app under ``/app/``, the same in every host of the wallet.

Every act is a POST that our own pages began (`SameOriginWrites`); every page but those before the
PIN needs the open wallet. In a phone's browser the pages stand in a frame of the shell page.
"""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mrc.web.design.headers import ContentPolicy, SecurityHeaders
from mrc.web.design.same_origin import SameOriginWrites
from mrc.web.wallet_app.adding import Adding
from mrc.web.wallet_app.home import Home
from mrc.web.wallet_app.host import HostKind, WalletApp
from mrc.web.wallet_app.ic_card_pages import IcCardPages
from mrc.web.wallet_app.losing import Losing
from mrc.web.wallet_app.onboarding import Onboarding
from mrc.web.wallet_app.reporting import ReportPages
from mrc.web.wallet_app.screens import ROOT, Screens
from mrc.web.wallet_app.settings import SettingsPages
from mrc.web.wallet_app.sharing import Sharing
from mrc.web.wallet_app.unlocking import Unlocking


class OwnFrame(ContentPolicy):
    """The policy of pages that only a page of their own origin may frame: the shell."""

    __slots__ = ()

    def header(self, nonce: str) -> str:
        text = ContentPolicy.header(self, nonce)
        return text.replace("frame-ancestors 'none'", "frame-ancestors 'self'")


def make_app(app: WalletApp) -> Starlette:
    """The app of one holder. One instance serves one wallet; it must not be shared."""
    screens = Screens(app)
    policy = OwnFrame() if app.kind is HostKind.BROWSER else ContentPolicy()

    async def missing(request: Request, _error: Exception) -> Response:
        return await screens.show(request, "missing.html", status=404)

    async def broken(request: Request, _error: Exception) -> Response:
        return await screens.show(request, "broken.html", status=500)

    return Starlette(
        routes=_routes(app, screens),
        middleware=[Middleware(SecurityHeaders, policy=policy), Middleware(SameOriginWrites)],
        exception_handlers={404: missing, 405: missing, Exception: broken},
    )


def _routes(app: WalletApp, screens: Screens) -> Sequence[BaseRoute]:
    adding, unlocking = Adding(screens), Unlocking(screens)
    return [
        screens.assets.route(),
        Route(f"{ROOT}check", app.check.respond),
        *Onboarding(screens).routes(),
        *unlocking.routes(),
        *adding.routes(),
        *IcCardPages(screens).routes(),
        *Sharing(screens, adding, unlocking).routes(),
        *ReportPages(screens).routes(),
        *Losing(screens, unlocking).routes(),
        *SettingsPages(screens).routes(),
        *Home(screens).routes(),
    ]
