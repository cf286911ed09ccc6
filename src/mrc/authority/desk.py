"""The immigration office's front desk: eligibility, and the offer for the counter's QR code.

ARCHITECTURE 6.1. Every decision is recorded with the officer and its reasons, yes or no.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mrc.authority.counter import Counter, CounterOrder, Officer
from mrc.authority.ports import SIM_CHANGED_RECENTLY, Carrier
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.offers import MadeOffer
from mrc.issuer.records import HolderReference, MobileCard
from mrc.kernel.errors import Forbidden, Unavailable
from mrc.kernel.findings import Finding, Outcome
from mrc.registry.acts import Act, ActKind
from mrc.registry.eligibility import (
    Case,
    Decision,
    EligibilityRules,
    Method,
    PhoneFacts,
    card_type_for,
    decide,
)
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.phones import PhoneNumber
from mrc.registry.store import RegistryStore


class DeskReason(StrEnum):
    UNKNOWN_REGISTRANT = "unknown_registrant"
    NOT_ELIGIBLE = "not_eligible"
    PHONE_NOT_REGISTERED = "phone_not_registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """An eligibility decision with the facts it stands on."""

    registrant: Registrant
    card_type: CardType
    phone: PhoneNumber | None
    phone_finding: Finding | None
    live_cards: tuple[MobileCard, ...]
    decision: Decision

    @property
    def eligible(self) -> bool:
        return self.decision.outcome is Outcome.PASSED

    @property
    def sim_changed(self) -> bool:
        """Whether the carrier reports nothing but a SIM that was changed lately."""
        return _sim_changed(self.phone_finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOrder:
    """What an officer asks for: `replacement_agreed` where another phone's card shall end.

    `accepted_sim_change` refers to the second person's yes to this number's changed SIM. Whether
    there is such a yes, and that it serves one offer only, is the caller's to have made sure.
    """

    registrant: RegistrantId
    officer: Officer
    method: Method = Method.COUNTER_QR
    phone: PhoneNumber | None = None
    replacement_agreed: bool = False
    accepted_sim_change: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedOffer:
    """`code_sent` False: the carrier did not answer; the code can be sent again."""

    assessment: Assessment
    offer: MadeOffer = field(repr=False)
    code_sent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    registry: RegistryStore
    counter: Counter
    carrier: Carrier
    rules: EligibilityRules


class Desk:
    """The use cases of the front desk. Raises `Forbidden` with a reason an officer can explain."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    async def assess(self, order: IssueOrder, *, now: datetime) -> Assessment:
        """Every rule's finding for this person, method and phone. Changes nothing."""
        registrant = await self._parts.registry.find(order.registrant)
        if registrant is None:
            raise Forbidden(DeskReason.UNKNOWN_REGISTRANT)
        phone = order.phone or (registrant.phones[0] if registrant.phones else None)
        if phone is not None and phone not in registrant.phones:
            raise Forbidden(DeskReason.PHONE_NOT_REGISTERED)
        card_type = card_type_for(registrant.residence.status.code, self._parts.rules)
        owner = await self._owner(phone, registrant, now)
        live = await self._parts.counter.live_cards(HolderReference(registrant.id))
        facts = PhoneFacts(
            in_own_name=Outcome.UNDETERMINED if owner is None else owner.outcome,
            other_active=any(card.card_type is card_type for card in live),
            replacement_agreed=order.replacement_agreed,
            sim_changed=_sim_changed(owner),
            sim_change_accepted=order.accepted_sim_change is not None,
        )
        case = Case(
            registrant=registrant, card_type=card_type, method=order.method, phone=facts, at=now
        )
        return Assessment(
            registrant=registrant,
            card_type=card_type,
            phone=phone,
            phone_finding=owner,
            live_cards=tuple(live),
            decision=decide(case, self._parts.rules),
        )

    async def offer(self, order: IssueOrder, *, now: datetime) -> IssuedOffer:
        """Make the offer for the counter's QR code and send its transaction code.

        The decision and its reasons are recorded whether it is yes or no. Raises `Forbidden`
        with the first reason where it is no.
        """
        assessment = await self.assess(order, now=now)
        await self._record(assessment, order, now)
        if not assessment.eligible or assessment.phone is None:
            reasons = ", ".join(reason.value for reason in assessment.decision.reasons)
            raise Forbidden(DeskReason.NOT_ELIGIBLE, reasons)
        made = await self._parts.counter.offer(
            CounterOrder(
                holder=HolderReference(order.registrant),
                card_type=assessment.card_type,
                officer=order.officer,
            ),
            now=now,
        )
        sent = await self._send(assessment.phone, made.tx_code)
        return IssuedOffer(assessment=assessment, offer=made, code_sent=sent)

    async def _owner(
        self, phone: PhoneNumber | None, registrant: Registrant, now: datetime
    ) -> Finding | None:
        if phone is None:
            return None
        return await self._parts.carrier.in_own_name(phone, registrant, at=now)

    async def _send(self, phone: PhoneNumber, code: str | None) -> bool:
        if code is None:
            return True
        try:
            await self._parts.carrier.send_code(phone, code)
        except Unavailable:
            return False
        return True

    async def _record(self, assessment: Assessment, order: IssueOrder, now: datetime) -> None:
        reasons = ", ".join(reason.value for reason in assessment.decision.reasons) or "eligible"
        if assessment.sim_changed and order.accepted_sim_change is not None:
            reasons += f"; changed SIM accepted by approval {order.accepted_sim_change}"
        await self._parts.registry.append_act(
            Act(
                registrant=assessment.registrant.id,
                kind=ActKind.ELIGIBILITY_DECIDED,
                actor=order.officer.id,
                reason=f"{order.method.value}: {reasons}",
                at=now,
            )
        )


def _sim_changed(owner: Finding | None) -> bool:
    return (
        owner is not None
        and owner.outcome is Outcome.UNDETERMINED
        and owner.reason == SIM_CHANGED_RECENTLY
    )
