"""What a register event does to the person's mobile cards, and the use case that records it.

Which act moves cards how is a policy, data. The register never touches a card itself: it returns
the consequence, and the issuer carries it out by the time stated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from mrc.kernel.errors import Forbidden
from mrc.registry.acts import Act, ActKind
from mrc.registry.eligibility import EligibilityRules, card_type_for
from mrc.registry.events import (
    EventReason,
    PortraitChanged,
    RegisterEvent,
    act_kind,
    apply_event,
)
from mrc.registry.people import Registrant, RegistrantId, changed_fields
from mrc.registry.store import Change, RegistryStore


class CardAction(StrEnum):
    """What the issuer must do with every mobile card of the person.

    UPDATE: the wallet fetches new data by itself, the old copies hold until then. RENEWAL_NEEDED:
    the data shown is no longer right; the old copies stop being good. CANCEL: for ever.
    """

    NONE = "none"
    UPDATE = "update"
    RENEWAL_NEEDED = "renewal_needed"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPolicy:
    """Which act moves cards how, and within which time the issuer must have done it."""

    actions: Mapping[ActKind, CardAction] = field(
        default_factory=lambda: {
            ActKind.STAY_EXTENDED: CardAction.UPDATE,
            ActKind.STAY_SHORTENED: CardAction.RENEWAL_NEEDED,
            ActKind.STATUS_CHANGED: CardAction.RENEWAL_NEEDED,
            ActKind.ADDRESS_CHANGED: CardAction.UPDATE,
            ActKind.NAME_CHANGED: CardAction.RENEWAL_NEEDED,
            ActKind.NUMBER_CHANGED: CardAction.RENEWAL_NEEDED,
            ActKind.PORTRAIT_CHANGED: CardAction.UPDATE,
            ActKind.PHONE_CHANGED: CardAction.NONE,
            ActKind.STAY_ENDED: CardAction.CANCEL,
            ActKind.DEPARTED: CardAction.CANCEL,
            ActKind.NATURALISED: CardAction.CANCEL,
            ActKind.DIED: CardAction.CANCEL,
        }
    )
    within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """`action` is due at the latest at `by`; `because` is the act's kind, for the holder's notice.

    `other_card_type` is true where the status now asks for a card of another type: the old one is
    cancelled, and the new one is issued like a first card.
    """

    registrant: RegistrantId
    action: CardAction
    because: ActKind
    by: datetime
    other_card_type: bool = False


def consequence_of(
    before: Registrant,
    after: Registrant,
    kind: ActKind,
    *,
    at: datetime,
    policy: CardPolicy,
    rules: EligibilityRules,
) -> Consequence:
    """What `kind`, which made `after` of `before`, means for cards. An unlisted kind means nothing."""
    old = card_type_for(before.residence.status.code, rules)
    other_type = card_type_for(after.residence.status.code, rules) is not old
    action = CardAction.CANCEL if other_type else policy.actions.get(kind, CardAction.NONE)
    return Consequence(
        registrant=after.id,
        action=action,
        because=kind,
        by=at + policy.within,
        other_card_type=other_type,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """An event as an officer or another register reports it: who, why and when."""

    registrant: RegistrantId
    event: RegisterEvent
    actor: str
    reason: str
    at: datetime


async def record_event(
    record: EventRecord, *, store: RegistryStore, policy: CardPolicy, rules: EligibilityRules
) -> Consequence:
    """Commit the new entry and the act together and say what must happen to the cards.

    Raises `Forbidden` with `EventReason`, or with `Conflict` where the entry changed meanwhile.
    """
    before = await store.find(record.registrant)
    if before is None:
        raise Forbidden(EventReason.UNKNOWN_REGISTRANT)
    after = apply_event(before, record.event)
    kind = act_kind(record.event)
    act = Act(
        registrant=before.id,
        kind=kind,
        actor=record.actor,
        reason=record.reason,
        at=record.at,
        changed=changed_fields(before, after),
    )
    jpeg = record.event.jpeg if isinstance(record.event, PortraitChanged) else None
    await store.commit([Change(registrant=after, act=act, jpeg=jpeg)])
    return consequence_of(before, after, kind, at=record.at, policy=policy, rules=rules)
