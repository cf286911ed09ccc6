"""The PIN pad: unlocking, locking, changing the PIN, and what helps when it is blocked (W-17, W-23)."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrc.kernel.errors import Rejected
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.pin import check_new_pin
from mrc.wallet.reasons import Reason
from mrc.web.design.forms import read_form
from mrc.web.wallet_app.card_view import birth_date
from mrc.web.wallet_app.screens import SEE_OTHER, Screens, go, own_place

PIN_REASONS = (Reason.WRONG_PIN, Reason.PIN_LOCKED, Reason.PIN_BLOCKED)


class Unlocking:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.route("unlock", self.pad),
            s.act("unlock", self.unlock),
            s.act("lock", self.lock),
            s.open_route("pin", self.new_pin),
            s.open_act("pin", self.change_pin),
            s.route("forgot", self.forgot),
            s.act("erase", self.erase),
        ]

    async def pad(self, request: Request) -> Response:
        if not await self._screens.app.mobile_id.is_activated():
            return go("start")
        place = own_place(request.query_params.get("next", ""))
        return await self.pin_page(request, "unlock.html", place=place)

    async def unlock(self, request: Request) -> Response:
        screens = self._screens
        form = await read_form(request)
        place = own_place(request.query_params.get("next", ""))
        if not await screens.app.mobile_id.is_activated():
            return go("start")
        wallet = await self.judged(form.text("pin"))
        if wallet is None:
            return await self.pin_page(request, "unlock.html", place=place, wrong=True)
        screens.session.open(wallet, at=screens.app.clock.now())
        waiting = screens.session.link is not None
        return RedirectResponse("/app/open" if waiting else place, status_code=SEE_OTHER)

    async def judged(self, pin: str) -> OpenWallet | None:
        """The wallet where the PIN is right, None where it is not or may not be tried."""
        try:
            return await self._screens.app.mobile_id.unlock(pin)
        except Rejected as error:
            if error.reason not in PIN_REASONS:
                raise
            return None

    async def pin_page(
        self, request: Request, template: str, *, wrong: bool = False, **values: object
    ) -> Response:
        """A page with the pad; paused and blocked are told with their time and their way out."""
        tries = await self._screens.app.mobile_id.tries()
        until = tries.paused_until
        paused = until is not None and self._screens.app.clock.now() < until
        return await self._screens.show(
            request,
            template,
            status=422 if wrong else 200,
            wrong=wrong,
            blocked=tries.blocked,
            paused_until=until if paused else None,
            tries_left=tries.left_before_pause if tries.used else None,
            **values,
        )

    async def lock(self, _request: Request) -> Response:
        self._screens.session.lock()
        return go("unlock")

    async def new_pin(self, request: Request, _wallet: OpenWallet) -> Response:
        self._screens.session.first_pin = None
        return await self._change_page(request)

    async def change_pin(self, request: Request, wallet: OpenWallet) -> Response:
        """The PIN now, then the new one: the old one is asked for, so that a borrowed phone keeps it."""
        form = await read_form(request)
        old, new, again = form.text("old"), form.text("new"), form.text("again")
        _ = await self._screens.translator(request)
        dates = [birth_date(card) for card in await wallet.records.cards()]
        errors: list[tuple[str, str]] = []
        try:
            check_new_pin(new, birth_dates=tuple(day for day in dates if day is not None))
        except Rejected:
            errors.append(("new", _("This PIN is too easy to guess. Choose another one.")))
        if not errors and new != again:
            errors.append(("again", _("The two PINs differ. Start again.")))
        if not errors and await self.judged(old) is None:
            errors.append(("old", _("This PIN is not right.")))
        if errors:
            return await self._change_page(request, errors)
        await wallet.vault.change_pin(new)
        return await self._screens.show(request, "pin_changed.html")

    async def _change_page(
        self, request: Request, errors: Sequence[tuple[str, str]] = ()
    ) -> Response:
        tries = await self._screens.app.mobile_id.tries()
        left = tries.left_before_pause if tries.used else None
        status = 422 if errors else 200
        return await self._screens.show(
            request, "pin.html", status=status, errors=list(errors), tries_left=left
        )

    async def forgot(self, request: Request) -> Response:
        return await self._screens.show(request, "forgot.html")

    async def erase(self, request: Request) -> Response:
        """Delete everything on this phone. From a locked app too: what is gone tells nobody anything."""
        form = await read_form(request)
        if form.text("sure") != "yes":
            return go("forgot")
        await self._screens.app.mobile_id.erase()
        self._screens.preferences.forget()
        self._screens.session.lock()
        self._screens.session.link = None
        return go("start")
