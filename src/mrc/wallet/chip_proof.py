"""The chip at the phone, passed through to an office: PIN, proof, waiting, face.

The PIN opens the card here and goes nowhere else; from then on the phone passes bytes between the
chip and the office (IC-CARD 5.4). What the office does with a proved chip is the caller's.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Generic, Protocol, TypeVar

from mrc.ic_card.pace import Password
from mrc.ic_card.reasons import Reason as ChipReason
from mrc.ic_card.terminal import opening, pipe
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import TagLost
from mrc.kernel.errors import Malformed, MrcError, Rejected, Unavailable
from mrc.kernel.ports import Entropy
from mrc.protocols.ic_issuance.messages import (
    MEMBER,
    Answer,
    AskAgain,
    Begin,
    ChipKey,
    Demand,
    Face,
    FirstAnswers,
    ForwardFirst,
    ForwardSecond,
    ReadChipKey,
    SecondAnswers,
    ShowFace,
    TryLater,
    decode_demand,
)
from mrc.protocols.ic_issuance.refusals import NEXT, REASON, WORDS, IcRefusal, NextStep
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.first_party import auth_session_of

T = TypeVar("T")

MOST_LOSSES = 4  # times the card may leave the phone before the holder must start again
MOST_WAITS = 3  # times the office is asked again where somebody else did not answer
MOST_FACES = 4  # times the face may be shown; an office asks fewer
_CLAUSE = "IC-CARD 5.4"


class TapStep(Enum):
    """What the holder sees while the card lies at the phone."""

    HOLD_CARD = auto()
    OPENING = auto()
    PROVING = auto()
    CARD_LEFT = auto()
    MAY_REMOVE_CARD = auto()
    OFFICE_DECIDES = auto()
    COLLECTING = auto()


class Holder(Protocol):
    """The person before the phone, as the front end reaches them."""

    async def pin(self, tries_left: int | None) -> str:
        """The card's PIN; None means that all tries are left."""

    async def can(self) -> str | None:
        """The six digits printed on the card, or None where the holder has not got them."""

    async def agrees_to_last_try(self) -> bool:
        """One try is left before the card is blocked."""

    async def show_face(self, asked: ShowFace) -> Sequence[bytes] | None:
        """A picture for each gesture in the order asked, or None: at the counter then."""

    async def waits(self, reason: IcRefusal) -> bool:
        """Whether to ask the office once more."""

    def sees(self, step: TapStep) -> None: ...


class IcCardRefused(Rejected):
    """The office said no, or not this way: `reason` is `IcRefusal`, `detail` its words."""

    def __init__(self, reason: IcRefusal, next_step: NextStep) -> None:
        super().__init__(reason, _CLAUSE, WORDS[reason].text)
        self.next_step = next_step


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """What the office gave in the end."""

    value: T = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Conversation(Generic[T]):
    """One session at an endpoint. `send` posts an answer under the session, if there is one yet,
    and returns what the office gives at the end; `round_trips` counts the answers that came."""

    send: Callable[[Answer, str | None], Awaitable[T]]
    auth_session: str | None = field(default=None, repr=False)
    round_trips: int = 0

    async def say(self, answer: Answer) -> Demand | Ended[T]:
        """What the office wants next, or what it gives. Raises `IcCardRefused`."""
        self.round_trips += 1
        try:
            return Ended(await self.send(answer, self.auth_session))
        except OAuthError as error:
            if error.code is not OAuthErrorCode.INSUFFICIENT_AUTHORIZATION:
                raise _refused(error) from error
            self.auth_session = auth_session_of(error.members) or self.auth_session
            return decode_demand(error.members)


def _refused(error: OAuthError) -> MrcError:
    """The office's own reason; an error that has none stays what it is."""
    try:
        reason = IcRefusal(str(error.members.get(REASON)))
        return IcCardRefused(reason, NextStep(str(error.members.get(NEXT))))
    except ValueError:
        return error


