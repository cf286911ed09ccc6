"""The first minutes: language, what you need, terms, PIN (W-1 to W-4), and the language ever after."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrc.kernel.errors import Rejected
from mrc.wallet.pin import check_new_pin
from mrc.web.design.forms import read_form
from mrc.web.design.languages import COMPLETE, Language, find_language
from mrc.web.wallet_app.screens import SEE_OTHER, Screens, go, own_place


class Onboarding:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.route("start", self.languages),
            s.route("start/need", self.need),
            s.route("start/terms", self.terms),
            s.act("start/terms", self.agree),
            s.route("start/pin", self.pin),
            s.act("start/pin", self.choose_pin),
            s.act("language", self.choose_language),
        ]

    async def languages(self, request: Request) -> Response:
        listed = [*COMPLETE, *(each for each in Language if each not in COMPLETE)]
        return await self._screens.show(request, "start_language.html", listed=listed)

    async def need(self, request: Request) -> Response:
        return await self._screens.show(request, "start_need.html")

    async def terms(self, request: Request) -> Response:
        return await self._screens.show(request, "start_terms.html")

    async def agree(self, request: Request) -> Response:
        """Remember the agreement; a phone that cannot sign or store is told so here, not later."""
        answer = await self._screens.app.check.respond(request)
        if answer.status_code != 200:
            return await self._screens.show(request, "stop_phone.html", status=503)
        await self._screens.preferences.agree()
        return go("start/pin")

    async def pin(self, request: Request) -> Response:
        if await self._screens.app.mobile_id.is_activated():
            return go("")
        if not (await self._screens.preferences.get()).agreed:
            return go("start")
        return await self._pin_page(request, None)

    async def choose_pin(self, request: Request) -> Response:
        """First the PIN, then the same again; the wallet exists when both are equal."""
        screens, session = self._screens, self._screens.session
        if await screens.app.mobile_id.is_activated():
            return go("")
        pin = (await read_form(request)).text("pin")
        _ = await screens.translator(request)
        first = session.first_pin
        if first is None:
            try:
                check_new_pin(pin)
            except Rejected:
                easy = _("This PIN is too easy to guess. Choose another one.")
                return await self._pin_page(request, easy, status=422)
            session.first_pin = pin
            return go("start/pin")
        session.first_pin = None
        if pin != first:
            differ = _("The two PINs differ. Start again.")
            return await self._pin_page(request, differ, status=422)
        wallet = await screens.app.mobile_id.activate(pin)
        session.open(wallet, at=screens.app.clock.now())
        return await screens.show(request, "start_done.html")

    async def choose_language(self, request: Request) -> Response:
        form = await read_form(request)
        language = find_language(form.text("language"))
        if language is not None:
            await self._screens.preferences.choose_language(language)
        return RedirectResponse(own_place(form.text("back")), status_code=SEE_OTHER)

    async def _pin_page(
        self, request: Request, error: str | None, *, status: int = 200
    ) -> Response:
        again = self._screens.session.first_pin is not None
        return await self._screens.show(
            request, "start_pin.html", status=status, again=again, error=error
        )
