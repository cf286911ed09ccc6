"""The life of chip cards in the register, and what their end does to the mobile cards on them.

A card enters when it was personalised, and the card before it ends. Loss, expiry and replacement
end, by configured policy, the mobile card of a phone that was cleared with that chip card; a
mobile card that came from the counter does not hang on plastic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from mrc.authority.ic_issuance.ports import IcCard, IcCardStatus, IcCardStore
from mrc.formats import json_text
from mrc.formats.catalogue.ages import seoul_date
from mrc.issuer.cards import Cards, Order
from mrc.issuer.records import HolderReference, MobileCard
from mrc.kernel.errors import Forbidden, Malformed
from mrc.registry.acts import Act, ActKind
from mrc.registry.consequences import CardAction
from mrc.registry.people import PlasticCard, Registrant, RegistrantId, changed_fields
from mrc.registry.store import Change, RegistryStore


class PlasticEnd(StrEnum):
    """Why a plastic card is no longer good."""

    LOST = "lost"
    EXPIRED = "expired"
    REPLACED = "replaced"
    HANDED_BACK = "handed_back"


class PlasticReason(StrEnum):
    UNKNOWN_REGISTRANT = "unknown_registrant"
    UNKNOWN_CARD = "unknown_card"
    CARD_OF_ANOTHER = "card_of_another"
    ANOTHER_CARD_OF_THIS_NUMBER = "another_card_of_this_number"
    NOT_IN_FORCE = "not_in_force"
    NOT_LOST = "not_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticPolicy:
    """What becomes of the mobile card that hangs on a plastic card, by why that ended."""

    actions: Mapping[PlasticEnd, CardAction] = field(
        default_factory=lambda: {
            PlasticEnd.LOST: CardAction.CANCEL,
            PlasticEnd.EXPIRED: CardAction.CANCEL,
            PlasticEnd.REPLACED: CardAction.CANCEL,
            PlasticEnd.HANDED_BACK: CardAction.CANCEL,
        }
    )

    def __post_init__(self) -> None:
        if set(self.actions.values()) & {CardAction.UPDATE}:
            raise ValueError("there is nothing to update where a plastic card ends")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCard:
    """The record that personalisation hands out (`mrc ic-card personalise --json`)."""

    document_number: str
    serial: bytes
    sod_hash: bytes
    dg1_hash: bytes
    chip_key: bytes
    issuance_key: bytes
    document_signer: bytes
    issued_on: date
    expires_on: date


_BYTES = ("serial", "sod_hash", "dg1_hash", "chip_key", "issuance_key", "document_signer")


def decode_made_card(data: bytes) -> MadeCard:
    """Raises `Malformed`."""
    raw = json_text.decode_object(data, "personalisation record")
    try:
        return MadeCard(
            document_number=str(raw["document_number"]),
            issued_on=date.fromisoformat(str(raw["issued_on"])),
            expires_on=date.fromisoformat(str(raw["expires_on"])),
            **{name: bytes.fromhex(str(raw[name])) for name in _BYTES},
        )
    except (KeyError, ValueError) as error:
        raise Malformed("personalisation record") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Somebody says that a plastic card is no longer good."""

    document_number: str
    because: PlasticEnd
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticParts:
    cards: IcCardStore
    registry: RegistryStore
    mobile: Cards
    policy: PlasticPolicy


