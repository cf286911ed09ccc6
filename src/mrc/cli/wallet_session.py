"""The wallet that a command of `mrc wallet` works on: its name, its PIN, and how it is opened."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mrc.cli.output import read_secret_line
from mrc.infra.qr_pictures import read_qr
from mrc.infra.settings import Settings
from mrc.wallet.mobile_id import OpenWallet
from mrc.wiring.wallet_process import process_wallet

T = TypeVar("T")
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletCommand:
    """What the group `mrc wallet` hands to its commands."""

    settings: Settings
    name: str
    pin_file: Path | None

    def run(self, act: Callable[[OpenWallet], Awaitable[T]]) -> T:
        """What `act` returns, done with the wallet unlocked by its PIN."""
        pin = read_secret_line(self.pin_file, "PIN")

        async def unlocked() -> T:
            async with process_wallet(self.settings, self.name) as mobile_id:
                return await act(await mobile_id.unlock(pin))

        return asyncio.run(unlocked())


def link_in(code: str) -> str:
    """The link itself, or what the QR code in that picture says."""
    path = Path(code)
    return read_qr(path) if path.suffix.lower() in PICTURES and path.exists() else code
