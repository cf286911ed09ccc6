"""Sharing (W-15 to W-18): scan, who asks and what, consent, PIN, and one of three outcomes.

Nothing leaves the phone before the holder agreed and confirmed with the PIN. A consent that is
sent twice, or again from behind the back button, shows the outcome and sends nothing.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.presenting import Choice
from mrc.web.design.forms import Form, read_form
from mrc.web.wallet_app.adding import Adding, is_offer
from mrc.web.wallet_app.consent_view import (
    asker_timeline,
    consent_view,
    item_name,
    last_shared,
    sent_labels,
    times_shared,
)
from mrc.web.wallet_app.number_choice import numbers_to_choose
from mrc.web.wallet_app.screens import Screens, go
from mrc.web.wallet_app.session import ShareFlow
from mrc.web.wallet_app.settings import keeps_history
from mrc.web.wallet_app.unlocking import Unlocking
from mrc.web.wallet_app.ways import optional_choices, ways_to_answer


class Sharing:
    def __init__(self, screens: Screens, adding: Adding, unlocking: Unlocking) -> None:
        self._screens = screens
        self._session = screens.session
        self._adding = adding
        self._unlocking = unlocking

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.open_route("scan", self.scan),
            s.open_act("scan", self.scanned),
            s.route("open", self.opened_by_link),
            s.open_route("share", self.consent),
            s.open_act("share", self.decide),
            s.open_act("share/way", self.choose_way),
            s.open_route("share/asker", self.asker),
            s.open_route("share/confirm", self.confirm),
            s.open_act("share/confirm", self.answer),
            s.open_route("share/result", self.result),
        ]

    async def scan(self, request: Request, _wallet: OpenWallet) -> Response:
        return await self._screens.show(request, "scan.html")

    async def scanned(self, request: Request, wallet: OpenWallet) -> Response:
        """Whatever code it is: a question is shared with, an office's offer leads to adding."""
        return await self._follow((await read_form(request)).text("code"), wallet)

    async def opened_by_link(self, request: Request) -> Response:
        """A link from this phone's browser. It only waits here; the holder unlocks, then looks."""
        link = request.query_params.get("link")
        if link is not None:
            self._session.link = link
        wallet = self._session.wallet(at=self._screens.app.clock.now())
        if wallet is None:
            return go("unlock")
        waiting, self._session.link = self._session.link, None
        return go("") if waiting is None else await self._follow(waiting, wallet)

    async def _follow(self, link: str, wallet: OpenWallet) -> Response:
        if is_offer(link):
            return await self._adding.look_at(link, wallet)
        if self._is_before_the_holder(link):
            return go("share")
        question = await wallet.asking.look_at(link)
        proposal = await wallet.presenting.propose(question)
        self._session.share = ShareFlow(
            question=question,
            proposal=proposal,
            ways=ways_to_answer(proposal),
            link=link,
            numbers=() if question.number is None else numbers_to_choose(question.number),
        )
        return go("share")

    def _is_before_the_holder(self, link: str) -> bool:
        """The same code again: it is not read a second time, which would give another number."""
        flow = self._session.share
        return flow is not None and flow.link == link and flow.shown is None

    async def consent(self, request: Request, wallet: OpenWallet) -> Response:
        flow = self._session.share
        if flow is None:
            return go("")
        if flow.shown is not None:
            return go("share/result")
        return await self._consent_page(request, wallet, flow)

    async def choose_way(self, request: Request, _wallet: OpenWallet) -> Response:
        form, flow = await read_form(request), self._session.share
        chosen = form.text("way")
        if flow is not None and flow.id == form.text("flow") and chosen.isdecimal():
            flow.way = min(int(chosen), len(flow.ways) - 1)
        return go("share")

    async def decide(self, request: Request, wallet: OpenWallet) -> Response:
        """Refused, or another number: the asker is told no. Agreed: on to the PIN.

        Where something needed is not ticked, or no number chosen, nothing happens.
        """
        form, flow = await read_form(request), self._session.share
        if flow is None or flow.id != form.text("flow"):
            return go("")
        if flow.shown is not None:
            return go("share/result")
        number = form.text("number")
        flow.unlike = bool(flow.numbers and number) and number != str(flow.question.number)
        if form.text("answer") != "share" or flow.unlike:
            flow.shown = await wallet.presenting.decline(flow.question)
            await self._keep_or_forget(wallet)
            return go("share/result")
        compared = bool(number) or not flow.numbers
        flow.agreed = _agreed(form, flow) if compared else None
        if flow.agreed is None:
            why = "needed" if compared else "number"
            return await self._consent_page(request, wallet, flow, incomplete=why)
        return go("share/confirm")

    async def asker(self, request: Request, wallet: OpenWallet) -> Response:
        flow = self._session.share
        if flow is None:
            return go("")
        history = await wallet.records.history()
        asker = flow.question.asker
        return await self._screens.show(
            request,
            "asker.html",
            name=asker.name,
            registered=asker.registered,
            address=asker.client_id,
            told=times_shared(history, asker.client_id),
            items=asker_timeline(history, asker.client_id, await self._screens.translator(request)),
            report="/app/report/now",
            back="/app/share",
        )

    async def confirm(self, request: Request, _wallet: OpenWallet) -> Response:
        flow = self._session.share
        if flow is None or flow.agreed is None:
            return go("share")
        if flow.shown is not None:
            return go("share/result")
        return await self._confirm_page(request, flow)

    async def answer(self, request: Request, wallet: OpenWallet) -> Response:
        """The PIN is judged, then one unused copy answers; whatever comes of it is an outcome."""
        form, flow = await read_form(request), self._session.share
        if flow is None or flow.id != request.query_params.get("flow") or flow.agreed is None:
            return go("")
        if flow.shown is not None:
            return go("share/result")
        if await self._unlocking.judged(form.text("pin")) is None:
            return await self._confirm_page(request, flow, wrong=True)
        flow.shown = await wallet.presenting.answer(flow.proposal, flow.agreed)
        await self._keep_or_forget(wallet)
        return go("share/result")

    async def result(self, request: Request, _wallet: OpenWallet) -> Response:
        flow = self._session.share
        if flow is None or flow.shown is None:
            return go("")
        _ = await self._screens.translator(request)
        return await self._screens.show(
            request,
            "share_result.html",
            shown=flow.shown,
            unlike=flow.unlike,
            asker=flow.question.asker.name,
            sent=sent_labels(flow, _),
        )

    async def _keep_or_forget(self, wallet: OpenWallet) -> None:
        if not await keeps_history(wallet):
            await wallet.records.clear_history()

    async def _consent_page(
        self, request: Request, wallet: OpenWallet, flow: ShareFlow, *, incomplete: str = ""
    ) -> Response:
        before = last_shared(await wallet.records.history(), flow.question.asker.client_id)
        return await self._screens.show(
            request,
            "consent.html",
            status=422 if incomplete else 200,
            view=consent_view(flow, await self._screens.translator(request)),
            flow=flow.id,
            way=flow.way,
            before=before,
            incomplete=incomplete,
            numbers=flow.numbers,
        )

    async def _confirm_page(
        self, request: Request, flow: ShareFlow, *, wrong: bool = False
    ) -> Response:
        agreed = flow.agreed or ()
        return await self._unlocking.pin_page(
            request,
            "share_confirm.html",
            wrong=wrong,
            flow=flow.id,
            asker=flow.question.asker.name,
            count=sum(len(choice.kinds) for choice in agreed),
        )


def _agreed(form: Form, flow: ShareFlow) -> Sequence[Choice] | None:
    """The choices that the holder agreed to; None where something needed was not ticked."""
    ticked = set(form.all("share"))
    way = flow.ways[flow.way]
    needed = {item_name(choice, i) for choice in way.choices for i in range(len(choice.kinds))}
    if not needed <= ticked:
        return None
    optional = optional_choices(flow.proposal, way)
    return [*way.choices, *(choice for choice in optional if choice.query_id in ticked)]
