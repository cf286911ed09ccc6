"""W-8 where the host can read IC cards: the card's PIN, "keep still", and every way it may end."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.ic_card.reasons import Reason as ChipReason
from mrc.kernel.errors import Rejected, Unavailable
from mrc.wallet.chip_proof import TapStep
from mrc.wallet.mobile_id import OpenWallet
from mrc.web.design.forms import Form, read_form
from mrc.web.design.translator import Message, Translator
from mrc.web.wallet_app.ic_tap import CardSecrets, IcTap
from mrc.web.wallet_app.screens import Screens, go
from mrc.web.wallet_app.session import AddFlow

PIN_DIGITS = CAN_DIGITS = 6
_BLOCKED = (ChipReason.PIN_BLOCKED,)
_LAST = (ChipReason.LAST_TRY, ChipReason.PIN_SUSPENDED)
_PLACE = {
    TapStep.HOLD_CARD: 0,
    TapStep.CARD_LEFT: 0,
    TapStep.OPENING: 1,
    TapStep.PROVING: 1,
    TapStep.MAY_REMOVE_CARD: 2,
    TapStep.OFFICE_DECIDES: 2,
    TapStep.COLLECTING: 2,
}


class IcCardPages:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._session = screens.session
        self._door = screens.app.ic_card

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.open_route("add/ic-card", self.pad),
            s.open_act("add/ic-card", self.start),
            s.open_route("add/ic-card/reading", self.reading),
            s.open_route("add/ic-card/progress", self.progress),
            s.open_route("add/ic-card/end", self.end),
            s.open_act("add/ic-card/stop", self.stop),
        ]

    async def pad(self, request: Request, _wallet: OpenWallet) -> Response:
        if self._door is None:
            return await self._screens.show(request, "add_ic_card.html")
        if self._session.tap is not None and not self._session.tap.is_over:
            return go("add/ic-card/reading")
        return await self._screens.show(request, "ic_card_pin.html", wrong=False, tries_left=None)

    async def start(self, request: Request, wallet: OpenWallet) -> Response:
        """One try at a time: a second press shows the one that runs."""
        if self._door is None:
            return go("add/ic-card")
        if self._session.tap is not None and not self._session.tap.is_over:
            return go("add/ic-card/reading")
        form = await read_form(request)
        if not _is_digits(form.text("pin"), PIN_DIGITS):
            return go("add/ic-card")
        last = form.text("last") == "yes"
        if last and not _is_agreed(form):
            return await self._screens.show(request, "ic_card_last.html", status=422, missing=True)
        secrets = CardSecrets(
            pin=form.text("pin"), can=form.text("can") if last else None, last_try=last
        )
        self._session.tap = IcTap(self._door, wallet, secrets, turn=self._screens.app.turn)
        self._session.tap.start()
        return go("add/ic-card/reading")

    async def reading(self, request: Request, _wallet: OpenWallet) -> Response:
        tap = self._session.tap
        if tap is None:
            return go("add/ic-card")
        return await self._part(request, "ic_card_reading.html", tap)

    async def progress(self, request: Request, _wallet: OpenWallet) -> Response:
        """A part of the page: 204 while nothing changed."""
        tap = self._session.tap
        if tap is not None and _state(tap) == request.query_params.get("seen"):
            return Response(status_code=204)
        return await self._part(request, "_ic_card_progress.html", tap)

    async def end(self, request: Request, _wallet: OpenWallet) -> Response:
        tap = self._session.tap
        if tap is None:
            return go("add/ic-card")
        if not tap.is_over:
            return go("add/ic-card/reading")
        if tap.received is not None:
            self._session.tap = None
            self._session.add = AddFlow(received=tap.received)
            return go("add/read")
        return await self._ended(request, tap)

    async def stop(self, _request: Request, _wallet: OpenWallet) -> Response:
        self._session.end_tap()
        return go("add")

    async def _ended(self, request: Request, tap: IcTap) -> Response:
        error = tap.error
        if error is None:
            raise ValueError("a try that ended has an error or a card")
        if isinstance(error, Unavailable) and tap.pending is not None:
            return await self._screens.show(request, "add_waiting.html", pending=tap.pending)
        if isinstance(error, Rejected) and error.reason is ChipReason.WRONG_PASSWORD:
            if tap.tries_left == 0:
                return await self._screens.show(request, "ic_card_blocked.html")
            if tap.tries_left != 1:
                return await self._screens.show(
                    request, "ic_card_pin.html", status=422, wrong=True, tries_left=tap.tries_left
                )
        if isinstance(error, Rejected) and error.reason in (*_LAST, ChipReason.WRONG_PASSWORD):
            return await self._screens.show(request, "ic_card_last.html", missing=False)
        if isinstance(error, Rejected) and error.reason in _BLOCKED:
            return await self._screens.show(request, "ic_card_blocked.html")
        return await self._screens.refuse(request, error)

    async def _part(self, request: Request, template: str, tap: IcTap | None) -> Response:
        over = tap is None or tap.is_over
        _ = await self._screens.translator(request)
        return await self._screens.show(
            request,
            template,
            over=over,
            state="over" if tap is None or over else _state(tap),
            place=3 if tap is None or over else _PLACE[tap.step],
            words=None if tap is None or over else _words(tap, _),
            moved=tap is not None and tap.moved_away,
        )


def _state(tap: IcTap) -> str:
    return "over" if tap.is_over else f"{tap.step.name}-{tap.moved_away}"


def _words(tap: IcTap, _: Translator) -> Message:
    """What the holder does now."""
    match tap.step:
        case TapStep.HOLD_CARD | TapStep.CARD_LEFT:
            return _("Hold the card at the reader.")
        case TapStep.OPENING | TapStep.PROVING:
            return _("Keep still")
        case TapStep.MAY_REMOVE_CARD | TapStep.OFFICE_DECIDES | TapStep.COLLECTING:
            return _("You may take the card away.")


def _is_agreed(form: Form) -> bool:
    return form.text("agree") == "yes" and _is_digits(form.text("can"), CAN_DIGITS)


def _is_digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdigit()
