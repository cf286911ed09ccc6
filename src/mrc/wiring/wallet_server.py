"""`mrc wallet`: the holder's app of this machine, served on loopback to its owner alone."""

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from mrc.infra.clock import SystemClock
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.local_ca import prepare_tls
from mrc.infra.processes import run_until_stopped
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Settings
from mrc.infra.tokens import shared_token
from mrc.web.wallet_app.app import make_app
from mrc.web.wallet_app.host import HostKind, WalletApp
from mrc.web.wallet_app.ic_tap import IcCardDoor
from mrc.web.wallet_app.loopback_door import LoopbackDoor
from mrc.web.wallet_app.phone_check import PhoneCheck
from mrc.wiring.wallet_process import shared_wallet, wallet_folder
from mrc.wiring.wallet_reader import ic_card_reader

LOOPBACK = "127.0.0.1"  # also where other roles are bound to the network: a wallet never is


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedWallet:
    """The app behind its door, and the link that opens it."""

    app: ASGIApp
    link: str


@contextlib.asynccontextmanager
async def served_wallet(
    settings: Settings, name: str, card_file: Path | None = None
) -> AsyncIterator[ServedWallet]:
    """The app of the wallet `name`. Makes the door's secret at the first call.

    IC cards are read by PC/SC, or an emulated one from `card_file`.
    """
    folder = wallet_folder(settings, name)
    async with shared_wallet(settings, name) as wallet:
        check = PhoneCheck(keys=wallet.keys, records=wallet.records, verifier=OpensslVerifier())
        app = make_app(
            WalletApp(
                mobile_id=wallet.mobile_id,
                preferences=wallet.records,
                clock=SystemClock(),
                kind=HostKind.PROCESS,
                check=check,
                turn=wallet.turn.take,
                lost_page=settings.url_of(Host.LOST),
                ic_card=IcCardDoor(
                    issuer=settings.url_of(Host.ISSUER),
                    open_reader=lambda: ic_card_reader(card_file),
                ),
            )
        )
        token, origin = shared_token(folder / "app.token"), settings.url_of(Host.WALLET)
        door = LoopbackDoor(app, token=token, origin=origin)
        yield ServedWallet(app=door, link=door.link)


async def serve_wallet(settings: Settings, name: str, card_file: Path | None = None) -> None:
    """Serve until the process is told to stop; says by which link the owner comes in."""
    names = [settings.name_of(host) for host in Host]
    tls = prepare_tls(settings.home / "tls", names, at=SystemClock().now())
    async with served_wallet(settings, name, card_file) as served:
        ports = {settings.port_of(Host.WALLET): served.app}
        async with serving(ports, bind=LOOPBACK, tls=tls):
            sys.stdout.write(f"Mobile ID: {served.link}\n")
            await run_until_stopped()