@dataclass(slots=True, kw_only=True)
class Tap(Generic[T]):
    """A card at the phone and the office's questions. Raises `IcCardRefused`, `Rejected`,
    `Malformed` or `Unavailable`."""

    talk: Conversation[T]
    card: CardConnection
    holder: Holder
    entropy: Entropy
    _pin: str | None = field(default=None, repr=False)

    async def through(self) -> T:
        """Prove the chip, again after each loss of the card; then what needs no card."""
        said = await self._proved()
        self.holder.sees(TapStep.MAY_REMOVE_CARD)
        for _ in range(1 + MOST_WAITS + MOST_FACES):
            match said:
                case Ended(value=value):
                    return value
                case TryLater(reason=reason):
                    said = await self._wait(reason)
                case ShowFace() as asked:
                    said = await self._show_face(asked)
                case _:
                    raise Malformed(MEMBER, "the chip is proved already")
        raise IcCardRefused(IcRefusal.PHONE_OWNER_UNKNOWN, NextStep.TRY_LATER)

    async def _show_face(self, asked: ShowFace) -> Demand | Ended[T]:
        frames = await self.holder.show_face(asked)
        if frames is None:
            refusal = IcRefusal.FACE_AT_COUNTER
            raise IcCardRefused(refusal, WORDS[refusal].next)
        self.holder.sees(TapStep.OFFICE_DECIDES)
        return await self.talk.say(Face(nonce=asked.nonce, frames=tuple(frames)))

    async def _wait(self, reason: str) -> Demand | Ended[T]:
        known = [one for one in IcRefusal if one.value == reason]
        waiting = known[0] if known else IcRefusal.PHONE_OWNER_UNKNOWN
        if not await self.holder.waits(waiting):
            raise IcCardRefused(waiting, NextStep.TRY_LATER)
        self.holder.sees(TapStep.OFFICE_DECIDES)
        return await self.talk.say(AskAgain())

    async def _proved(self) -> Demand | Ended[T]:
        for _ in range(1 + MOST_LOSSES):
            self.talk.auth_session = None  # a session that lost its card is over
            try:
                await self._open()
                return await self._prove()
            except TagLost:
                self.holder.sees(TapStep.CARD_LEFT)
        raise Unavailable("card", "it left the phone again and again; start again")

    async def _open(self) -> None:
        """PACE with the PIN. The tries are asked first; the last one needs the holder's yes."""
        self.holder.sees(TapStep.HOLD_CARD)
        await self.card.connect()
        info = opening.choose_pace(await opening.read_card_access(self.card))
        left = await opening.ask_tries(self.card, info, Password.PIN)
        if left == 0:
            raise Rejected(ChipReason.PIN_BLOCKED, "TR-03110-2 3.3", "only the PUK helps")
        agreed, can = left != 1, None
        if left == 1:
            agreed = await self.holder.agrees_to_last_try()
            can = await self.holder.can() if agreed else None
        if agreed and not (left == 1 and can is None) and self._pin is None:
            self._pin = await self.holder.pin(left)
        self.holder.sees(TapStep.OPENING)
        try:
            await opening.open_with_pin(
                self.card,
                info,
                self._pin or "",
                entropy=self.entropy,
                can=can,
                last_try_agreed=agreed,
            )
        except Rejected:
            self._pin = None  # a wrong PIN is never sent twice
            raise

    async def _prove(self) -> Demand | Ended[T]:
        """The four round trips of the chip (IC-CARD 5.4)."""
        dg14 = await _chip_key(self.card)
        self.holder.sees(TapStep.PROVING)
        extended = self.card.transport.extended_length
        asked = await self.talk.say(Begin(extended_length=extended))  # 1
        if not isinstance(asked, ReadChipKey):
            raise Malformed(MEMBER, "DG14 is asked for first")
        first = await self.talk.say(ChipKey(dg14=dg14))  # 2
        if not isinstance(first, ForwardFirst):
            raise Malformed(MEMBER, "the first batch is expected")
        answers = await pipe.forward_first(self.card, first.plain, first.wrapped)
        second = await self.talk.say(FirstAnswers(answers=answers))  # 3
        if not isinstance(second, ForwardSecond):
            raise Malformed(MEMBER, "the second batch is expected")
        answers = await pipe.forward(self.card, second.wrapped)
        return await self.talk.say(SecondAnswers(answers=answers))  # 4


async def _chip_key(card: CardConnection) -> bytes:
    """DG14. A card that left meanwhile is a lost tag like any other."""
    try:
        return await pipe.read_chip_key(card)
    except Rejected as error:
        if error.reason is ChipReason.SESSION_CLOSED:
            raise TagLost("while DG14 was read") from error
        raise


async def ask_tries_left(card: CardConnection) -> int | None:
    """Tries of the card's PIN, None where all are left; powers the card on anew, costs nothing."""
    await card.connect()
    info = opening.choose_pace(await opening.read_card_access(card))
    return await opening.ask_tries(card, info, Password.PIN)
