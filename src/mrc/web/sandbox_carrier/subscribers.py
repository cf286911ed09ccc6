"""Subscribers of the sandbox carrier: what a carrier has on file about a line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import optional_text, required_text
from mrc.registry.phones import PhoneNumber, decode_phone_number

WHAT = "subscriber"


class Comparison(StrEnum):
    """How this line's name is compared: carriers differ, and ours must live with both."""

    EXACT = "exact"
    TOLERANT = "tolerant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A line and in whose name it is. None means that the carrier does not have it on file."""

    phone: PhoneNumber
    name: str | None = field(repr=False)
    family_name: str | None = field(default=None, repr=False)
    given_name: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    id_document: str | None = field(default=None, repr=False)
    document_required: bool = False
    sim_changed_at: datetime | None = None
    comparison: Comparison = Comparison.TOLERANT


class Subscribers:
    """All lines, in memory: what the control API changes is gone at the next start."""

    def __init__(self, subscribers: Iterable[Subscriber]) -> None:
        self._by_phone = {item.phone: item for item in subscribers}

    def __len__(self) -> int:
        return len(self._by_phone)

    def find(self, phone: str) -> Subscriber | None:
        return self._by_phone.get(PhoneNumber(phone))

    def put(self, subscriber: Subscriber) -> None:
        self._by_phone[subscriber.phone] = subscriber


def decode_subscriber(members: Mapping[str, object]) -> Subscriber:
    """One line of a file or of the control API. Raises `Malformed`; names no value."""
    unknown = members.keys() - _MEMBERS
    if unknown:
        raise Malformed(WHAT, f"unknown members: {', '.join(sorted(unknown))}")
    required = members.get("document_required", False)
    if not isinstance(required, bool):
        raise Malformed(WHAT, "document_required is not a boolean")
    return Subscriber(
        phone=decode_phone_number(required_text(members, "phone", WHAT)),
        name=optional_text(members, "name", WHAT),
        family_name=optional_text(members, "family_name", WHAT),
        given_name=optional_text(members, "given_name", WHAT),
        birth_date=_date(optional_text(members, "birth_date", WHAT)),
        id_document=optional_text(members, "id_document", WHAT),
        document_required=required,
        sim_changed_at=_time(optional_text(members, "sim_changed_at", WHAT)),
        comparison=_comparison(optional_text(members, "comparison", WHAT)),
    )


def encode_subscriber(subscriber: Subscriber) -> dict[str, object]:
    """The inverse of `decode_subscriber`; absent members are left out."""
    born, changed = subscriber.birth_date, subscriber.sim_changed_at
    members: dict[str, object] = {
        "phone": subscriber.phone,
        "name": subscriber.name,
        "family_name": subscriber.family_name,
        "given_name": subscriber.given_name,
        "birth_date": born.isoformat() if born else None,
        "id_document": subscriber.id_document,
        "document_required": subscriber.document_required,
        "sim_changed_at": changed.isoformat() if changed else None,
        "comparison": subscriber.comparison.value,
    }
    return {name: value for name, value in members.items() if value is not None}


_MEMBERS = frozenset(Subscriber.__slots__)


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(WHAT, "birth_date is not a date") from error


def _time(text: str | None) -> datetime | None:
    try:
        at = None if text is None else datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(WHAT, "sim_changed_at is not a time") from error
    if at is not None and at.tzinfo is None:
        raise Malformed(WHAT, "sim_changed_at has no time zone")
    return at


def _comparison(text: str | None) -> Comparison:
    try:
        return Comparison(text or Comparison.TOLERANT.value)
    except ValueError as error:
        raise Malformed(WHAT, "comparison is neither exact nor tolerant") from error
