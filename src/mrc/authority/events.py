"""What happened in the register, carried out on the cards.

The register's append-only acts are the queue: an act commits together with the entry it changed,
by whichever way it came (officer, import, command line), so a process killed between the register
and the cards loses nothing, and the next look carries the act out. A card moves once for an act,
by a claim in the transaction that moves it, so two processes that look at once move it once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol, assert_never

from mrc.authority.ports import StatusPublisher
from mrc.formats.catalogue.ages import SEOUL
from mrc.issuer.cards import Cards, Order
from mrc.issuer.reasons import Reason
from mrc.issuer.records import HolderReference, MobileCard, OneTimeUse
from mrc.kernel.errors import Forbidden
from mrc.registry.acts import ActKind, RecordedAct
from mrc.registry.consequences import (
    CardAction,
    CardPolicy,
    Consequence,
    EventRecord,
    record_event,
)
from mrc.registry.eligibility import EligibilityRules, card_type_for
from mrc.registry.people import Registrant
from mrc.registry.store import RegistryStore

ACTOR = "register"
BATCH = 100  # acts in one look
_CLAIM_LIFE = timedelta(days=3650)


def default_policy() -> CardPolicy:
    """The register's policy, and new data for an entry that was corrected."""
    usual = CardPolicy()
    return CardPolicy(
        actions={**usual.actions, ActKind.CORRECTED: CardAction.RENEWAL_NEEDED},
        within=usual.within,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedAct:
    """An act of the register whose consequence was carried out, and on how many cards.

    `action` None: it is put off until `due_at`, because what it tells is still to happen.
    """

    position: int
    action: CardAction | None
    due_at: datetime
    carried_at: datetime
    cards: int


class EventStore(Protocol):
    async def waiting_acts(
        self, kinds: Sequence[ActKind], *, now: datetime, limit: int
    ) -> list[RecordedAct]:
        """The first acts of `kinds` that were neither carried out nor put off beyond `now`, in
        the order of the register."""

    async def mark_carried(self, act: CarriedAct) -> None:
        """Harmless where another process was quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventParts:
    registry: RegistryStore
    store: EventStore
    cards: Cards
    publisher: StatusPublisher
    rules: EligibilityRules
    policy: CardPolicy = field(default_factory=default_policy)


class RegisterEvents:
    """Records events, and carries out on cards what the register says."""

    def __init__(self, parts: EventParts) -> None:
        self._parts = parts
        actions = parts.policy.actions.items()
        self._kinds = [kind for kind, action in actions if action is not CardAction.NONE]

    async def record(self, record: EventRecord) -> Consequence:
        """Commit the event, then carry out at once. Raises `Forbidden` as `record_event`."""
        consequence = await record_event(
            record, store=self._parts.registry, policy=self._parts.policy, rules=self._parts.rules
        )
        await self.carry_out(now=record.at)
        return consequence

    async def carry_out(self, *, now: datetime) -> int:
        """Every act that waits, each once, and one publication for all; how many acts."""
        done: set[int] = set()
        while fresh := [one for one in await self._waiting(now) if one.position not in done]:
            for recorded in fresh:
                await self._carry(recorded, now)
                done.add(recorded.position)
        if done:
            await self._parts.publisher.publish_changes(now=now)
        return len(done)

    async def _waiting(self, now: datetime) -> list[RecordedAct]:
        return await self._parts.store.waiting_acts(self._kinds, now=now, limit=BATCH)

    async def _carry(self, recorded: RecordedAct, now: datetime) -> None:
        action = self._parts.policy.actions[recorded.act.kind]
        person = await self._parts.registry.find(recorded.act.registrant)
        put_off = _begins(person)
        if put_off is not None and put_off > now and action is CardAction.CANCEL:
            await self._mark(recorded, None, due_at=put_off, now=now, cards=0)
            return
        moved = 0
        for card in await self._parts.cards.live(HolderReference(recorded.act.registrant)):
            other = person is None or (
                card_type_for(person.residence.status.code, self._parts.rules) is not card.card_type
            )
            wanted = CardAction.CANCEL if other else action
            moved += await self._move(recorded, card, wanted, now)
        due_at = recorded.act.at + self._parts.policy.within
        await self._mark(recorded, action, due_at=due_at, now=now, cards=moved)

    async def _mark(
        self,
        recorded: RecordedAct,
        action: CardAction | None,
        *,
        due_at: datetime,
        now: datetime,
        cards: int,
    ) -> None:
        carried = CarriedAct(
            position=recorded.position, action=action, due_at=due_at, carried_at=now, cards=cards
        )
        await self._parts.store.mark_carried(carried)

    async def _move(
        self, recorded: RecordedAct, card: MobileCard, action: CardAction, now: datetime
    ) -> int:
        claim = hashlib.sha256(f"register act {recorded.position} {card.id}".encode()).digest()
        order = Order(
            holder=card.holder,
            actor=ACTOR,
            reason=f"{recorded.act.kind.value}, act {recorded.position}",
            card=card.id,
            once=OneTimeUse(digest=claim, expires_at=now + _CLAIM_LIFE),
        )
        try:
            return len(await self._act(action, order, now))
        except Forbidden as error:
            if error.reason is not Reason.NO_LIVE_CARD:
                raise
            return 0  # it ended meanwhile

    async def _act(self, action: CardAction, order: Order, now: datetime) -> list[MobileCard]:
        cards = self._parts.cards
        match action:
            case CardAction.CANCEL:
                return await cards.cancel(order, now=now)
            case CardAction.RENEWAL_NEEDED:
                return await cards.require_renewal(order, now=now)
            case CardAction.UPDATE:
                return await cards.offer_update(order, now=now)
            case CardAction.NONE:
                return []
            case _:
                assert_never(action)


def _begins(person: Registrant | None) -> datetime | None:
    """When an end that was announced begins: a departure may be entered before the day."""
    if person is None or person.residence.end is None:
        return None
    return datetime.combine(person.residence.end.on, time(), SEOUL)
