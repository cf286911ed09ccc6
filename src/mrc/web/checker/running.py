"""The life of a check: asked, waited for, read once, recorded. No page and no words in here."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mrc.formats.catalogue.ages import seoul_date
from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.openid4vp.invocation import ByReference, decode_invocation
from mrc.verifier.in_person.answers import Question, answer
from mrc.verifier.in_person.checks import (
    CODE_TIME,
    MORE_TIME,
    Check,
    CheckId,
    Ending,
    PostId,
    Way,
)
from mrc.verifier.in_person.plastic import PlasticCard, unreachable
from mrc.verifier.policy import Verdict
from mrc.verifier.readings import Reading
from mrc.verifier.requests import Asking
from mrc.verifier.transactions import Outcome, Stage
from mrc.web.checker.parts import CheckerParts

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read as another
_ID_LENGTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the card said: shown once with the result, and kept nowhere."""

    values: dict[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose check it is, and where."""

    post: PostId
    name: str


class Running:
    def __init__(self, parts: CheckerParts) -> None:
        self._parts = parts

    async def ask(self, question: Question, place: Place, *, way: Way) -> Check:
        """A new check that waits for a phone."""
        now = self._parts.clock.now()
        asking = Asking(purpose=question.purpose, number_match=way in (Way.CODE, Way.POSTER))
        asked = await self._parts.verifier.ask(asking, now=now)
        check = self._new(question, place, way=way, now=now)
        check = replace(check, transaction=asked.id, link=asked.link)
        await self._parts.checks.add(check)
        return check

    async def train(self, question: Question, place: Place) -> Check:
        """A check that waits for a practice person."""
        check = self._new(question, place, way=Way.TRAINING, now=self._parts.clock.now())
        await self._parts.checks.add(check)
        return check

    def reading(self, check: Check) -> Reading | None:
        return self._parts.verifier.reading(request_uri_of(check.link))

    async def numbered(self, check: Check) -> Check:
        """`check` with the number of its first reading, kept from now on; readings are not."""
        reading = self.reading(check) if check.number is None and check.link else None
        if reading is None or reading.number is None:
            return check
        await self._parts.checks.number(check.id, reading.number)
        return replace(check, number=reading.number)

    async def is_over(self, check: Check) -> bool:
        """Whether `follow` would end it. Reads nothing that is told only once."""
        if check.transaction is None:
            return False
        now = self._parts.clock.now()
        try:
            stage = await self._parts.verifier.stage(check.transaction, now=now)
        except Rejected:
            return True
        late = now >= check.closes_at and stage is Stage.OPEN
        return late or stage in (Stage.FINISHED, Stage.EXPIRED)

    async def follow(self, check: Check) -> tuple[Check, Shown]:
        """Where a check stands now. What the card said comes with the one call that ended it."""
        if check.ending is not None or check.transaction is None:
            return check, Shown()
        now = self._parts.clock.now()
        try:
            stage = await self._parts.verifier.stage(check.transaction, now=now)
        except Rejected:
            stage = Stage.EXPIRED  # forgotten by the verifier
        if stage is Stage.FINISHED:
            return await self._read(check, now)
        if stage is Stage.EXPIRED or (now >= check.closes_at and stage is Stage.OPEN):
            return await self._end(check, Ending.EXPIRED, now)
        return check, Shown()

    async def stop(self, check: Check) -> None:
        await self._end(check, Ending.STOPPED, self._parts.clock.now())

    async def extend(self, check: Check) -> Check:
        """More time, once."""
        if check.extended or check.ending is not None:
            return check
        longer = check.opened_at + CODE_TIME + MORE_TIME
        await self._parts.checks.extend(check.id, closes_at=longer)
        return replace(check, closes_at=longer)

    async def look_up(
        self, question: Question, place: Place, card: PlasticCard
    ) -> tuple[Check, Shown]:
        """A plastic card, judged as a mobile one. Raises `Malformed` for what is no number."""
        claims = self._parts.verifier.profile.purposes[question.purpose].claims
        try:
            entry = await self._parts.plastic.look_up(card, claims)
        except Unavailable:
            entry = None
        now = self._parts.clock.now()
        check = self._new(question, place, way=Way.PLASTIC, now=now)
        await self._parts.checks.add(check)
        if entry is None:
            return await self.judge(check, unreachable(at=now), {})
        return await self.judge(check, entry.verdict(at=now), dict(entry.values))

    async def judge(
        self, check: Check, verdict: Verdict, values: dict[str, object]
    ) -> tuple[Check, Shown]:
        """The one place where a card becomes an answer, whatever kind of card it is."""
        now = self._parts.clock.now()
        answered = answer(check.question, verdict, values, today=seoul_date(now))
        found = replace(check, answered=answered, data_as_of=verdict.data_as_of)
        ended, _ = await self._end(found, Ending.ANSWERED, now)
        return ended, Shown(values=values)

    async def _read(self, check: Check, now: datetime) -> tuple[Check, Shown]:
        if check.transaction is None:
            raise ValueError("a check without a question")
        outcome = await self._parts.verifier.outcome(check.transaction, response_code=None, now=now)
        if outcome is None:
            return check, Shown()
        if outcome.verdict is None:
            return await self._end(check, Ending.DECLINED, now)
        return await self.judge(check, outcome.verdict, _values(outcome))

    async def _end(self, check: Check, ending: Ending, now: datetime) -> tuple[Check, Shown]:
        ended = replace(check, ending=ending, finished_at=now)
        await self._parts.checks.finish(ended)
        return ended, Shown()

    def _new(self, question: Question, place: Place, *, way: Way, now: datetime) -> Check:
        token = self._parts.verifier.entropy.token(_ID_LENGTH)
        return Check(
            id=CheckId("".join(_LETTERS[byte % 32] for byte in token)),
            post=place.post,
            place=place.name,
            way=way,
            question=question,
            opened_at=now,
            closes_at=now + CODE_TIME,
        )


def request_uri_of(link: str) -> str:
    invocation = decode_invocation(link)
    if not isinstance(invocation, ByReference):
        raise ValueError("our links are by reference")
    return invocation.request_uri


def seconds_left(check: Check, *, now: datetime) -> int:
    return max(int((check.closes_at - now) / timedelta(seconds=1)), 0)


def _values(outcome: Outcome) -> dict[str, object]:
    """The values of the first card that said something; one card answers a purpose."""
    return next((dict(card.values) for card in outcome.cards if card.values), {})