class ChipCards:
    """The use cases. Raises `Forbidden` with a reason an officer can explain."""

    def __init__(self, parts: PlasticParts) -> None:
        self._parts = parts

    async def register(
        self, made: MadeCard, registrant: RegistrantId, *, actor: str, now: datetime
    ) -> IcCard:
        """Enter a personalised card; the person's cards before it are replaced by it.

        The same record again changes nothing. The chip card is entered before anything is ended:
        an interruption leaves a card too many in force, and the same command finishes it.
        """
        card = _entry(made, registrant, now)
        known = await self._parts.cards.find(made.document_number)
        if known is None:
            await self._holder(registrant)
            await self._parts.cards.add(card)
        elif known.registrant != registrant:
            raise Forbidden(PlasticReason.CARD_OF_ANOTHER)
        elif (known.sod_hash, known.issuance_key) != (made.sod_hash, made.issuance_key):
            raise Forbidden(PlasticReason.ANOTHER_CARD_OF_THIS_NUMBER)
        if known is None or known.status is IcCardStatus.ACTIVE:
            await self._enter(made, registrant, actor, now)
            await self._replace_others(card, actor, now)
        return known or card

    async def end(self, report: Report, *, now: datetime) -> Sequence[MobileCard]:
        """End a card or note its loss; the mobile cards that ended with it."""
        card = await self._card(report.document_number)
        lost = report.because is PlasticEnd.LOST
        status = IcCardStatus.LOST if lost else IcCardStatus.ENDED
        moved = await self._parts.cards.move(
            card.document_number, status, unless=IcCardStatus.ENDED, at=now
        )
        if not moved:
            raise Forbidden(PlasticReason.NOT_IN_FORCE)
        if not lost:
            await self._close(card, report, now)
        return await self._follow(card, report, now)

    async def found(self, document_number: str, *, now: datetime) -> None:
        """A lost card is back. The mobile card that ended does not come back: it is issued anew."""
        card = await self._card(document_number)
        if card.status is not IcCardStatus.LOST:
            raise Forbidden(PlasticReason.NOT_LOST)
        await self._parts.cards.move(
            document_number, IcCardStatus.ACTIVE, unless=IcCardStatus.ENDED, at=now
        )

    async def end_expired(self, *, now: datetime) -> int:
        """Every card whose last day is over; how many."""
        expired = await self._parts.cards.expired(seoul_date(now))
        for card in expired:
            await self.end(
                Report(
                    document_number=card.document_number,
                    because=PlasticEnd.EXPIRED,
                    actor="calendar",
                    reason="the last day is over",
                ),
                now=now,
            )
        return len(expired)

    async def _card(self, document_number: str) -> IcCard:
        card = await self._parts.cards.find(document_number)
        if card is None:
            raise Forbidden(PlasticReason.UNKNOWN_CARD)
        return card

    async def _holder(self, registrant: RegistrantId) -> Registrant:
        holder = await self._parts.registry.find(registrant)
        if holder is None:
            raise Forbidden(PlasticReason.UNKNOWN_REGISTRANT)
        return holder

    async def _enter(
        self, made: MadeCard, registrant: RegistrantId, actor: str, now: datetime
    ) -> None:
        """The register's entry: this card in force, every other one ended."""
        holder = await self._holder(registrant)
        today, number = seoul_date(now), made.document_number
        others = tuple(
            card
            if card.ended_on or card.document_number == number
            else replace(card, ended_on=today)
            for card in holder.cards
        )
        known = any(card.document_number == number for card in others)
        fresh = PlasticCard(document_number=number, issued_on=made.issued_on)
        after = replace(holder, cards=others if known else (*others, fresh))
        await self._commit(holder, after, actor, "chip card personalised", now)

    async def _close(self, card: IcCard, report: Report, now: datetime) -> None:
        holder = await self._holder(card.registrant)
        ended = tuple(
            replace(one, ended_on=one.ended_on or seoul_date(now))
            if one.document_number == card.document_number
            else one
            for one in holder.cards
        )
        await self._commit(holder, replace(holder, cards=ended), report.actor, report.reason, now)

    async def _commit(
        self, before: Registrant, after: Registrant, actor: str, reason: str, now: datetime
    ) -> None:
        if after == before:
            return
        act = Act(
            registrant=before.id,
            kind=ActKind.CARD_PRINTED,
            actor=actor,
            reason=reason,
            at=now,
            changed=changed_fields(before, after),
        )
        changed = replace(after, version=before.version + 1)
        await self._parts.registry.commit([Change(registrant=changed, act=act)])

    async def _replace_others(self, card: IcCard, actor: str, now: datetime) -> None:
        for other in await self._parts.cards.of(card.registrant):
            if other.document_number == card.document_number:
                continue
            if other.status is IcCardStatus.ENDED:
                continue
            report = Report(
                document_number=other.document_number,
                because=PlasticEnd.REPLACED,
                actor=actor,
                reason="a new chip card",
            )
            await self.end(report, now=now)

    async def _follow(self, card: IcCard, report: Report, now: datetime) -> Sequence[MobileCard]:
        """Carry out the policy where a live mobile card hangs on this plastic card."""
        action = self._parts.policy.actions.get(report.because, CardAction.NONE)
        holder = HolderReference(card.registrant)
        phones = await self._parts.cards.phones_of(card.document_number)
        live = await self._parts.mobile.live(holder)
        if action is CardAction.NONE or not any(one.phone in phones for one in live):
            return ()
        order = Order(
            holder=holder, actor=report.actor, reason=f"plastic card {report.because.value}"
        )
        if action is CardAction.RENEWAL_NEEDED:
            return await self._parts.mobile.require_renewal(order, now=now)
        return await self._parts.mobile.cancel(order, now=now)


def _entry(made: MadeCard, registrant: RegistrantId, now: datetime) -> IcCard:
    return IcCard(
        document_number=made.document_number,
        registrant=registrant,
        serial=made.serial,
        sod_hash=made.sod_hash,
        dg1_hash=made.dg1_hash,
        chip_key=made.chip_key,
        issuance_key=made.issuance_key,
        document_signer=made.document_signer,
        expires_on=made.expires_on,
        registered_at=now,
    )
