"""The steps behind the challenge endpoint: chip → phone ownership → face → authorization code.

draft-ietf-oauth-first-party-apps-03, section 5. Every request is bound to the client and the DPoP
key of the first one; what a session remembers is claimed before a message is judged, so that no
message counts twice and an interruption leaves nothing but a new start. Four round trips for the
chip; a step that waits for somebody else is asked again without the card.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

from mrc.authority.ic_issuance.deciding import Asked, check_plastic, decide_ic, own_phone
from mrc.authority.ic_issuance.face_capture import FaceAsked, FaceCapture
from mrc.authority.ic_issuance.ports import Evidence, FaceStep, IcCardStore, StepSessions
from mrc.authority.ic_issuance.refusing import (
    chip_refusal,
    refusal,
    rule_refusal,
    session_over,
)
from mrc.authority.ic_issuance.sessions import (
    Ordered,
    Proved,
    Remembered,
    decode_remembered,
    encode_remembered,
)
from mrc.authority.ports import Carrier
from mrc.formats import base64url
from mrc.formats.catalogue.card_types import CardType
from mrc.ic_card.reasons import Reason as Chip
from mrc.ic_card.server.dialogue import ChipDialogue
from mrc.ic_card.server.verdict import ChipProof, clear_for_issue
from mrc.issuer.authorization import DirectOrder, Identified
from mrc.issuer.clients import Client, ClientHeaders, replayed
from mrc.issuer.configuration import Requirement
from mrc.issuer.issuer import Issuer
from mrc.issuer.records import HolderReference
from mrc.issuer.store import IssuerStore
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, Outcome
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
    TryLater,
    decode_answer,
    encode_demand,
)
from mrc.protocols.ic_issuance.refusals import IcRefusal
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.first_party import AuthorizationChallengeRequest, AuthorizationGranted
from mrc.registry.acts import Act, ActKind
from mrc.registry.eligibility import Decision, EligibilityRules, Method
from mrc.registry.people import Registrant
from mrc.registry.store import RegistryStore

LIFETIME = timedelta(minutes=10)  # of the whole; the chip's part has its own, far shorter one
SESSION_BYTES = 32
PATH = "authorize-challenge"
ACTOR = "ic-card"
_WHAT = "authorization challenge request"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepParts:
    """`dialogue` is asked for at every step: whose cards are good may change meanwhile.

    `first_party` are the clients this endpoint is for; others are sent to the counter's QR code.
    """

    issuer: Issuer
    issuer_store: IssuerStore
    registry: RegistryStore
    cards: IcCardStore
    sessions: StepSessions
    dialogue: Callable[[], ChipDialogue]
    carrier: Carrier
    face: FaceStep
    rules: EligibilityRules
    first_party: frozenset[str]
    clock: Clock
    entropy: Entropy


class IcCardSteps:
    """The challenge endpoint's steps. Raises `OAuthError`; `Unavailable` where a store is away."""

    def __init__(self, parts: StepParts) -> None:
        self._parts = parts

    async def step(
        self, request: AuthorizationChallengeRequest, headers: ClientHeaders
    ) -> AuthorizationGranted:
        """One request. Raises `OAuthError` with what comes next, or with why it ended."""
        now = self._parts.clock.now()
        client = await self._client(request, headers, now)
        answer = decode_answer(request.answers.get(MEMBER, ""))
        if request.auth_session is None:
            await self._begin(request, client, answer, now)
        session = str(request.auth_session)
        kept = await self._claim(session, client, now)
        try:
            return await self._go_on(session, kept, answer, now)
        except OAuthError:
            raise
        except (Malformed, Rejected) as error:
            raise chip_refusal(error) from error

    async def _client(
        self, request: AuthorizationChallengeRequest, headers: ClientHeaders, now: datetime
    ) -> Client:
        """A first-party client with a DPoP key, whose proof was never used before."""
        issuer = self._parts.issuer
        url = issuer.configuration.endpoint(PATH)
        client = issuer.clients.authenticate(headers, url=url, client_id=request.client_id, now=now)
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

    async def _begin(
        self,
        request: AuthorizationChallengeRequest,
        client: Client,
        answer: Answer,
        now: datetime,
    ) -> NoReturn:
        """Round trip 1: everything that needs no card is checked before the holder fetches it."""
        if not isinstance(answer, Begin) or client.jkt is None:
            raise Malformed(_WHAT, "the first step is begin")
        session = base64url.encode(self._parts.entropy.token(SESSION_BYTES))
        ordered = self._ordered(request, client, now)
        started = await self._parts.dialogue().start(
            session,
            dpop_thumbprint=base64url.decode(client.jkt),
            extended_length=answer.extended_length,
            at=now,
        )
        seconds = int((started.expires_at - now).total_seconds())
        demand = ReadChipKey(nonce=started.nonce, expires_in=seconds)
        raise await self._ask(session, ordered, demand)

    def _ordered(
        self, request: AuthorizationChallengeRequest, client: Client, now: datetime
    ) -> Ordered:
        if request.code_challenge_method != pkce.METHOD or not pkce.is_challenge(
            request.code_challenge or ""
        ):
            raise OAuthError(
                OAuthErrorCode.INVALID_REQUEST, "PKCE with S256 is required", clause="RFC 7636 4.4"
            )
        offered = self._parts.issuer.configuration.offered
        scope = " ".join(name for name in (request.scope or "").split() if name in offered)
        if not scope:
            raise OAuthError(OAuthErrorCode.INVALID_SCOPE, clause="OpenID4VCI 5.1.2")
        if not client.client_id:
            raise Malformed(_WHAT, "client_id is missing")
        return Ordered(
            client_id=client.client_id,
            scope=scope,
            code_challenge=request.code_challenge or "",
            jkt=client.jkt or "",
            instance_jkt=client.instance_jkt,
            expires_at=now + LIFETIME,
        )

    async def _claim(self, session: str, client: Client, now: datetime) -> Remembered:
        """What the session knows; taken before it is judged, so a stranger's try ends it too."""
        data = await self._parts.sessions.claim(_name(session))
        if data is None:
            raise session_over(IcRefusal.SESSION_OVER, Chip.SESSION_CLOSED)
        kept = decode_remembered(data)
        ordered = _ordered_of(kept)
        if now >= ordered.expires_at:
            raise session_over(IcRefusal.SESSION_EXPIRED, Chip.SESSION_EXPIRED)
        same_client = client.client_id in (None, ordered.client_id)
        same_instance = client.instance_jkt == ordered.instance_jkt
        if client.jkt != ordered.jkt or not same_client or not same_instance:
            raise session_over(IcRefusal.ANOTHER_PHONE, Chip.DEVICE_KEY_DIFFERS)
        return kept

    async def _ask(self, session: str, kept: Remembered, demand: Demand) -> OAuthError:
        """Remember, and the answer that asks for more."""
        await self._parts.sessions.put(_name(session), encode_remembered(kept))
        return OAuthError(
            OAuthErrorCode.INSUFFICIENT_AUTHORIZATION,
            clause="first-party-apps-03 5.2.2",
            members={"auth_session": session, MEMBER: encode_demand(demand)},
        )

    async def _go_on(
        self, session: str, kept: Remembered, answer: Answer, now: datetime
    ) -> AuthorizationGranted:
        dialogue = self._parts.dialogue()
        phone = base64url.decode(_ordered_of(kept).jkt)
        match kept, answer:
            case Ordered(), ChipKey(dg14=dg14):
                first = await dialogue.take_dg14(session, dg14, dpop_thumbprint=phone, at=now)
                demand = ForwardFirst(plain=first.plain, wrapped=first.wrapped)
                raise await self._ask(session, kept, demand)
            case Ordered(), FirstAnswers(answers=answers):
                wrapped = await dialogue.take_first(session, answers, dpop_thumbprint=phone, at=now)
                raise await self._ask(session, kept, ForwardSecond(wrapped=wrapped))
            case Ordered() as ordered, SecondAnswers(answers=answers):
                proof = await dialogue.take_second(session, answers, dpop_thumbprint=phone, at=now)
                proved = Proved(ordered=ordered, proof=replace(proof, face=None))
                return await self._decide(session, proved, None, now)
            case Proved(), AskAgain():
                return await self._decide(session, kept, None, now)
            case Proved(), Face() as shown:
                return await self._decide(session, kept, shown, now)
        raise session_over(IcRefusal.SESSION_OVER, Chip.SESSION_CLOSED)

    async def _decide(
        self, session: str, proved: Proved, shown: Face | None, now: datetime
    ) -> AuthorizationGranted:
        """Check 7: who it is, whose phone it is, the rules, the face; then the code."""
        proof, jkt = proved.proof, proved.ordered.jkt
        holder = await self._holder(proof, now)
        phone = await own_phone(self._parts.carrier, holder, at=now)
        if phone.outcome is Outcome.UNDETERMINED:
            reason = _later(phone)
            raise await self._ask(session, proved, TryLater(reason=reason.value))
        live = await self._parts.issuer.cards.live(HolderReference(holder.id))
        asked = Asked(holder=holder, jkt=jkt, own_phone=phone, live_cards=live)
        card_type, decision = decide_ic(asked, self._parts.rules, at=now)
        face = None
        if decision.outcome is Outcome.PASSED:
            face = await self._face(session, proved, holder, shown, now)
        await self._record(holder, decision, face, now)
        if decision.outcome is not Outcome.PASSED or face is None:
            raise rule_refusal(decision.reasons[0])
        if face.outcome is Outcome.UNDETERMINED:
            raise refusal(IcRefusal.FACE_AT_COUNTER)
        cleared = clear_for_issue(
            proof, face=face, own_phone=phone, expected_dpop_thumbprint=base64url.decode(jkt)
        )
        await self._keep(cleared.proof, holder, jkt, now)
        return await self._grant(proved.ordered, holder, card_type, now)

    async def _face(
        self,
        session: str,
        proved: Proved,
        holder: Registrant,
        shown: Face | None,
        now: datetime,
    ) -> Finding:
        """What was found; or the answer that asks for pictures. They end with this request."""
        parts = self._parts
        capture = FaceCapture(parts.face, parts.issuer_store, parts.entropy)
        found = await capture.go_on(holder, proved.asked, shown, now)
        if isinstance(found, FaceAsked):
            kept = replace(proved, asked=found)
            raise await self._ask(session, kept, found.demand(at=now))
        return found

    async def _holder(self, proof: ChipProof, now: datetime) -> Registrant:
        card = await self._parts.cards.find(proof.document_number)
        holder = None if card is None else await self._parts.registry.find(card.registrant)
        if card is None or holder is None:
            raise Rejected(Chip.CARD_UNKNOWN, "IC-CARD 5.4 check 5")
        check_plastic(proof, card, holder, at=now)
        return holder

    async def _record(
        self, holder: Registrant, decision: Decision, face: Finding | None, now: datetime
    ) -> None:
        """Yes or no, with every reason and with what was done about the face."""
        reasons = ", ".join(reason.value for reason in decision.reasons) or "eligible"
        outcome = "not asked" if face is None else face.outcome.value
        await self._parts.registry.append_act(
            Act(
                registrant=holder.id,
                kind=ActKind.ELIGIBILITY_DECIDED,
                actor=ACTOR,
                reason=f"{Method.IC_CARD.value}: {reasons}; "
                f"face ({self._parts.face.name}): {outcome}",
                at=now,
            )
        )

    async def _keep(self, proof: ChipProof, holder: Registrant, jkt: str, now: datetime) -> None:
        await self._parts.cards.keep(
            Evidence(
                context=proof.context,
                document_number=proof.document_number,
                registrant=holder.id,
                phone=jkt,
                counter=proof.signature.counter,
                signature=proof.signature.signature,
                issuance_key=proof.issuance_key.uncompressed,
                sod_hash=proof.sod_hash,
                face=self._parts.face.name,
                at=now,
            )
        )

    async def _grant(
        self, ordered: Ordered, holder: Registrant, card_type: CardType, now: datetime
    ) -> AuthorizationGranted:
        """A code for those of the asked configurations that are of the person's card type."""
        issuer = self._parts.issuer
        allowed = issuer.configuration.configurations_of(card_type)
        order = DirectOrder(
            client=Client(
                client_id=ordered.client_id,
                jkt=ordered.jkt,
                instance_jkt=ordered.instance_jkt,
                uses=(),
            ),
            client_id=ordered.client_id,
            who=Identified(holder=HolderReference(holder.id), card_type=card_type, offer=None),
            scope=" ".join(name for name in ordered.scope.split() if name in allowed),
            code_challenge=ordered.code_challenge,
        )
        authorized = await issuer.authorizations.authorize_directly(order, now=now)
        return AuthorizationGranted(authorization_code=authorized.code)


def _ordered_of(kept: Remembered) -> Ordered:
    return kept.ordered if isinstance(kept, Proved) else kept


def _name(session: str) -> str:
    """Apart from the dialogue's own record of the same session."""
    return f"steps:{session}"


def _later(finding: Finding) -> IcRefusal:
    if finding.reason == IcRefusal.SIM_CHANGED_RECENTLY.value:
        return IcRefusal.SIM_CHANGED_RECENTLY
    return IcRefusal.PHONE_OWNER_UNKNOWN
