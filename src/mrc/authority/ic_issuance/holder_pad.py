"""The holder's own pad at the counter: what the customer screen asks for while a card is made.

What is typed here lives in memory until the chip has it. It is stored and logged nowhere, and the
officer's screen shows only that something is being typed.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mrc.ic_card.personalisation.making import PinRule
from mrc.kernel.errors import Rejected, Unavailable

PAD_SECONDS: Final = 600.0
"""How long the card waits in the reader for the holder."""


class Ask(StrEnum):
    """What the pad asks the holder for."""

    NOTHING = "nothing"
    CHOOSE = "choose"
    REPEAT = "repeat"
    ENTER = "enter"
    PUK = "puk"


class Slip(StrEnum):
    """Why the holder starts again."""

    EASY = "easy"
    DIFFERENT = "different"


class PadSilent(Unavailable):
    """The holder typed nothing in time."""

    def __init__(self) -> None:
        super().__init__("holder's pad", "nothing was typed")


@dataclass(slots=True)
class HolderPad:
    """A `PinPad`. `chosen` is called once the holder has set a PIN; `turn` counts what was asked,
    so that a screen knows when to draw itself anew."""

    chosen: Callable[[], Awaitable[None]]
    seconds: float = PAD_SECONDS
    ask: Ask = Ask.NOTHING
    slip: Slip | None = None
    tries_left: int | None = None
    puk: str = field(default="", repr=False)
    turn: int = 0
    _answer: "asyncio.Future[str] | None" = field(default=None, repr=False)

    async def choose(self, rule: PinRule) -> str:
        while True:
            first = await self._next(Ask.CHOOSE)
            self.slip = None
            try:
                rule.check(first)
            except Rejected:
                self.slip = Slip.EASY
                continue
            if hmac.compare_digest(first.encode(), (await self._next(Ask.REPEAT)).encode()):
                await self.chosen()
                return first
            self.slip = Slip.DIFFERENT

    async def enter(self, tries_left: int | None) -> str:
        self.tries_left = tries_left
        return await self._next(Ask.ENTER)

    async def hand_out(self, puk: str) -> None:
        """Shown once, until the holder says that it is written down."""
        self.puk = puk
        try:
            await self._next(Ask.PUK)
        finally:
            self.puk = ""

    def answer(self, asked: Ask, text: str = "") -> None:
        """What the holder typed; nothing where the pad asks for something else by now."""
        if self.ask is asked and self._answer is not None and not self._answer.done():
            self._answer.set_result(text)

    async def _next(self, ask: Ask) -> str:
        self._answer = asyncio.get_running_loop().create_future()
        self.ask, self.turn = ask, self.turn + 1
        try:
            return await asyncio.wait_for(self._answer, self.seconds)
        except TimeoutError as error:
            raise PadSilent from error
        finally:
            self.ask, self.turn, self._answer = Ask.NOTHING, self.turn + 1, None
