"""The registration number of foreigners and overseas Koreans: 13 digits, YYMMDD-SNNNNNC.

The first six digits are the birth date, the seventh tells sex and century: 5 (male) and 6
(female) for births of the 1900s, 7 and 8 for those of the 2000s. The last digit was a check digit
until October 2020; since then the last six digits are free, so whether it is checked depends on a
setting and on the day of registration.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mrc.kernel.errors import Malformed

LAST_DAY_OF_CHECK_DIGITS = date(2020, 10, 4)
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


class Sex(StrEnum):
    MALE = "M"
    FEMALE = "F"


class CheckDigits(StrEnum):
    """For which numbers the thirteenth digit is checked."""

    NEVER = "never"
    UNTIL_OCTOBER_2020 = "until_october_2020"
    ALWAYS = "always"


_SEVENTH = {
    "5": (Sex.MALE, 1900),
    "6": (Sex.FEMALE, 1900),
    "7": (Sex.MALE, 2000),
    "8": (Sex.FEMALE, 2000),
}


@dataclass(frozen=True, slots=True)
class RegistrationNumber:
    """Thirteen digits, of which seven make sense. Hidden in `repr`: it identifies a person."""

    digits: str

    def __post_init__(self) -> None:
        if len(self.digits) != 13 or not (self.digits.isascii() and self.digits.isdigit()):
            raise Malformed("number", "not 13 digits")
        if self.digits[6] not in _SEVENTH:
            raise Malformed("number", "the seventh digit is not 5, 6, 7 or 8")
        century = _SEVENTH[self.digits[6]][1]
        try:
            date(century + int(self.digits[:2]), int(self.digits[2:4]), int(self.digits[4:6]))
        except ValueError as error:
            raise Malformed("number", "the first six digits are not a date") from error

    def __repr__(self) -> str:
        return "RegistrationNumber(hidden)"

    @property
    def sex(self) -> Sex:
        return _SEVENTH[self.digits[6]][0]

    @property
    def birth_date(self) -> date:
        century = _SEVENTH[self.digits[6]][1]
        return date(century + int(self.digits[:2]), int(self.digits[2:4]), int(self.digits[4:6]))

    @property
    def masked(self) -> str:
        """What a screen may show: ``900101-5******``."""
        return f"{self.digits[:6]}-{self.digits[6]}******"

    @property
    def check_digit_holds(self) -> bool:
        return check_digit(self.digits[:12]) == self.digits[12]


def decode_number(text: str) -> RegistrationNumber:
    """The number from 13 digits, with or without the hyphen after the sixth."""
    if len(text) == 14 and text[6] == "-":
        text = text[:6] + text[7:]
    return RegistrationNumber(text)


def check_digit(first_twelve: str) -> str:
    """The thirteenth digit of a number given before October 2020."""
    total = sum(int(digit) * weight for digit, weight in zip(first_twelve, _WEIGHTS, strict=True))
    return str((13 - total % 11) % 10)


def must_check(rule: CheckDigits, registered_on: date | None) -> bool:
    match rule:
        case CheckDigits.NEVER:
            return False
        case CheckDigits.ALWAYS:
            return True
        case CheckDigits.UNTIL_OCTOBER_2020:
            return registered_on is not None and registered_on <= LAST_DAY_OF_CHECK_DIGITS


def seventh_digit(sex: Sex, birth_date: date) -> str:
    """The seventh digit that belongs to a person. Raises `Malformed` for other centuries."""
    century = birth_date.year // 100 * 100
    for digit, meaning in _SEVENTH.items():
        if meaning == (sex, century):
            return digit
    raise Malformed("birth_date", "born before 1900 or after 2099")
