"""Home, one card's details, notices, history and its askers (W-12, W-13, W-19, W-20, W-24)."""

from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.formats.catalogue.ages import seoul_date
from mrc.wallet.holdings import HistoryEntry, ShowOutcome
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.records import HISTORY
from mrc.web.design.forms import read_form
from mrc.web.wallet_app import last_page, notices
from mrc.web.wallet_app.card_view import CardView, card_view
from mrc.web.wallet_app.consent_view import asker_timeline, times_shared
from mrc.web.wallet_app.host import HostKind
from mrc.web.wallet_app.labels import kind_words
from mrc.web.wallet_app.screens import Screens, go
from mrc.web.wallet_app.word_of_day import word_of_day

CARE_EVERY = timedelta(minutes=10)  # how often the office's lists are asked while the app is open


class Home:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.open_route("", self.home),
            s.open_route("cards/{card_id}", self.details),
            s.open_act("cards/{card_id}/remove", self.remove),
            s.open_act("care", self.care),
            s.open_route("notices", self.notices),
            s.open_route("history", self.history),
            s.open_act("history/delete", self.delete_history),
            s.open_route("history/{entry_id}", self.asker),
        ]

    async def home(self, request: Request, wallet: OpenWallet) -> Response:
        at, _ = self._screens.app.clock.now(), await self._screens.translator(request)
        views = [card_view(card, _, at=at) for card in await wallet.records.cards()]
        if self._screens.app.kind is HostKind.BROWSER:
            await last_page.keep(wallet, views[0] if views else None, _, at=at)
        pending = [one for one in await wallet.pending.all() if one.renews is None]
        history = await wallet.records.history()
        return await self._screens.show(
            request,
            "home.html",
            cards=views,
            pending=pending,
            word=word_of_day(seoul_date(at)),
            last_used=history[0] if history else None,
            care=bool(views) and self._care_is_due(),
        )

    async def details(self, request: Request, wallet: OpenWallet) -> Response:
        _ = await self._screens.translator(request)
        card = await wallet.records.get(request.path_params["card_id"])
        at = self._screens.app.clock.now()
        return await self._screens.show(
            request,
            "details.html",
            card=card_view(card, _, at=at),
            state=card.state.value,
            state_at=card.state_at,
            word=word_of_day(seoul_date(at)),
        )

    async def remove(self, request: Request, wallet: OpenWallet) -> Response:
        await last_page.drop(wallet)
        await wallet.records.remove(await wallet.records.get(request.path_params["card_id"]))
        return go("")

    async def care(self, request: Request, wallet: OpenWallet) -> Response:
        """Look after the cards; what is worth telling comes back as a fragment."""
        if not self._care_is_due():
            return Response(status_code=204)
        at = self._screens.app.clock.now()
        self._screens.session.cared_at = at
        upkeep = await wallet.look_after_cards()
        if upkeep.changes or upkeep.renewed:
            await last_page.drop(wallet)
        new = await notices.keep(wallet, upkeep, at=at)
        if not new:
            return Response(status_code=204)
        views = await self._views(request, wallet)
        return await self._screens.show(request, "_news.html", found=new, cards=views)

    def _care_is_due(self) -> bool:
        """Not while an IC card is read: the sweep would take the key that no record names yet."""
        tap = self._screens.session.tap
        if tap is not None and not tap.is_over:
            return False
        cared_at = self._screens.session.cared_at
        return cared_at is None or self._screens.app.clock.now() - cared_at >= CARE_EVERY

    async def notices(self, request: Request, wallet: OpenWallet) -> Response:
        found = await notices.notices(wallet, at=self._screens.app.clock.now())
        await notices.mark_seen(wallet, found)
        views = await self._views(request, wallet)
        return await self._screens.show(request, "notices.html", found=found, cards=views)

    async def _views(self, request: Request, wallet: OpenWallet) -> dict[str, CardView]:
        at, _ = self._screens.app.clock.now(), await self._screens.translator(request)
        return {card.id: card_view(card, _, at=at) for card in await wallet.records.cards()}

    async def history(self, request: Request, wallet: OpenWallet) -> Response:
        kept = await wallet.records.history()
        wanted = request.query_params.get("outcome", "")
        shown = [entry for entry in kept if wanted in ("", entry.outcome.value)]
        return await self._screens.show(
            request,
            "history.html",
            entries=await self._told(request, shown),
            wanted=wanted,
            outcomes=[outcome.value for outcome in ShowOutcome],
            any_kept=bool(kept),
        )

    async def asker(self, request: Request, wallet: OpenWallet) -> Response:
        """Who they are, as far as this phone knows, and everything that was shared with them."""
        kept = await wallet.records.history()
        entry = next((e for e in kept if e.id == request.path_params["entry_id"]), None)
        if entry is None:
            return go("history")
        return await self._screens.show(
            request,
            "asker.html",
            name=entry.asker_name,
            registered=entry.registered,
            address=entry.asker,
            told=times_shared(kept, entry.asker),
            items=asker_timeline(kept, entry.asker, await self._screens.translator(request)),
            report=f"/app/report/{entry.id}",
            back="/app/history",
        )

    async def delete_history(self, request: Request, wallet: OpenWallet) -> Response:
        wanted = (await read_form(request)).text("entry")
        if wanted == "all":
            await wallet.records.clear_history()
            return go("history")
        names = await wallet.vault.names(HISTORY)
        gone = {name: None for name in names if wanted and name.endswith(f"-{wanted}")}
        await wallet.vault.commit(gone)
        return go("history")

    async def _told(
        self, request: Request, entries: Sequence[HistoryEntry]
    ) -> Sequence[tuple[HistoryEntry, str]]:
        _ = await self._screens.translator(request)
        return [(entry, ", ".join(kind_words(k, _) for k in entry.kinds)) for entry in entries]
