"""Lines of an import: named fields in, a registrant out, or every field that is wrong with a reason.

The same field names serve CSV (all text) and JSON Lines. ``addresses``, ``phones`` and ``cards`` are lists
in JSON; CSV has ``address`` with ``address_since``, ``phones`` parted by semicolons, and
``card_number`` with ``card_issued_on``. Unknown fields are refused: a misspelt column would
otherwise be lost in silence. Names are normalised to NFC here and nowhere else.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

from mrc.kernel.errors import Malformed
from mrc.registry.countries import Nationality, decode_nationality
from mrc.registry.names import PersonName
from mrc.registry.numbers import CheckDigits, RegistrationNumber, Sex, decode_number
from mrc.registry.people import (
    Address,
    PlasticCard,
    Registrant,
    RegistrantId,
    check_number,
)
from mrc.registry.phones import PhoneNumber, decode_phone_number
from mrc.registry.residence import End, EndReason, Residence, decode_status

FIELDS = (
    "id",
    "number",
    "family_name",
    "given_name",
    "family_name_hangul",
    "given_name_hangul",
    "birth_date",
    "sex",
    "nationality",
    "status",
    "permitted_until",
    "registered_on",
    "office",
    "ended_on",
    "end_reason",
    "portrait",
    "address",
    "address_since",
    "phones",
    "card_number",
    "card_issued_on",
)
JSON_ONLY_FIELDS = ("addresses", "cards")
MAX_ID = 40  # characters of an entry's id

Fields = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One wrong field: its name and why, never its value."""

    field: str
    reason: str


class BadEntry(Exception):
    """A line that is no registrant, with every wrong field."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(", ".join(error.field for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line that decodes. `portrait` is the file's name, empty where there is none."""

    registrant: Registrant
    portrait: str
    named: bool
    """Whether the line gives the entry's id itself."""


class _Reader:
    """Reads fields and collects what is wrong, so that one line reports all its mistakes."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self.errors: list[FieldError] = []
        for name in fields:
            if name not in FIELDS and name not in JSON_ONLY_FIELDS:
                self.refuse(str(name)[:40], "unknown field")

    def refuse(self, field: str, reason: str) -> None:
        self.errors.append(FieldError(field=field, reason=reason))

    def text(self, field: str) -> str:
        value = self._fields.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(field, "not text")
            return ""
        return unicodedata.normalize("NFC", value.strip())

    def items(self, field: str) -> list[object]:
        value = self._fields.get(field)
        if isinstance(value, str):
            return [part.strip() for part in value.split(";") if part.strip()]
        if value is None or isinstance(value, list):
            return value or []
        self.refuse(field, "not a list")
        return []

    def required(self, field: str, decode: Callable[[str], T]) -> T | None:
        if not self.text(field) and not any(error.field == field for error in self.errors):
            self.refuse(field, "missing")
        return self.optional(field, decode)

    def optional(self, field: str, decode: Callable[[str], T]) -> T | None:
        text = self.text(field)
        return self.attempt(field, lambda: decode(text)) if text else None

    def attempt(self, field: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Malformed as error:
            self.refuse(error.what if error.what in FIELDS else field, error.detail)
        except ValueError:
            self.refuse(field, "not a value of this field")
        return None


@dataclass(slots=True)
class _Parts:
    """What the single fields gave; complete once nothing was refused."""

    number: RegistrationNumber | None
    birth_date: date | None
    sex: Sex | None
    nationality: Nationality | None
    name: PersonName | None
    residence: Residence | None
    addresses: tuple[Address, ...]
    phones: tuple[PhoneNumber, ...]
    cards: tuple[PlasticCard, ...]


def decode_entry(fields: Fields, *, fresh_id: RegistrantId, check_digits: CheckDigits) -> Entry:
    """The registrant of one line. Raises `BadEntry`. `fresh_id` serves where the line has none.

    The portrait is not looked at; it is joined by `with_portrait`.
    """
    reader = _Reader(fields)
    given_id = reader.optional("id", _id)
    parts = _parts(reader)
    registrant = None
    if not reader.errors:
        registrant = reader.attempt("number", lambda: _assemble(parts, given_id or fresh_id))
    if registrant is not None:
        entry = registrant
        reader.attempt("number", lambda: check_number(entry, check_digits))
    if registrant is None or reader.errors:
        raise BadEntry(*reader.errors)
    return Entry(
        registrant=registrant, portrait=reader.text("portrait"), named=given_id is not None
    )


def _parts(reader: _Reader) -> _Parts:
    return _Parts(
        number=reader.required("number", decode_number),
        birth_date=reader.required("birth_date", decode_date),
        sex=reader.required("sex", _sex),
        nationality=reader.required("nationality", decode_nationality),
        name=reader.attempt("family_name", lambda: _name(reader)),
        residence=_residence(reader),
        addresses=_addresses(reader),
        phones=_phones(reader),
        cards=_cards(reader),
    )


def _assemble(parts: _Parts, registrant_id: RegistrantId) -> Registrant:
    whole = (parts.number, parts.birth_date, parts.sex, parts.nationality)
    number, birth_date, sex, nationality = whole
    if not (number and birth_date and sex and nationality and parts.name and parts.residence):
        raise Malformed("number", "an incomplete entry")
    return Registrant(
        id=registrant_id,
        number=number,
        name=parts.name,
        birth_date=birth_date,
        sex=sex,
        nationality=nationality,
        residence=parts.residence,
        addresses=parts.addresses,
        phones=parts.phones,
        cards=parts.cards,
    )


def decode_date(text: str) -> date:
    """``YYYY-MM-DD`` and no other form."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("date", "not a date (YYYY-MM-DD)") from error
    if day.isoformat() != text:
        raise Malformed("date", "not a date (YYYY-MM-DD)")
    return day


