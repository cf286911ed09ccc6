"""A wrong loss report undone by its holder at home: IC card, PIN and face at the locked phone.

Issue of a phone is not what is asked here, so neither the carrier nor the rules of eligibility
are: the card was theirs before it was locked, and what ended meanwhile is cancelled, not locked.
What an officer locked stays locked until an officer unlocks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from mrc.authority.counter import Counter
from mrc.authority.ic_issuance.chip_steps import ChipParts, ChipSteps
from mrc.authority.ic_issuance.ports import ProofPurpose
from mrc.authority.ic_issuance.refusing import chip_refusal, refusal
from mrc.authority.ic_issuance.sessions import Proved, Unlocking
from mrc.authority.loss.codes import TryCounter
from mrc.authority.loss.records import Channel
from mrc.formats import base64url
from mrc.ic_card.reasons import Reason as Chip
from mrc.issuer.cards import OwnUnlock
from mrc.issuer.clients import Client, ClientHeaders
from mrc.issuer.reasons import Reason
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden, Malformed, Rejected
from mrc.kernel.findings import Outcome
from mrc.protocols.card_loss.messages import rounded_up
from mrc.protocols.card_loss.unlock import UNLOCK_PATH, Unlocked, UnlockRequest
from mrc.protocols.ic_issuance.messages import Begin, Face, decode_answer
from mrc.protocols.ic_issuance.refusals import IcRefusal
from mrc.protocols.oauth.errors import OAuthError
from mrc.registry.acts import Act, ActKind
from mrc.registry.people import Registrant

ACTOR = "holder"
CHANNEL = "ic_card"
_REFUSED: Mapping[Reason, IcRefusal] = MappingProxyType(
    {
        Reason.NO_CARD_OF_PHONE: IcRefusal.NOT_THE_LOCKED_PHONE,
        Reason.CARD_OF_ANOTHER: IcRefusal.CARD_OF_ANOTHER_PERSON,
        Reason.CARD_ENDED: IcRefusal.MOBILE_CARD_CANCELLED,
        Reason.NOT_LOCKED: IcRefusal.MOBILE_CARD_NOT_LOCKED,
        Reason.LOCKED_BY_OFFICE: IcRefusal.LOCKED_BY_OFFICE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockPolicy:
    """Which reports the holder may undo at home, and how often a phone may begin in the counter's
    window (a card that left the phone begins again). A lock by an officer has no channel and can
    be in no such set."""

    undoable: frozenset[Channel] = frozenset(
        {Channel.LOCK_CODE, Channel.WALLET, Channel.CALL_CENTRE, Channel.CARRIER}
    )
    tries: int = 15

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError("somebody must be able to try at least once")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockParts:
    chip: ChipParts
    counter: Counter
    tries: TryCounter
    policy: UnlockPolicy = field(default_factory=UnlockPolicy)


class UnlockSteps:
    """The steps behind `POST {issuer}/unlock`. Raises `OAuthError`, `Malformed`, `Unavailable`."""

    def __init__(self, parts: UnlockParts) -> None:
        self._parts = parts
        self._chip = ChipSteps(parts.chip, path=UNLOCK_PATH, wanted=Unlocking)
        self._undoable = frozenset(channel.value for channel in parts.policy.undoable)

    async def step(self, request: UnlockRequest, headers: ClientHeaders) -> Unlocked:
        """One request. Raises `OAuthError` with what comes next, or with why it ended."""
        now = self._parts.chip.clock.now()
        client = await self._chip.client(request.client_id, headers, now=now)
        answer = decode_answer(request.answer)
        if request.auth_session is None:
            if not isinstance(answer, Begin):
                raise Malformed("unlock request", "the first step is begin")
            await self._begin(client, answer, now)
        try:
            session = str(request.auth_session)
            proved, shown = await self._chip.proved(session, client, answer, now=now)
            return await self._decide(session, proved, shown, now)
        except OAuthError:
            raise
        except (Malformed, Rejected) as error:
            raise chip_refusal(error) from error

    async def _begin(self, client: Client, answer: Begin, now: datetime) -> None:
        """The try is counted, and what needs no IC card is said before the holder fetches it."""
        phone = client.jkt or ""
        try:
            await self._parts.tries.count("unlock", phone, self._parts.policy.tries, now=now)
        except Forbidden as error:
            raise refusal(IcRefusal.TOO_MANY_TRIES, error.reason) from error
        try:
            await self._parts.counter.unlockable(phone, undoable=self._undoable, holder=None)
        except Forbidden as error:
            raise _refused(error) from error
        await self._chip.begin(client, Unlocking(), answer, now=now)

    async def _decide(
        self, session: str, proved: Proved, shown: Face | None, now: datetime
    ) -> Unlocked:
        """Who the chip speaks for, the card, the face, the act; each no is recorded."""
        if proved.proof.dpop_thumbprint != base64url.decode(proved.ordered.jkt):
            raise Rejected(Chip.DEVICE_KEY_DIFFERS, "IC-CARD 5.4 check 6")
        holder = await self._chip.holder(proved.proof, now=now)
        jkt, reference = proved.ordered.jkt, HolderReference(holder.id)
        try:  # before a face is asked for; again with the act
            await self._parts.counter.unlockable(jkt, undoable=self._undoable, holder=reference)
        except Forbidden as error:
            await self._record_refusal(holder, error.reason.value, now)
            raise _refused(error) from error
        face = await self._chip.face(session, proved, holder, shown, now=now)
        if face.outcome is not Outcome.PASSED:
            await self._record_refusal(holder, f"face {face.outcome.value}", now)
            failed = face.outcome is Outcome.FAILED
            raise refusal(IcRefusal.FACE_DIFFERS if failed else IcRefusal.FACE_AT_COUNTER)
        await self._chip.keep(proved, holder, ProofPurpose.UNLOCK, now=now)
        wish = OwnUnlock(
            holder=reference,
            phone=jkt,
            undoable=self._undoable,
            actor=ACTOR,
            reason=f"report undone by IC card and PIN; face ({self._parts.chip.face.name}): passed",
            channel=CHANNEL,
        )
        try:
            await self._parts.counter.unlock_own(wish, now=now)
        except Forbidden as error:
            await self._record_refusal(holder, error.reason.value, now)
            raise _refused(error) from error
        return Unlocked(at=rounded_up(self._parts.chip.clock.now()))

    async def _record_refusal(self, holder: Registrant, why: str, now: datetime) -> None:
        """That somebody stood there with card and PIN, and why nothing came of it. The act of
        unlocking itself is recorded in the transaction that moves the card."""
        await self._parts.chip.registry.append_act(
            Act(
                registrant=holder.id,
                kind=ActKind.UNLOCK_REFUSED,
                actor="ic-card",
                reason=f"unlocking by IC card: {why}",
                at=now,
            )
        )


def _refused(error: Forbidden) -> OAuthError:
    if not isinstance(error.reason, Reason) or error.reason not in _REFUSED:
        raise error
    return refusal(_REFUSED[error.reason], error.reason)
