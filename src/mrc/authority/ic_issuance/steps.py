"""Issuance by IC card: chip → phone ownership → face → authorization code.

draft-ietf-oauth-first-party-apps-03, section 5. The chip's part is `chip_steps`; here stands what
follows from a proved chip where its holder wants a mobile card on this phone.
"""

from dataclasses import dataclass
from datetime import datetime

from mrc.authority.ic_issuance.chip_steps import ChipParts, ChipSteps
from mrc.authority.ic_issuance.deciding import Asked, decide_ic, own_phone
from mrc.authority.ic_issuance.ports import ProofPurpose
from mrc.authority.ic_issuance.refusing import chip_refusal, refusal, rule_refusal
from mrc.authority.ic_issuance.sessions import NewCard, Ordered, Proved
from mrc.authority.ports import Carrier
from mrc.formats import base64url
from mrc.formats.catalogue.card_types import CardType
from mrc.ic_card.server.verdict import clear_for_issue
from mrc.issuer.authorization import DirectOrder, Identified
from mrc.issuer.clients import Client, ClientHeaders
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, Outcome
from mrc.protocols.ic_issuance.messages import MEMBER, Begin, Face, TryLater, decode_answer
from mrc.protocols.ic_issuance.refusals import IcRefusal
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.first_party import AuthorizationChallengeRequest, AuthorizationGranted
from mrc.registry.acts import Act, ActKind
from mrc.registry.eligibility import Decision, EligibilityRules, Method
from mrc.registry.people import Registrant

PATH = "authorize-challenge"
ACTOR = "ic-card"
_WHAT = "authorization challenge request"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepParts:
    chip: ChipParts
    carrier: Carrier
    rules: EligibilityRules


class IcCardSteps:
    """The challenge endpoint's steps. Raises `OAuthError`; `Unavailable` where a store is away."""

    def __init__(self, parts: StepParts) -> None:
        self._parts = parts
        self._chip = ChipSteps(parts.chip, path=PATH, wanted=NewCard)

    async def step(
        self, request: AuthorizationChallengeRequest, headers: ClientHeaders
    ) -> AuthorizationGranted:
        """One request. Raises `OAuthError` with what comes next, or with why it ended."""
        now = self._parts.chip.clock.now()
        client = await self._chip.client(request.client_id, headers, now=now)
        answer = decode_answer(request.answers.get(MEMBER, ""))
        if request.auth_session is None:
            if not isinstance(answer, Begin):
                raise Malformed(_WHAT, "the first step is begin")
            await self._chip.begin(client, self._wanted(request), answer, now=now)
        session = str(request.auth_session)
        try:
            proved, shown = await self._chip.proved(session, client, answer, now=now)
            return await self._decide(session, proved, shown, now)
        except OAuthError:
            raise
        except (Malformed, Rejected) as error:
            raise chip_refusal(error) from error

    def _wanted(self, request: AuthorizationChallengeRequest) -> NewCard:
        """Everything that needs no card is checked before the holder fetches it."""
        if request.code_challenge_method != pkce.METHOD or not pkce.is_challenge(
            request.code_challenge or ""
        ):
            raise OAuthError(
                OAuthErrorCode.INVALID_REQUEST, "PKCE with S256 is required", clause="RFC 7636 4.4"
            )
        offered = self._parts.chip.issuer.configuration.offered
        scope = " ".join(name for name in (request.scope or "").split() if name in offered)
        if not scope:
            raise OAuthError(OAuthErrorCode.INVALID_SCOPE, clause="OpenID4VCI 5.1.2")
        return NewCard(scope=scope, code_challenge=request.code_challenge or "")

    async def _decide(
        self, session: str, proved: Proved, shown: Face | None, now: datetime
    ) -> AuthorizationGranted:
        """Check 7: who it is, whose phone it is, the rules, the face; then the code."""
        proof, jkt = proved.proof, proved.ordered.jkt
        holder = await self._chip.holder(proof, now=now)
        phone = await own_phone(self._parts.carrier, holder, at=now)
        if phone.outcome is Outcome.UNDETERMINED:
            reason = _later(phone)
            raise await self._chip.ask(session, proved, TryLater(reason=reason.value))
        live = await self._parts.chip.issuer.cards.live(HolderReference(holder.id))
        asked = Asked(holder=holder, jkt=jkt, own_phone=phone, live_cards=live)
        card_type, decision = decide_ic(asked, self._parts.rules, at=now)
        face = None
        if decision.outcome is Outcome.PASSED:
            face = await self._chip.face(session, proved, holder, shown, now=now)
        await self._record(holder, decision, face, now)
        if decision.outcome is not Outcome.PASSED or face is None:
            raise rule_refusal(decision.reasons[0])
        if face.outcome is Outcome.UNDETERMINED:
            raise refusal(IcRefusal.FACE_AT_COUNTER)
        clear_for_issue(
            proof, face=face, own_phone=phone, expected_dpop_thumbprint=base64url.decode(jkt)
        )
        await self._chip.keep(proved, holder, ProofPurpose.ISSUE, now=now)
        return await self._grant(proved.ordered, holder, card_type, now)

    async def _record(
        self, holder: Registrant, decision: Decision, face: Finding | None, now: datetime
    ) -> None:
        """Yes or no, with every reason and with what was done about the face."""
        reasons = ", ".join(reason.value for reason in decision.reasons) or "eligible"
        outcome = "not asked" if face is None else face.outcome.value
        await self._parts.chip.registry.append_act(
            Act(
                registrant=holder.id,
                kind=ActKind.ELIGIBILITY_DECIDED,
                actor=ACTOR,
                reason=f"{Method.IC_CARD.value}: {reasons}; "
                f"face ({self._parts.chip.face.name}): {outcome}",
                at=now,
            )
        )

    async def _grant(
        self, ordered: Ordered, holder: Registrant, card_type: CardType, now: datetime
    ) -> AuthorizationGranted:
        """A code for those of the asked configurations that are of the person's card type."""
        wanted = ordered.wanted
        if not isinstance(wanted, NewCard):
            raise ValueError("a session of another endpoint")  # ChipSteps lets none through
        issuer = self._parts.chip.issuer
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
            scope=" ".join(name for name in wanted.scope.split() if name in allowed),
            code_challenge=wanted.code_challenge,
        )
        authorized = await issuer.authorizations.authorize_directly(order, now=now)
        return AuthorizationGranted(authorization_code=authorized.code)


def _later(finding: Finding) -> IcRefusal:
    if finding.reason == IcRefusal.SIM_CHANGED_RECENTLY.value:
        return IcRefusal.SIM_CHANGED_RECENTLY
    return IcRefusal.PHONE_OWNER_UNKNOWN
