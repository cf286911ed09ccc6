"""What a host gives to the holder's app: the wallet, the clock, and the little it is told besides."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from mrc.kernel.ports import Clock
from mrc.wallet.mobile_id import MobileId
from mrc.wallet.ports import RecordStore, Turn
from mrc.web.wallet_app.ic_tap import IcCardDoor
from mrc.web.wallet_app.phone_check import PhoneCheck

IDLE = timedelta(minutes=5)


class HostKind(StrEnum):
    """Where the app runs: what it can reach differs (an IC card needs a card reader)."""

    PROCESS = "process"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletApp:
    """`preferences` are records outside the PIN's seal: the language is needed before the PIN.

    `lost_page` is where a loss is reported in any browser, empty where nobody runs one. `ic_card`
    is None where this host cannot read IC cards: the counter is offered instead. `turn` is held
    during every act: where another program can open the same wallet, it keeps that one out.
    """

    mobile_id: MobileId
    preferences: RecordStore
    clock: Clock
    kind: HostKind
    check: PhoneCheck
    turn: Turn = contextlib.nullcontext
    lost_page: str = ""
    ic_card: IcCardDoor | None = None
    idle: timedelta = IDLE
