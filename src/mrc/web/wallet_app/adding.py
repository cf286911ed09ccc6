"""Adding a card (W-6, W-7, W-10): scan or type the code, read every field, accept or refuse."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci.offer import SCHEMES, InputMode
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.pending import PendingCard
from mrc.wallet.reasons import Reason
from mrc.web.design.forms import read_form
from mrc.web.wallet_app.card_view import card_view
from mrc.web.wallet_app.labels import offered_name, office_name
from mrc.web.wallet_app.screens import Screens, go
from mrc.web.wallet_app.session import AddFlow


class Adding:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._session = screens.session

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.open_route("add", self.ways),
            s.open_route("add/scan", self.scan),
            s.open_act("add/scan", self.scanned),
            s.open_route("add/offer", self.offer),
            s.open_act("add/offer", self.redeem),
            s.open_act("add/resume", self.resume),
            s.open_route("add/read", self.read),
            s.open_act("add/read", self.decide),
            s.open_act("add/abandon", self.abandon),
        ]

    async def ways(self, request: Request, _wallet: OpenWallet) -> Response:
        return await self._screens.show(request, "add.html")

    async def scan(self, request: Request, _wallet: OpenWallet) -> Response:
        return await self._screens.show(request, "add_scan.html")

    async def scanned(self, request: Request, wallet: OpenWallet) -> Response:
        return await self.look_at((await read_form(request)).text("code"), wallet)

    async def look_at(self, link: str, wallet: OpenWallet) -> Response:
        """Resolve the code and show what is offered. Nothing that counts is asked of the office."""
        offered = await wallet.receiving.look_at(link)
        self._session.add = AddFlow(offered=offered)
        return go("add/offer")

    async def offer(self, request: Request, _wallet: OpenWallet) -> Response:
        flow = self._session.add
        if flow is None or flow.offered is None:
            return go("add")
        if flow.received is not None:
            return go("add/read")
        return await self._offer_page(request, flow)

    async def redeem(self, request: Request, wallet: OpenWallet) -> Response:
        """The number from the text message, if there is one, then the card itself."""
        form, flow = await read_form(request), self._session.add
        if flow is None or flow.id != form.text("flow") or flow.offered is None:
            return go("")
        if flow.received is not None:
            return go("add/read")
        try:
            pending = await wallet.receiving.redeem(
                flow.offered, tx_code=form.text("tx_code").replace(" ", "") or None
            )
        except (OAuthError, Rejected) as error:
            if not _wrong_number(error, flow):
                raise
            return await self._offer_page(request, flow, wrong=True)
        return await self._collect(request, wallet, pending, flow)

    async def resume(self, request: Request, wallet: OpenWallet) -> Response:
        """A card that was on its way when the app or the connection went."""
        wanted = (await read_form(request)).text("pending")
        for pending in await wallet.pending.all():
            if pending.id == wanted and pending.renews is None:
                flow = AddFlow()
                self._session.add = flow
                return await self._collect(request, wallet, pending, flow)
        return go("")

    async def abandon(self, request: Request, wallet: OpenWallet) -> Response:
        wanted = (await read_form(request)).text("pending")
        for pending in await wallet.pending.all():
            if pending.id == wanted and pending.renews is None:
                await wallet.receiving.abandon(pending)
        return go("")

    async def _collect(
        self, request: Request, wallet: OpenWallet, pending: PendingCard, flow: AddFlow
    ) -> Response:
        """The copies, checked. Where nobody answers the card stays on its way."""
        try:
            flow.received = await wallet.receiving.collect(pending)
        except Unavailable:
            return await self._screens.show(request, "add_waiting.html", pending=pending)
        return go("add/read")

    async def read(self, request: Request, _wallet: OpenWallet) -> Response:
        flow = self._session.add
        if flow is not None and flow.accepted_id is not None:
            return await self._screens.show(request, "add_done.html", card_id=flow.accepted_id)
        if flow is None or flow.received is None:
            return go("add")
        _ = await self._screens.translator(request)
        view = card_view(flow.received.card, _, at=self._screens.app.clock.now())
        return await self._screens.show(request, "add_read.html", card=view, flow=flow.id)

    async def decide(self, request: Request, wallet: OpenWallet) -> Response:
        """Accept or refuse. Sent twice it does nothing more."""
        form, flow = await read_form(request), self._session.add
        if flow is None or flow.id != form.text("flow") or flow.received is None:
            return go("")
        if flow.accepted_id is not None:
            return go("add/read")
        if form.text("answer") == "accept":
            flow.accepted_id = (await wallet.receiving.accept(flow.received)).id
            return go("add/read")
        await wallet.receiving.refuse(flow.received)
        self._session.add = None
        return await self._screens.show(request, "add_refused.html")

    async def _offer_page(
        self, request: Request, flow: AddFlow, *, wrong: bool = False
    ) -> Response:
        assert flow.offered is not None  # callers looked
        tx_code, _ = flow.offered.tx_code, await self._screens.translator(request)
        return await self._screens.show(
            request,
            "add_offer.html",
            status=422 if wrong else 200,
            flow=flow.id,
            name=offered_name(flow.offered, _),
            office=office_name(flow.offered, _.language),
            address=flow.offered.offer.credential_issuer,
            tx_code=tx_code,
            numeric=tx_code is not None and tx_code.input_mode is InputMode.NUMERIC,
            wrong=wrong,
        )


def is_offer(link: str) -> bool:
    """Whether a scanned text is a card offer rather than a question."""
    return link.partition(":")[0].lower() in SCHEMES or "credential_offer" in link


def _wrong_number(error: Rejected, flow: AddFlow) -> bool:
    """Whether trying again can help: a number was asked for and did not fit."""
    if flow.offered is None or flow.offered.tx_code is None:
        return False
    if isinstance(error, OAuthError):
        return error.code is OAuthErrorCode.INVALID_GRANT
    return error.reason is Reason.TRANSACTION_CODE_NEEDED
