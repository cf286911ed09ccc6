"""The guided capture inside one session: ask, judge, ask again, and at the end the counter.

A challenge is counted when it is told, not when it is answered: whoever looks at many of them to
wait for gestures that were recorded earlier uses up the tries, in one session and over a day.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mrc.authority.face_matching.capture import Capture
from mrc.authority.ic_issuance.face import CHECK, CLAUSE, FaceReason
from mrc.authority.ic_issuance.ports import FaceStep
from mrc.formats.catalogue.ages import seoul_date
from mrc.issuer.records import OneTimeUse
from mrc.issuer.store import IssuerStore
from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Finding, Outcome, undetermined
from mrc.kernel.ports import Entropy
from mrc.protocols.ic_issuance.face import FaceProblem, Gesture
from mrc.protocols.ic_issuance.messages import Face, ShowFace
from mrc.registry.people import Registrant

MOST_TRIES = 3  # of one session
MOST_A_DAY = 9  # of one person, in all sessions: a stranger's luck has a bound
TIME_TO_SHOW = timedelta(seconds=90)
NONCE_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceAsked:
    """One challenge as the session remembers it. It holds no picture and no result but `problem`,
    why the one before was no use."""

    nonce: bytes = field(repr=False)
    gestures: tuple[Gesture, ...]
    expires_at: datetime
    tries_left: int
    problem: FaceProblem | None = None

    def demand(self, *, at: datetime) -> ShowFace:
        return ShowFace(
            nonce=self.nonce,
            gestures=self.gestures,
            expires_in=max(0, int((self.expires_at - at).total_seconds())),
            tries_left=self.tries_left,
            problem=self.problem,
        )

    def encode(self) -> dict[str, object]:
        return {
            "nonce": self.nonce.hex(),
            "gestures": [gesture.value for gesture in self.gestures],
            "until": int(self.expires_at.timestamp()),
            "tries_left": self.tries_left,
            "problem": None if self.problem is None else self.problem.value,
        }


def decode_face_asked(raw: object) -> FaceAsked:
    """Raises `Malformed`: only what this module wrote comes back."""
    if not isinstance(raw, dict):
        raise Malformed("issuance session", "face")
    try:
        problem = raw["problem"]
        return FaceAsked(
            nonce=bytes.fromhex(raw["nonce"]),
            gestures=tuple(Gesture(gesture) for gesture in raw["gestures"]),
            expires_at=datetime.fromtimestamp(raw["until"], UTC),
            tries_left=int(raw["tries_left"]),
            problem=None if problem is None else FaceProblem(problem),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("issuance session", "face") from error


class FaceCapture:
    """`step` says what is asked for and what of it is found; `store` counts."""

    def __init__(self, step: FaceStep, store: IssuerStore, entropy: Entropy) -> None:
        self._step = step
        self._store = store
        self._entropy = entropy

    async def go_on(
        self, holder: Registrant, asked: FaceAsked | None, shown: Face | None, now: datetime
    ) -> Finding | FaceAsked:
        """What was found, or what is to be shown first.

        A challenge that was told stays the same until it is answered. Pictures are judged only in
        the session, for the challenge and in the time they were asked for. Raises `Unavailable`.
        """
        if asked is None:
            return await self._ask(holder, tries=MOST_TRIES, problem=None, now=now)
        if shown is None:
            return asked
        finding = await self._judge(holder, asked, shown, now)
        again = _again(finding)
        if again is None:
            return finding
        return await self._ask(holder, tries=asked.tries_left, problem=again, now=now)

    async def _judge(
        self, holder: Registrant, asked: FaceAsked, shown: Face, now: datetime
    ) -> Finding:
        if not hmac.compare_digest(shown.nonce, asked.nonce):
            return undetermined(CHECK, CLAUSE, FaceProblem.OTHER_CHALLENGE)
        if now >= asked.expires_at:
            return undetermined(CHECK, CLAUSE, FaceProblem.TOO_LATE)
        capture = Capture(gestures=asked.gestures, frames=shown.frames)
        return await self._step.compare(holder, capture, at=now)

    async def _ask(
        self, holder: Registrant, *, tries: int, problem: FaceProblem | None, now: datetime
    ) -> Finding | FaceAsked:
        gestures = await self._step.draw(holder, self._entropy)
        if not gestures:
            return await self._step.compare(holder, None, at=now)
        if tries == 0 or not await self._count(holder, now):
            return undetermined(CHECK, CLAUSE, FaceReason.AT_COUNTER)
        return FaceAsked(
            nonce=self._entropy.token(NONCE_BYTES),
            gestures=gestures,
            expires_at=(now + TIME_TO_SHOW).replace(microsecond=0),
            tries_left=tries - 1,
            problem=problem,
        )

    async def _count(self, holder: Registrant, now: datetime) -> bool:
        """One try of today taken; False where none is left. Decided by the database at once."""
        for number in range(MOST_A_DAY):
            name = f"face challenge {number} of {seoul_date(now)} for {holder.id}"
            digest = hashlib.sha256(name.encode()).digest()
            use = OneTimeUse(digest=digest, expires_at=now + timedelta(days=1))
            async with self._store.transaction() as tx:
                if await tx.claim([use]):
                    return True
        return False


def _again(finding: Finding) -> FaceProblem | None:
    """Why pictures are asked for once more; None where that would not help."""
    if finding.outcome is not Outcome.UNDETERMINED or finding.reason == FaceReason.AT_COUNTER:
        return None
    return FaceProblem(str(finding.reason))
