"""Settings (W-26): looks are kept by the browser, the history's switch is a sealed record."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.formats import json_text
from mrc.wallet.mobile_id import OpenWallet
from mrc.web.design.forms import read_form
from mrc.web.wallet_app.screens import Screens, go

RECORD = "app/settings"


async def keeps_history(wallet: OpenWallet) -> bool:
    data = await wallet.vault.read(RECORD)
    return data is None or json_text.decode_object(data, "settings").get("history") is not False


class SettingsPages:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.open_route("settings", self.settings),
            s.open_act("settings/history", self.switch_history),
            s.open_route("new-phone", self.new_phone),
            s.open_route("about", self.about),
        ]

    async def settings(self, request: Request, wallet: OpenWallet) -> Response:
        keeps = await keeps_history(wallet)
        return await self._screens.show(request, "settings.html", keeps_history=keeps)

    async def switch_history(self, request: Request, wallet: OpenWallet) -> Response:
        """Off deletes what was kept: a history that is not wanted is not there."""
        keeps = (await read_form(request)).text("history") == "on"
        await wallet.vault.commit({RECORD: json_text.encode({"history": keeps})})
        if not keeps:
            await wallet.records.clear_history()
        return go("settings")

    async def new_phone(self, request: Request, _wallet: OpenWallet) -> Response:
        return await self._screens.show(request, "new_phone.html")

    async def about(self, request: Request, _wallet: OpenWallet) -> Response:
        return await self._screens.show(request, "about.html")