def _id(text: str) -> RegistrantId:
    if len(text) > MAX_ID or not text.isascii() or not text.replace("-", "").isalnum():
        raise Malformed("id", f"not 1 to {MAX_ID} letters, digits and hyphens")
    return RegistrantId(text)


def _sex(text: str) -> Sex:
    if text not in set(Sex):
        raise Malformed("sex", "neither M nor F")
    return Sex(text)


def _name(reader: _Reader) -> PersonName:
    return PersonName(
        family=reader.text("family_name"),
        given=reader.text("given_name"),
        family_hangul=reader.text("family_name_hangul"),
        given_hangul=reader.text("given_name_hangul"),
    )


def _residence(reader: _Reader) -> Residence | None:
    status = reader.required("status", decode_status)
    office = reader.required("office", str)
    permitted_until = reader.optional("permitted_until", decode_date)
    registered_on = reader.optional("registered_on", decode_date)
    ended_on = reader.optional("ended_on", decode_date)
    end_reason = reader.optional("end_reason", EndReason)
    if (ended_on is None) != (end_reason is None):
        reader.refuse("end_reason", "given without ended_on, or the other way round")
        return None
    if status is None or office is None:
        return None
    end = End(on=ended_on, reason=end_reason) if ended_on and end_reason else None
    make = partial(
        Residence,
        status=status,
        permitted_until=permitted_until,
        registered_on=registered_on,
        office=office,
        end=end,
    )
    return reader.attempt("status", make)


def _addresses(reader: _Reader) -> tuple[Address, ...]:
    found = [reader.attempt("addresses", partial(_address, i)) for i in reader.items("addresses")]
    text, since = reader.text("address"), reader.optional("address_since", decode_date)
    if text and since:
        found.append(reader.attempt("address", lambda: Address(text=text, since=since)))
    elif text:
        reader.refuse("address_since", "missing beside an address")
    return tuple(address for address in found if address is not None)


def _address(item: object) -> Address:
    text, since = _pair(item, "text", "since")
    return Address(text=unicodedata.normalize("NFC", text), since=decode_date(since))


def _phones(reader: _Reader) -> tuple[PhoneNumber, ...]:
    found = [
        reader.attempt("phones", partial(decode_phone_number, str(i)))
        for i in reader.items("phones")
    ]
    return tuple(phone for phone in found if phone is not None)


def _cards(reader: _Reader) -> tuple[PlasticCard, ...]:
    found = [reader.attempt("cards", partial(_card, i)) for i in reader.items("cards")]
    number, issued_on = reader.text("card_number"), reader.optional("card_issued_on", decode_date)
    if number and issued_on:
        made = reader.attempt(
            "card_number", lambda: PlasticCard(document_number=number, issued_on=issued_on)
        )
        found.append(made)
    elif number:
        reader.refuse("card_issued_on", "missing beside a card_number")
    return tuple(card for card in found if card is not None)


def _card(item: object) -> PlasticCard:
    number, issued_on = _pair(item, "number", "issued_on")
    ended_on = item.get("ended_on") if isinstance(item, dict) else None
    return PlasticCard(
        document_number=number,
        issued_on=decode_date(issued_on),
        ended_on=decode_date(str(ended_on)) if ended_on is not None else None,
    )


def _pair(item: object, first: str, second: str) -> tuple[str, str]:
    if isinstance(item, dict):
        one, two = item.get(first), item.get(second)
        if isinstance(one, str) and isinstance(two, str):
            return one, two
    raise Malformed(first, f"not an object with {first} and {second}")
