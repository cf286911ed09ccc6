"""What the app remembers while it is open: one holder, one unlocked wallet, one thing at a time.

All of it lives in memory and is gone when the app locks. A flow (adding a card, sharing) has a
name that its forms carry: a form sent twice, or from a page behind the back button, is recognised
and does no harm.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.wallet.asking import Question
from mrc.wallet.delivery import Shown
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.presenting import Choice, Proposal
from mrc.wallet.receiving import OfferedCard, ReceivedCard
from mrc.web.wallet_app.ic_tap import IcTap
from mrc.web.wallet_app.ways import Way


def flow_name() -> str:
    return secrets.token_urlsafe(9)


@dataclass(slots=True, kw_only=True)
class AddFlow:
    """A card on its way in: offered, then received, then accepted or refused."""

    id: str = field(default_factory=flow_name)
    offered: OfferedCard | None = field(default=None, repr=False)
    received: ReceivedCard | None = field(default=None, repr=False)
    accepted_id: str | None = None


@dataclass(slots=True, kw_only=True)
class ShareFlow:
    """A question on its way out: read, agreed to, confirmed by PIN, answered.

    `numbers`: one of them stands on the asker's screen; empty where none does. `unlike`: the
    holder chose another, and that ended it.
    """

    question: Question = field(repr=False)
    proposal: Proposal = field(repr=False)
    ways: Sequence[Way] = field(repr=False)
    link: str = field(repr=False)
    id: str = field(default_factory=flow_name)
    numbers: Sequence[int] = ()
    unlike: bool = False
    way: int = 0
    agreed: Sequence[Choice] | None = field(default=None, repr=False)
    shown: Shown | None = None


class Session:
    """The one session of this app. `lock` serialises acts: two clicks never run side by side."""

    def __init__(self, idle: timedelta) -> None:
        self.acts = asyncio.Lock()
        self._idle = idle
        self._wallet: OpenWallet | None = None
        self._used_at: datetime | None = None
        self.add: AddFlow | None = None
        self.share: ShareFlow | None = None
        self.tap: IcTap | None = None
        self.link: str | None = None
        self.first_pin: str | None = None
        self.cared_at: datetime | None = None

    def __repr__(self) -> str:
        return "Session()"

    def open(self, wallet: OpenWallet, *, at: datetime) -> None:
        self._wallet, self._used_at = wallet, at

    def lock(self) -> None:
        """Forget everything but the link that is waiting to be looked at."""
        self.end_tap()
        self._wallet = self._used_at = self.add = self.share = None
        self.first_pin = self.cared_at = None

    def end_tap(self) -> None:
        """Stop reading an IC card, if one is read."""
        if self.tap is not None:
            self.tap.stop()
        self.tap = None

    def wallet(self, *, at: datetime) -> OpenWallet | None:
        """The open wallet, None where it is locked; being idle too long locks it."""
        if self._used_at is not None and at - self._used_at >= self._idle:
            self.lock()
        return self._wallet

    def touch(self, *, at: datetime) -> None:
        if self._wallet is not None:
            self._used_at = at
