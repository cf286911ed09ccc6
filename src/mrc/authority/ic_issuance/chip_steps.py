"""The steps that need the chip, for whatever its holder wants: a new card, or a lock lifted.

draft-ietf-oauth-first-party-apps-03, section 5, and IC-CARD 5.4. Every request is bound to the
client, the DPoP key and the wish of the first one; what a session remembers is claimed before a
message is judged, so that no message counts twice and an interruption leaves nothing but a new
start. Four round trips for the chip; a step that waits for somebody else is asked again without
the card.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

from mrc.authority.ic_issuance.deciding import check_plastic
from mrc.authority.ic_issuance.face_capture import FaceAsked, FaceCapture
from mrc.authority.ic_issuance.ports import (
    Evidence,
    FaceStep,
    IcCardStore,
    ProofPurpose,
    StepSessions,
)
from mrc.authority.ic_issuance.refusing import refusal, session_over
from mrc.authority.ic_issuance.sessions import (
    Ordered,
    Proved,
    Remembered,
    Wanted,
    decode_remembered,
    encode_remembered,
)
from mrc.formats import base64url
from mrc.ic_card.reasons import Reason as Chip
from mrc.ic_card.server.dialogue import ChipDialogue
from mrc.ic_card.server.verdict import ChipProof
from mrc.issuer.clients import Client, ClientHeaders, replayed
from mrc.issuer.configuration import Requirement
from mrc.issuer.issuer import Issuer
from mrc.issuer.store import IssuerStore
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding
from mrc.kernel.ports import Clock, Entropy
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
    encode_demand,
)
from mrc.protocols.ic_issuance.refusals import IcRefusal
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.registry.people import Registrant
from mrc.registry.store import RegistryStore

LIFETIME = timedelta(minutes=10)  # of the whole; the chip's part has its own, far shorter one
SESSION_BYTES = 32
_WHAT = "authorization challenge request"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipParts:
    """`dialogue` is asked for at every step: whose cards are good may change meanwhile.

    `first_party` are the clients these steps are for; others are sent to the counter.
    """

    issuer: Issuer
    issuer_store: IssuerStore
    registry: RegistryStore
    cards: IcCardStore
    sessions: StepSessions
    dialogue: Callable[[], ChipDialogue]
    face: FaceStep
    first_party: frozenset[str]
    clock: Clock
    entropy: Entropy


class ChipSteps:
    """The steps at the endpoint `path`, in sessions that want a `wanted` and nothing else.

    Raises `OAuthError`, `Malformed` and `Rejected`; `Unavailable` where a store is away.
    """

    def __init__(self, parts: ChipParts, *, path: str, wanted: type[Wanted]) -> None:
        self._parts = parts
        self._path = path
        self._wanted = wanted

    async def client(
        self, client_id: str | None, headers: ClientHeaders, *, now: datetime
    ) -> Client:
        """A first-party client with a DPoP key, whose proof was never used before."""
        issuer = self._parts.issuer
        url = issuer.configuration.endpoint(self._path)
        client = issuer.clients.authenticate(headers, url=url, client_id=client_id, now=now)
        async with self._parts.issuer_store.transaction() as tx:
            fresh = await tx.claim(client.uses)
        if not fresh:
            raise replayed()
        if client.jkt is None:
            raise OAuthError(OAuthErrorCode.INVALID_DPOP_PROOF, clause="IC-CARD 5.4")
        attested = issuer.configuration.wallet_attestation is not Requirement.OFF
        if attested and (
            client.instance_jkt is None or client.client_id not in self._parts.first_party
        ):
            raise refusal(IcRefusal.NOT_OUR_WALLET, code=OAuthErrorCode.UNAUTHORIZED_CLIENT)
        return client

    async def begin(
        self, client: Client, wanted: Wanted, answer: Begin, *, now: datetime
    ) -> NoReturn:
        """Round trip 1: a session, and the chip's key is asked for."""
        if not client.client_id or client.jkt is None:
            raise Malformed(_WHAT, "client_id is missing")
        ordered = Ordered(
            client_id=client.client_id,
            wanted=wanted,
            jkt=client.jkt,
            instance_jkt=client.instance_jkt,
            expires_at=now + LIFETIME,
        )
        session = base64url.encode(self._parts.entropy.token(SESSION_BYTES))
        started = await self._parts.dialogue().start(
            session,
            dpop_thumbprint=base64url.decode(client.jkt),
            extended_length=answer.extended_length,
            at=now,
        )
        seconds = int((started.expires_at - now).total_seconds())
        raise await self.ask(session, ordered, ReadChipKey(nonce=started.nonce, expires_in=seconds))

    async def proved(
        self, session: str, client: Client, answer: Answer, *, now: datetime
    ) -> tuple[Proved, Face | None]:
        """The chip's proof, now or in an earlier request, and the pictures that came with this.

        Raises the `OAuthError` that asks for what is missing.
        """
        kept = await self._claim(session, client, now)
        dialogue = self._parts.dialogue()
        phone = base64url.decode(_ordered_of(kept).jkt)
        match kept, answer:
            case Ordered(), ChipKey(dg14=dg14):
                first = await dialogue.take_dg14(session, dg14, dpop_thumbprint=phone, at=now)
                demand = ForwardFirst(plain=first.plain, wrapped=first.wrapped)
                raise await self.ask(session, kept, demand)
            case Ordered(), FirstAnswers(answers=answers):
                wrapped = await dialogue.take_first(session, answers, dpop_thumbprint=phone, at=now)
                raise await self.ask(session, kept, ForwardSecond(wrapped=wrapped))
            case Ordered() as ordered, SecondAnswers(answers=answers):
                proof = await dialogue.take_second(session, answers, dpop_thumbprint=phone, at=now)
                return Proved(ordered=ordered, proof=replace(proof, face=None)), None
            case Proved(), AskAgain():
                return kept, None
            case Proved(), Face() as shown:
                return kept, shown
        raise session_over(IcRefusal.SESSION_OVER, Chip.SESSION_CLOSED)

    async def _claim(self, session: str, client: Client, now: datetime) -> Remembered:
        """What the session knows; taken before it is judged, so a stranger's try ends it too."""
        data = await self._parts.sessions.claim(_name(session))
        kept = None if data is None else decode_remembered(data)
        if kept is None or not isinstance(_ordered_of(kept).wanted, self._wanted):
            raise session_over(IcRefusal.SESSION_OVER, Chip.SESSION_CLOSED)
        ordered = _ordered_of(kept)
        if now >= ordered.expires_at:
            raise session_over(IcRefusal.SESSION_EXPIRED, Chip.SESSION_EXPIRED)
        same_client = client.client_id in (None, ordered.client_id)
        same_instance = client.instance_jkt == ordered.instance_jkt
        if client.jkt != ordered.jkt or not same_client or not same_instance:
            raise session_over(IcRefusal.ANOTHER_PHONE, Chip.DEVICE_KEY_DIFFERS)
        return kept

    async def ask(self, session: str, kept: Remembered, demand: Demand) -> OAuthError:
        """Remember, and the answer that asks for more."""
        await self._parts.sessions.put(_name(session), encode_remembered(kept))
        return OAuthError(
            OAuthErrorCode.INSUFFICIENT_AUTHORIZATION,
            clause="first-party-apps-03 5.2.2",
            members={"auth_session": session, MEMBER: encode_demand(demand)},
        )

    async def holder(self, proof: ChipProof, *, now: datetime) -> Registrant:
        """Whose the card is. Raises `Rejected` unless it is in force."""
        card = await self._parts.cards.find(proof.document_number)
        holder = None if card is None else await self._parts.registry.find(card.registrant)
        if card is None or holder is None:
            raise Rejected(Chip.CARD_UNKNOWN, "IC-CARD 5.4 check 5")
        check_plastic(proof, card, holder, at=now)
        return holder

    async def face(
        self,
        session: str,
        proved: Proved,
        holder: Registrant,
        shown: Face | None,
        *,
        now: datetime,
    ) -> Finding:
        """What was found; or the answer that asks for pictures. They end with this request."""
        parts = self._parts
        capture = FaceCapture(parts.face, parts.issuer_store, parts.entropy)
        found = await capture.go_on(holder, proved.asked, shown, now)
        if isinstance(found, FaceAsked):
            kept = replace(proved, asked=found)
            raise await self.ask(session, kept, found.demand(at=now))
        return found

    async def keep(
        self, proved: Proved, holder: Registrant, purpose: ProofPurpose, *, now: datetime
    ) -> None:
        """The chip's signature as evidence of what it was good for."""
        proof = proved.proof
        await self._parts.cards.keep(
            Evidence(
                context=proof.context,
                document_number=proof.document_number,
                registrant=holder.id,
                phone=proved.ordered.jkt,
                counter=proof.signature.counter,
                signature=proof.signature.signature,
                issuance_key=proof.issuance_key.uncompressed,
                sod_hash=proof.sod_hash,
                face=self._parts.face.name,
                at=now,
                purpose=purpose,
            )
        )


def _ordered_of(kept: Remembered) -> Ordered:
    return kept.ordered if isinstance(kept, Proved) else kept


def _name(session: str) -> str:
    """Apart from the dialogue's own record of the same session."""
    return f"steps:{session}"
