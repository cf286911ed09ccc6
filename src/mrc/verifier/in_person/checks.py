"""The record of one check in person: reference, time, purpose, result. Nothing about the person.

What a card said is read from the verifier once, shown, and forgotten; here stays only what the
record of a check may hold (UX V-8, V-9).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from mrc.verifier.in_person.answers import Answered, Question
from mrc.verifier.transactions import TransactionId

CheckId = NewType("CheckId", str)
PostId = NewType("PostId", str)
"""A sign-in of an operator at a place; its checks are nobody else's."""

CODE_TIME = timedelta(minutes=3)
"""How long a code is shown; see `MORE_TIME`."""

MORE_TIME = timedelta(minutes=2)
"""What a code may be extended by, once: together the verifier's five minutes."""


class Way(StrEnum):
    CODE = "code"
    POSTER = "poster"
    PLASTIC = "plastic"
    TRAINING = "training"


class Ending(StrEnum):
    """How a check came to its end."""

    ANSWERED = "answered"
    DECLINED = "declined"
    EXPIRED = "expired"
    STOPPED = "stopped"


class Face(StrEnum):
    """What the checker saw when comparing the photo with the person (UX V-6)."""

    SAME = "same"
    UNSURE = "unsure"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. `ending` None: it still waits. `number`: what a poster's visitor found on the
    shop's screen; None until their phone has read the request, and in every other way."""

    id: CheckId
    post: PostId
    place: str
    way: Way
    question: Question
    opened_at: datetime
    closes_at: datetime
    number: int | None = None
    transaction: TransactionId | None = None
    link: str = ""
    ending: Ending | None = None
    answered: Answered | None = None
    data_as_of: datetime | None = None
    finished_at: datetime | None = None
    face: Face | None = None

    @property
    def extended(self) -> bool:
        return self.closes_at - self.opened_at > CODE_TIME


class CheckStore(Protocol):
    """Every method is one transaction of its own."""

    async def add(self, check: Check) -> None: ...

    async def find(self, check: CheckId) -> Check | None: ...

    async def finish(self, check: Check) -> bool:
        """Record the end of a check; True for the one caller that did it."""

    async def number(self, check: CheckId, number: int) -> None:
        """Keep the number of a check that has none."""

    async def extend(self, check: CheckId, *, closes_at: datetime) -> None: ...

    async def compare(self, check: CheckId, face: Face) -> None: ...

    async def of_post(self, post: PostId, *, since: datetime, limit: int) -> list[Check]:
        """The newest first."""

    async def count_open(self, post: PostId, *, at: datetime) -> int:
        """Checks that wait for an answer: a poster makes no more than so many."""

    async def add_try(self, *, at: datetime) -> None:
        """A try of a sign-in code, counted before it is judged."""

    async def tries(self, *, since: datetime) -> int: ...

    async def forget_tries(self) -> None: ...
