"""One attempt to sign in, or to show an age, at a service's website.

It belongs to the browser that started it: what came of it is told to no other one (HAIP 1.0, 5.1;
OpenID4VP 1.0, 14.2: session fixation).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from mrc.verifier.purposes import PurposeId
from mrc.verifier.transactions import TransactionId

SignInId = NewType("SignInId", str)

CODE_TIME = timedelta(minutes=3)
FRESH_CODES = 2
"""How often an ended code is replaced by itself before the visitor is asked (UX O-2)."""


class Wish(StrEnum):
    """What the visitor pressed (UX O-1)."""

    SIGN_IN = "sign-in"
    AGE = "age"
    IDENTITY = "identity"

    @property
    def purpose(self) -> PurposeId:
        return _PURPOSES[self]


_PURPOSES = {
    Wish.SIGN_IN: PurposeId("sign-in"),
    Wish.AGE: PurposeId("age-19"),
    Wish.IDENTITY: PurposeId("identity"),
}


class Device(StrEnum):
    """Where Mobile ID is."""

    HERE = "here"
    OTHER = "other"


class End(StrEnum):
    DONE = "done"
    DECLINED = "declined"
    NOT_GOOD = "not_good"
    TOO_YOUNG = "too_young"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One attempt. `browser` is the SHA-256 of the secret in the browser's cookie."""

    id: SignInId
    browser: bytes = field(repr=False)
    wish: Wish
    opened_at: datetime
    device: Device | None = None
    transaction: TransactionId | None = None
    link: str = ""
    closes_at: datetime | None = None
    codes: int = 0
    end: End | None = None
    reason: str | None = None


class SignInStore(Protocol):
    """Every method is one transaction of its own."""

    async def add(self, sign_in: SignIn) -> None: ...

    async def find(self, sign_in: SignInId) -> SignIn | None: ...

    async def change(self, sign_in: SignIn) -> None:
        """The new state of an attempt that has no end yet."""

    async def finish(self, sign_in: SignIn) -> bool:
        """Record the end; True for the one caller that did it."""

    async def purge(self, *, opened_before: datetime) -> int: ...
