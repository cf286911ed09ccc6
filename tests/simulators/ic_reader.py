"""A computer with a card reader and the holder's app, over the world of issuance by IC card."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette

from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.settings import Host
from mrc.infra.wallet_host.storage import FileDeviceSecret, FileKeyStore, FileRecordStore
from mrc.kernel.errors import Unavailable
from mrc.web.wallet_app.app import make_app
from mrc.web.wallet_app.host import HostKind, WalletApp
from mrc.web.wallet_app.ic_tap import IcCardDoor
from mrc.web.wallet_app.phone_check import PhoneCheck
from tests.simulators import ic_card_world as chips
from tests.simulators.ic_card_world import CardConnection, Unreliable
from tests.simulators.ic_issuance_world import IcPhone, IcWorld


class Reader:
    """The reader of one computer with the world's card: loses it, or lets it wait, on demand."""

    def __init__(self, world: IcWorld) -> None:
        self.world = world
        self.lose_at: tuple[int, ...] = ()
        self.is_there = True
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.opened = self.closed = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[CardConnection]:
        self.opened += 1
        try:
            if not self.is_there:
                raise Unavailable("card", "no card in a reader")
            await self.may_go_on.wait()
            transport = Unreliable(chips.power_on(self.world.chip), self.lose_at)
            yield CardConnection(transport, chips.CIPHERS)
        finally:
            self.closed += 1


def ic_card_app(
    phone: IcPhone, folder: Path, reader: Reader, kind: HostKind = HostKind.PROCESS
) -> Starlette:
    """The holder's app of `phone`, whose files are in `folder`."""
    records = FileRecordStore(phone.file)
    keys = FileKeyStore(phone.file, FileDeviceSecret(folder / "device.key"))
    issuer = phone.world.settings.url_of(Host.ISSUER)
    door = IcCardDoor(issuer=issuer, open_reader=reader.open)
    return make_app(
        WalletApp(
            mobile_id=phone.mobile_id,
            preferences=records,
            clock=phone.world.clock,
            kind=kind,
            check=PhoneCheck(keys=keys, records=records, verifier=OpensslVerifier()),
            ic_card=door if kind is HostKind.PROCESS else None,
        )
    )
