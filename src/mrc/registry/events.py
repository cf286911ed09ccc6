"""Register events: what happens in a person's life, and the entry after it.

What follows for the person's cards is decided in `consequences`.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from mrc.kernel.errors import Forbidden
from mrc.registry.acts import ActKind
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber
from mrc.registry.people import Address, Portrait, Registrant
from mrc.registry.phones import PhoneNumber
from mrc.registry.residence import End, EndReason, StatusOfStay


@dataclass(frozen=True, slots=True, kw_only=True)
class StayExtended:
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StayShortened:
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    status: StatusOfStay
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationEnded:
    """Departure, naturalisation, death, end of stay, or an entry made in error."""

    on: date
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChanged:
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChanged:
    name: PersonName


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChanged:
    """A new number of the same person: the birth date and sex that it tells are theirs."""

    number: RegistrationNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonesChanged:
    phones: tuple[PhoneNumber, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitChanged:
    portrait: Portrait
    jpeg: bytes = field(repr=False)


RegisterEvent = (
    StayExtended
    | StayShortened
    | StatusChanged
    | RegistrationEnded
    | AddressChanged
    | NameChanged
    | NumberChanged
    | PhonesChanged
    | PortraitChanged
)


class EventReason(StrEnum):
    """Why an event is refused."""

    UNKNOWN_REGISTRANT = "unknown_registrant"
    ALREADY_ENDED = "already_ended"
    NOT_LATER = "not_later"
    NOT_EARLIER = "not_earlier"
    NOTHING_CHANGES = "nothing_changes"


_END_ACTS = {
    EndReason.DEPARTURE: ActKind.DEPARTED,
    EndReason.NATURALISATION: ActKind.NATURALISED,
    EndReason.DEATH: ActKind.DIED,
    EndReason.STAY_ENDED: ActKind.STAY_ENDED,
    EndReason.REGISTERED_IN_ERROR: ActKind.STAY_ENDED,
}


def apply_event(registrant: Registrant, event: RegisterEvent) -> Registrant:
    """The entry after `event`, one version on. Raises `Forbidden` where it cannot have happened.

    Nothing happens to an ended registration any more: who comes back is registered anew.
    """
    if registrant.residence.end is not None:
        raise Forbidden(EventReason.ALREADY_ENDED)
    changed = _changed(registrant, event)
    if changed == registrant:
        raise Forbidden(EventReason.NOTHING_CHANGES)
    return replace(changed, version=registrant.version + 1)


def _changed(person: Registrant, event: RegisterEvent) -> Registrant:
    match event:
        case StayExtended() | StayShortened():
            return _stay_until(person, event)
        case StatusChanged():
            residence = replace(person.residence, status=event.status, permitted_until=event.until)
            return replace(person, residence=residence)
        case RegistrationEnded():
            end = End(on=event.on, reason=event.reason)
            return replace(person, residence=replace(person.residence, end=end))
        case AddressChanged():
            return replace(person, addresses=(*person.addresses, event.address))
        case NameChanged():
            return replace(person, name=event.name)
        case NumberChanged():
            return replace(person, number=event.number)
        case PhonesChanged():
            return replace(person, phones=event.phones)
        case PortraitChanged():
            return replace(person, portrait=event.portrait)
        case _:
            assert_never(event)


def _stay_until(person: Registrant, event: StayExtended | StayShortened) -> Registrant:
    now = person.residence.permitted_until
    if isinstance(event, StayExtended) and (now is None or event.until <= now):
        raise Forbidden(EventReason.NOT_LATER)
    if isinstance(event, StayShortened) and now is not None and event.until >= now:
        raise Forbidden(EventReason.NOT_EARLIER)
    return replace(person, residence=replace(person.residence, permitted_until=event.until))


def act_kind(event: RegisterEvent) -> ActKind:
    match event:
        case StayExtended():
            return ActKind.STAY_EXTENDED
        case StayShortened():
            return ActKind.STAY_SHORTENED
        case StatusChanged():
            return ActKind.STATUS_CHANGED
        case RegistrationEnded():
            return _END_ACTS[event.reason]
        case AddressChanged():
            return ActKind.ADDRESS_CHANGED
        case NameChanged():
            return ActKind.NAME_CHANGED
        case NumberChanged():
            return ActKind.NUMBER_CHANGED
        case PhonesChanged():
            return ActKind.PHONE_CHANGED
        case PortraitChanged():
            return ActKind.PORTRAIT_CHANGED
        case _:
            assert_never(event)
