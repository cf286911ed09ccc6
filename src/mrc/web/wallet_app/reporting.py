"""W-21: report an asker, from the request before the holder or from the history. Anonymous."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.formats.catalogue.ages import seoul_date
from mrc.protocols.asker_report.messages import Complaint
from mrc.wallet.holdings import HistoryEntry
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.reporting import AskedBy
from mrc.web.design.forms import read_form
from mrc.web.design.translator import Message, Translator
from mrc.web.wallet_app.screens import Screens, go
from mrc.web.wallet_app.session import ShareFlow

NOW = "now"  # in the place of an entry of the history: the request before the holder


class ReportPages:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.open_route("report/{about}", self.ask),
            s.open_act("report/{about}", self.file),
        ]

    async def ask(self, request: Request, wallet: OpenWallet) -> Response:
        about = await self._about(request, wallet)
        return go("history") if about is None else await self._page(request, wallet, about)

    async def file(self, request: Request, wallet: OpenWallet) -> Response:
        """Written down before it is sent; a reference in both cases."""
        about = await self._about(request, wallet)
        if about is None or not wallet.reporting.is_possible:
            return go("history")
        chosen = (await read_form(request)).text("complaint")
        if chosen not in set(Complaint):
            return await self._page(request, wallet, about, missing=True)
        filed = await wallet.reporting.file(Complaint(chosen), about)
        return await self._screens.show(
            request, "report_done.html", filed=filed, name=about.name, back=_back(request)
        )

    async def _page(
        self, request: Request, wallet: OpenWallet, about: AskedBy, *, missing: bool = False
    ) -> Response:
        _ = await self._screens.translator(request)
        return await self._screens.show(
            request,
            "report.html",
            status=422 if missing else 200,
            missing=missing,
            can_report=wallet.reporting.is_possible,
            name=about.name,
            complaints=[
                {"value": complaint.value, "label": words}
                for complaint, words in complaint_words(_).items()
            ],
            action=request.url.path,
            back=_back(request),
        )

    async def _about(self, request: Request, wallet: OpenWallet) -> AskedBy | None:
        wanted = request.path_params["about"]
        if wanted == NOW:
            flow = self._screens.session.share
            return None if flow is None else self._of_request(flow)
        found = (entry for entry in await wallet.records.history() if entry.id == wanted)
        entry = next(found, None)
        return None if entry is None else _of_entry(entry)

    def _of_request(self, flow: ShareFlow) -> AskedBy:
        question = flow.question
        purpose = question.purpose
        return AskedBy(
            asker=question.asker.client_id,
            name=question.asker.name,
            registered=question.asker.registered,
            purpose="" if purpose is None else next(iter(purpose.text.values())),
            kinds=[kind for choice in flow.ways[flow.way].choices for kind in choice.kinds],
            on=seoul_date(self._screens.app.clock.now()),
        )


def _of_entry(entry: HistoryEntry) -> AskedBy:
    return AskedBy(
        asker=entry.asker,
        name=entry.asker_name,
        registered=entry.registered,
        purpose=entry.purpose,
        kinds=entry.kinds,
        on=seoul_date(entry.at),
    )


def complaint_words(_: Translator) -> dict[Complaint, Message]:
    return {
        Complaint.ASKED_TOO_MUCH: _("They asked for too much"),
        Complaint.PRETENDS: _("They pretend to be someone else"),
        Complaint.UNKNOWN: _("I do not know them"),
        Complaint.WRONG_DATA: _("The data is wrong"),
    }


def _back(request: Request) -> str:
    about = request.path_params["about"]
    return "/app/share/asker" if about == NOW else f"/app/history/{about}"
