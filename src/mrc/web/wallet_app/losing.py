"""Loss (W-22) and the emergency lock code (W-11): lock a card now, or later from any browser."""

from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.card_loss.lock_code import spaced
from mrc.wallet.holdings import CardState
from mrc.wallet.mobile_id import OpenWallet
from mrc.web.design.forms import read_form
from mrc.web.wallet_app import last_page
from mrc.web.wallet_app.card_view import card_view
from mrc.web.wallet_app.screens import Screens
from mrc.web.wallet_app.unlocking import Unlocking

ASKED_FOR = (3, 9)  # which characters prove that the code stands on paper, counted from 1


class Losing:
    def __init__(self, screens: Screens, unlocking: Unlocking) -> None:
        self._screens = screens
        self._unlocking = unlocking

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.route("lost", self.lost),
            s.open_act("cards/{card_id}/lock", self.lock),
            s.open_route("lock-code", self.ask_pin),
            s.open_act("lock-code", self.show_code),
            s.open_act("lock-code/check", self.check_code),
        ]

    async def lost(self, request: Request) -> Response:
        """What to do. While the app is open its own cards can be locked at once."""
        at = self._screens.app.clock.now()
        wallet = self._screens.session.wallet(at=at)
        held = () if wallet is None else await wallet.records.cards()
        _ = await self._screens.translator(request)
        views = [card_view(card, _, at=at) for card in held if card.state is CardState.USABLE]
        return await self._screens.show(request, "lost.html", cards=views)

    async def lock(self, request: Request, wallet: OpenWallet) -> Response:
        """Lock at the issuer. Where it cannot be reached the holder is told to call."""
        card = await wallet.records.get(request.path_params["card_id"])
        await last_page.drop(wallet)
        try:
            receipt = await wallet.locking.lock(card.id)
        except (Rejected, Unavailable):
            return await self._screens.show(
                request, "lock_failed.html", status=503, card_id=card.id
            )
        locked = replace(card, state=CardState.LOCKED, state_at=receipt.refused_from)
        await wallet.records.put_state(locked)
        return await self._screens.show(request, "lock_done.html", receipt=receipt)

    async def ask_pin(self, request: Request, _wallet: OpenWallet) -> Response:
        return await self._unlocking.pin_page(request, "lock_code_pin.html")

    async def show_code(self, request: Request, wallet: OpenWallet) -> Response:
        """The code, after the PIN: whoever borrows the open phone shall not read it."""
        if await self._unlocking.judged((await read_form(request)).text("pin")) is None:
            return await self._unlocking.pin_page(request, "lock_code_pin.html", wrong=True)
        code = spaced(await wallet.locking.lock_code())
        return await self._screens.show(request, "lock_code.html", code=code)

    async def check_code(self, request: Request, wallet: OpenWallet) -> Response:
        """Two characters from the paper; then every office is told the code."""
        given = (await read_form(request)).text("characters").upper().replace(" ", "")
        code = await wallet.locking.lock_code()
        if given and given != "".join(code[place - 1] for place in ASKED_FOR):
            return await self._check_page(request, wrong=True)
        if not given:
            return await self._check_page(request, wrong=False)
        waiting = await wallet.locking.register_lock_code()
        return await self._screens.show(request, "lock_code_done.html", waiting=bool(waiting))

    async def _check_page(self, request: Request, *, wrong: bool) -> Response:
        first, second = ASKED_FOR
        status = 422 if wrong else 200
        return await self._screens.show(
            request, "lock_code_check.html", status=status, a=first, b=second, wrong=wrong
        )
