"""Collecting a mobile card by IC card: the chip at the phone is the holder's authorization.

The PIN opens the card here and goes nowhere else; from then on the phone passes bytes between the
chip and the office. Afterwards a token and copies as from a counter's code. Whatever interrupts
it, the holder starts again: a right PIN gives all tries back, and no second phone can come of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from mrc.ic_card.pace import Password
from mrc.ic_card.reasons import Reason as ChipReason
from mrc.ic_card.terminal import opening, pipe
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import TagLost
from mrc.kernel.errors import Malformed, MrcError, Rejected, Unavailable
from mrc.kernel.ports import Entropy, Signer
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
    encode_answer,
)
from mrc.protocols.ic_issuance.refusals import NEXT, REASON, WORDS, IcRefusal, NextStep
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.first_party import (
    AuthorizationChallengeRequest,
    AuthorizationGranted,
    auth_session_of,
)
from mrc.protocols.openid4vci.offer import CredentialOffer
from mrc.protocols.openid4vci.token import AuthorizationCodeTokenRequest, TokenResponse
from mrc.wallet.issuer_client import Issuer, IssuerClient
from mrc.wallet.network import AttestedClient
from mrc.wallet.pending import PendingCard
from mrc.wallet.ports import KeyId, KeyStore
from mrc.wallet.reasons import Reason
from mrc.wallet.receiving import FORMATS, OfferedCard, Receiving

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


@dataclass(frozen=True, slots=True, kw_only=True)
class IcCardParts:
    issuers: IssuerClient
    keys: KeyStore
    receiving: Receiving
    entropy: Entropy


@dataclass(slots=True, kw_only=True)
class _Conversation:
    """One session at the challenge endpoint. `round_trips` counts the answers that came."""

    issuers: IssuerClient
    issuer: Issuer
    key: Signer
    client: AttestedClient | None
    code_challenge: str
    scope: str
    auth_session: str | None = field(default=None, repr=False)
    round_trips: int = 0

    async def say(self, answer: Answer) -> Demand | AuthorizationGranted:
        """What the office wants next, or its code. Raises `IcCardRefused`."""
        request = AuthorizationChallengeRequest(
            client_id=None if self.client is None else self.client.client_id,
            scope=self.scope if self.auth_session is None else None,
            auth_session=self.auth_session,
            code_challenge=self.code_challenge if self.auth_session is None else None,
            code_challenge_method=pkce.METHOD if self.auth_session is None else None,
            answers={MEMBER: encode_answer(answer)},
        )
        self.round_trips += 1
        try:
            return await self.issuers.challenge(
                self.issuer, request, key=self.key, client=self.client
            )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """A card that may be collected, and how much it took to get there."""

    pending: PendingCard = field(repr=False)
    round_trips: int
    apdus: int


class IcCardReceiving:
    """The use case. Raises `IcCardRefused`, `Rejected`, `Malformed` or `Unavailable`."""

    def __init__(self, parts: IcCardParts) -> None:
        self._parts = parts

    async def begin(self, credential_issuer: str, card: CardConnection, holder: Holder) -> Tapped:
        """From the tap to a token; `Receiving.collect` goes on from there."""
        issuer = await self._parts.issuers.discover(credential_issuer)
        if issuer.server.authorization_challenge_endpoint is None:
            detail = "this office does not issue by IC card; ask for the QR code"
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "first-party-apps-03 4.1", detail)
        client = await self._parts.receiving.client_for(issuer)
        (token_key,) = await self._parts.keys.create(1)
        try:
            return await self._begin(issuer, client, token_key, card, holder)
        except MrcError:
            await self._parts.keys.forget([token_key])
            raise

    async def _begin(
        self,
        issuer: Issuer,
        client: AttestedClient | None,
        token_key: KeyId,
        card: CardConnection,
        holder: Holder,
    ) -> Tapped:
        verifier = pkce.make_verifier(self._parts.entropy)
        key = await self._parts.keys.signer(token_key)
        talk = _Conversation(
            issuers=self._parts.issuers,
            issuer=issuer,
            key=key,
            client=client,
            code_challenge=pkce.challenge_of(verifier),
            scope=" ".join(_usable(issuer)),
        )
        granted = await self._authorized(talk, card, holder)
        holder.sees(TapStep.COLLECTING)
        request = AuthorizationCodeTokenRequest(
            client_id=None if client is None else client.client_id,
            code=granted.authorization_code,
            code_verifier=verifier,
        )
        token = await self._parts.issuers.request_token(issuer, request, key=key, client=client)
        offered = _as_offered(issuer, token)
        pending = await self._parts.receiving.begin(offered, token, token_key, client)
        return Tapped(pending=pending, round_trips=talk.round_trips, apdus=card.sent)

    async def _authorized(
        self, talk: _Conversation, card: CardConnection, holder: Holder
    ) -> AuthorizationGranted:
        """Prove the chip, again after each loss of the card; then what needs no card."""
        tap = _Tap(card=card, holder=holder, entropy=self._parts.entropy)
        said = await self._proved(talk, tap)
        holder.sees(TapStep.MAY_REMOVE_CARD)
        for _ in range(1 + MOST_WAITS + MOST_FACES):
            match said:
                case AuthorizationGranted():
                    return said
                case TryLater(reason=reason):
                    said = await self._wait(talk, holder, reason)
                case ShowFace() as asked:
                    said = await self._show_face(talk, holder, asked)
                case _:
                    raise Malformed(MEMBER, "the chip is proved already")
        raise IcCardRefused(IcRefusal.PHONE_OWNER_UNKNOWN, NextStep.TRY_LATER)

    async def _show_face(
        self, talk: _Conversation, holder: Holder, asked: ShowFace
    ) -> Demand | AuthorizationGranted:
        frames = await holder.show_face(asked)
        if frames is None:
            refusal = IcRefusal.FACE_AT_COUNTER
            raise IcCardRefused(refusal, WORDS[refusal].next)
        holder.sees(TapStep.OFFICE_DECIDES)
        return await talk.say(Face(nonce=asked.nonce, frames=tuple(frames)))

    async def _wait(
        self, talk: _Conversation, holder: Holder, reason: str
    ) -> Demand | AuthorizationGranted:
        known = [one for one in IcRefusal if one.value == reason]
        waiting = known[0] if known else IcRefusal.PHONE_OWNER_UNKNOWN
        if not await holder.waits(waiting):
            raise IcCardRefused(waiting, NextStep.TRY_LATER)
        holder.sees(TapStep.OFFICE_DECIDES)
        return await talk.say(AskAgain())

    async def _proved(self, talk: _Conversation, tap: "_Tap") -> Demand | AuthorizationGranted:
        for _ in range(1 + MOST_LOSSES):
            talk.auth_session = None  # a session that lost its card is over
            try:
                await tap.open()
                return await _prove(talk, tap)
            except TagLost:
                tap.holder.sees(TapStep.CARD_LEFT)
        raise Unavailable("card", "it left the phone again and again; start again")


@dataclass(slots=True, kw_only=True)
class _Tap:
    """A card at the phone. The PIN that opened it once is kept for as long as this lasts."""

    card: CardConnection
    holder: Holder
    entropy: Entropy
    known_pin: str | None = field(default=None, repr=False)

    async def open(self) -> None:
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
        if agreed and not (left == 1 and can is None) and self.known_pin is None:
            self.known_pin = await self.holder.pin(left)
        self.holder.sees(TapStep.OPENING)
        try:
            await opening.open_with_pin(
                self.card,
                info,
                self.known_pin or "",
                entropy=self.entropy,
                can=can,
                last_try_agreed=agreed,
            )
        except Rejected:
            self.known_pin = None  # a wrong PIN is never sent twice
            raise


async def _prove(talk: _Conversation, tap: _Tap) -> Demand | AuthorizationGranted:
    """The four round trips of the chip (IC-CARD 5.4)."""
    dg14 = await _chip_key(tap.card)
    tap.holder.sees(TapStep.PROVING)
    extended = tap.card.transport.extended_length
    asked = await talk.say(Begin(extended_length=extended))  # 1
    if not isinstance(asked, ReadChipKey):
        raise Malformed(MEMBER, "DG14 is asked for first")
    first = await talk.say(ChipKey(dg14=dg14))  # 2
    if not isinstance(first, ForwardFirst):
        raise Malformed(MEMBER, "the first batch is expected")
    answers = await pipe.forward_first(tap.card, first.plain, first.wrapped)
    second = await talk.say(FirstAnswers(answers=answers))  # 3
    if not isinstance(second, ForwardSecond):
        raise Malformed(MEMBER, "the second batch is expected")
    answers = await pipe.forward(tap.card, second.wrapped)
    return await talk.say(SecondAnswers(answers=answers))  # 4


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


def _usable(issuer: Issuer) -> Sequence[str]:
    """Everything the office offers in a format we hold; it grants what is the holder's."""
    known = issuer.metadata.configurations
    usable = [name for name, one in known.items() if one.format in FORMATS]
    if not usable:
        raise Rejected(Reason.OFFER_UNUSABLE, "OpenID4VCI 12.2.4", "no format we can hold")
    return usable


def _as_offered(issuer: Issuer, token: TokenResponse) -> OfferedCard:
    """What the token is good for, as if it had been offered."""
    granted = (token.scope or "").split()
    known = issuer.metadata.configurations
    usable = {name: known[name] for name in _usable(issuer) if name in granted}
    if not usable:
        raise Rejected(Reason.OFFER_UNUSABLE, "OpenID4VCI 6.2", "the token is good for nothing")
    offer = CredentialOffer(
        credential_issuer=issuer.metadata.credential_issuer,
        credential_configuration_ids=tuple(usable),
    )
    return OfferedCard(offer=offer, issuer=issuer, configurations=usable)
