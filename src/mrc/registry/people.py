"""A registrant: one person in the register, with residence, addresses, phones and cards.

The portrait itself is kept apart (`RegistryStore.find_portrait`), because lists of people are
read far more often than faces; the registrant carries what decisions need to know about it.
"""

from dataclasses import dataclass, field, fields
from datetime import date
from typing import NewType

from mrc.kernel.errors import Malformed
from mrc.registry.countries import Nationality
from mrc.registry.names import PersonName
from mrc.registry.numbers import CheckDigits, RegistrationNumber, Sex, must_check
from mrc.registry.phones import PhoneNumber
from mrc.registry.residence import Residence

RegistrantId = NewType("RegistrantId", str)

MAX_ADDRESS = 300  # characters; the longest road-name address in Korea has well under 200
MAX_PHONES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where someone lives or lived, since the day it was reported for."""

    text: str
    since: date

    def __post_init__(self) -> None:
        if not self.text.strip() or len(self.text) > MAX_ADDRESS or not self.text.isprintable():
            raise Malformed("address", f"empty, unprintable or over {MAX_ADDRESS} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What is known about a checked portrait: its SHA-256 and its size in pixels and bytes."""

    sha256: bytes
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticCard:
    """The card that the office printed. `document_number` is the one on its face."""

    document_number: str
    issued_on: date
    ended_on: date | None = None

    def __post_init__(self) -> None:
        number = self.document_number
        if not (0 < len(number) <= 20 and number.isascii() and number.isalnum()):
            raise Malformed("card_number", "not 1 to 20 letters and digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrant:
    """`version` counts the changes; a change is refused that was decided on an older one.

    `addresses` are in the order of time, the present one last.
    """

    id: RegistrantId
    number: RegistrationNumber
    name: PersonName
    birth_date: date
    sex: Sex
    nationality: Nationality
    residence: Residence
    portrait: Portrait | None = None
    addresses: tuple[Address, ...] = ()
    phones: tuple[PhoneNumber, ...] = ()
    cards: tuple[PlasticCard, ...] = ()
    version: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        if self.number.birth_date != self.birth_date:
            raise Malformed("number", "its first seven digits are another birth date")
        if self.number.sex is not self.sex:
            raise Malformed("number", "its seventh digit belongs to the other sex")
        if list(self.addresses) != sorted(self.addresses, key=lambda address: address.since):
            raise Malformed("addresses", "not in the order of time")
        if len(self.phones) > MAX_PHONES or len(set(self.phones)) != len(self.phones):
            raise Malformed("phones", f"more than {MAX_PHONES}, or one given twice")

    def __repr__(self) -> str:
        """The id only: entries end up in tracebacks, names and numbers must not."""
        return f"Registrant({self.id}, version {self.version})"

    @property
    def address(self) -> Address | None:
        return self.addresses[-1] if self.addresses else None

    @property
    def card(self) -> PlasticCard | None:
        """The plastic card in force."""
        held = [card for card in self.cards if card.ended_on is None]
        return held[-1] if held else None


def check_number(registrant: Registrant, rule: CheckDigits) -> None:
    """Raise `Malformed` where `rule` asks for a check digit and it is another one."""
    asked = must_check(rule, registrant.residence.registered_on)
    if asked and not registrant.number.check_digit_holds:
        raise Malformed("number", "the check digit is wrong")


def changed_fields(before: Registrant, after: Registrant) -> tuple[str, ...]:
    """The names of the fields in which two states of an entry differ."""
    names = (item.name for item in fields(Registrant) if item.compare)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
