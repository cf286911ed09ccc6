"""One try to collect a card with the IC card at the reader, in the background of the pages (W-8).

The card's PIN lives in this object and nowhere else, until the card was read or the try ended.
A PIN that was wrong is never sent again, and the last try is spent only when the holder, with the
printed number in hand, said so.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from mrc.ic_card.reasons import Reason as ChipReason
from mrc.ic_card.terminal.connection import CardConnection
from mrc.kernel.errors import MrcError, Rejected, Unavailable
from mrc.protocols.ic_issuance.messages import ShowFace
from mrc.protocols.ic_issuance.refusals import IcRefusal
from mrc.wallet.chip_proof import TapStep, ask_tries_left
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.pending import PendingCard
from mrc.wallet.ports import Turn
from mrc.wallet.receiving import ReceivedCard


@dataclass(frozen=True, slots=True, kw_only=True)
class IcCardDoor:
    """What a host gives that can read IC cards: its office, and the reader for one try."""

    issuer: str
    open_reader: Callable[[], AbstractAsyncContextManager[CardConnection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSecrets:
    """What the holder typed. `can` and `last_try` only where one try is left."""

    pin: str
    can: str | None = None
    last_try: bool = False

    def __repr__(self) -> str:
        return "CardSecrets()"


class IcTap:
    """The holder of `wallet.ic_card.Holder`, and how far the try is."""

    def __init__(
        self, door: IcCardDoor, wallet: OpenWallet, secrets: CardSecrets, *, turn: Turn
    ) -> None:
        self._door = door
        self._turn = turn
        self._wallet = wallet
        self._secrets: CardSecrets | None = secrets
        self._task: asyncio.Task[None] | None = None
        self.step = TapStep.HOLD_CARD
        self.moved_away = False
        self.error: MrcError | None = None
        self.tries_left: int | None = None
        self.pending: PendingCard | None = None
        self.received: ReceivedCard | None = None

    def __repr__(self) -> str:
        return f"IcTap({self.step.name})"

    @property
    def is_over(self) -> bool:
        return self.received is not None or self.error is not None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Give the card back, whatever it does. What the office began, it forgets by itself."""
        self._secrets = None
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            async with self._turn(), self._door.open_reader() as card:
                try:
                    tapped = await self._wallet.ic_card.begin(self._door.issuer, card, self)
                except Rejected as error:
                    if error.reason is ChipReason.WRONG_PASSWORD:
                        self.tries_left = await _find_tries(card)
                    raise
            self.pending = tapped.pending
            self.received = await self._wallet.receiving.collect(tapped.pending)
        except MrcError as error:
            self.error = error
        finally:
            self._secrets = None

    async def pin(self, tries_left: int | None) -> str:
        return self._typed.pin

    async def can(self) -> str | None:
        return self._typed.can

    async def agrees_to_last_try(self) -> bool:
        return self._typed.last_try

    async def show_face(self, asked: ShowFace) -> Sequence[bytes] | None:
        """No camera here: a face is compared at the counter."""
        return None

    async def waits(self, reason: IcRefusal) -> bool:
        """The page asks the holder, who starts again later."""
        return False

    def sees(self, step: TapStep) -> None:
        if step is TapStep.CARD_LEFT:
            self.moved_away = True
        elif step is not TapStep.HOLD_CARD:
            self.moved_away = False
        self.step = step

    @property
    def _typed(self) -> CardSecrets:
        if self._secrets is None:
            raise Unavailable("card", "the try was stopped")
        return self._secrets


async def _find_tries(card: CardConnection) -> int | None:
    """After a wrong PIN; None where the card is gone already and nobody can say."""
    try:
        return await ask_tries_left(card)
    except MrcError:
        return None
