"""The machine readable zone of ICAO Doc 9303-3 and -5: check digits, TD1, and the BAC and PACE
key input. A residence card prints none; its TD1 is derived from the register.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from mrc.kernel.errors import Malformed

_WEIGHTS = (7, 3, 1)
_ALLOWED = re.compile(r"[A-Z0-9<]*")
_SIZES = {90: "TD1", 72: "TD2", 88: "TD3"}


def check_digit(text: str) -> str:
    """Doc 9303-3, 4.9: weights 7, 3, 1; A is 10, the filler 0."""
    if not _ALLOWED.fullmatch(text):
        raise Malformed("MRZ", "a character outside A-Z, 0-9 and <")
    total = sum(
        (0 if char == "<" else int(char, 36)) * _WEIGHTS[index % 3]
        for index, char in enumerate(text)
    )
    return str(total % 10)


def last_day(expiry_date: str) -> date:
    """The day of a zone's YYMMDD; chips were first put into documents in this century.

    Raises `Malformed` where it is no date: a document may have none (Doc 9303-3, 4.8).
    """
    try:
        return date(2000 + int(expiry_date[:2]), int(expiry_date[2:4]), int(expiry_date[4:]))
    except ValueError as error:
        raise Malformed("MRZ", "the date of expiry is no date") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzKey:
    """The three fields that open a card: full document number, YYMMDD, YYMMDD."""

    document_number: str
    birth_date: str
    expiry_date: str

    @property
    def information(self) -> str:
        """Doc 9303-11, 9.7.2: each field with its check digit."""
        number = self.document_number.ljust(9, "<")
        fields = (number, self.birth_date, self.expiry_date)
        return "".join(field + check_digit(field) for field in fields)

    @property
    def secret(self) -> bytes:
        """SHA-1 of the information: 20 bytes for PACE, the first 16 are BAC's key seed."""
        return hashlib.sha1(self.information.encode(), usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mrz:
    """What a machine readable zone says. Dates are YYMMDD as they stand there."""

    document_code: str
    issuing_state: str
    document_number: str
    birth_date: str
    sex: str
    expiry_date: str
    nationality: str
    primary_name: str
    secondary_name: str
    optional_data: str = ""

    @property
    def key(self) -> MrzKey:
        return MrzKey(
            document_number=self.document_number,
            birth_date=self.birth_date,
            expiry_date=self.expiry_date,
        )


def encode_td1(mrz: Mrz) -> str:
    """The 90 characters of a TD1 (Doc 9303-5, 4.2), without line breaks.

    A document number over nine characters continues in the optional data (4.2.2.1, note j).
    """
    number, optional = mrz.document_number, mrz.optional_data
    head, digit = number[:9].ljust(9, "<"), check_digit(number.ljust(9, "<"))
    if len(number) > 9:
        optional = number[9:] + digit + "<" + optional
        digit = "<"
    upper = f"{mrz.document_code:<<2}{mrz.issuing_state:<<3}{head}{digit}{optional:<<15}"
    middle = (
        mrz.birth_date + check_digit(mrz.birth_date) + mrz.sex + mrz.expiry_date
        + check_digit(mrz.expiry_date) + f"{mrz.nationality:<<3}" + "<" * 11
    )  # fmt: skip
    composite = check_digit(upper[5:] + middle[:7] + middle[8:15] + middle[18:])
    names = f"{mrz.primary_name}<<{mrz.secondary_name}".rstrip("<")[:30]
    text = upper + middle + composite + f"{names:<<30}"
    if len(text) != 90 or not _ALLOWED.fullmatch(text):
        raise Malformed("MRZ", "a field is too long or holds a character outside A-Z, 0-9 and <")
    return text


def decode(text: str) -> Mrz:
    """TD1, TD2 or TD3, without line breaks. Raises `Malformed` where a check digit is wrong."""
    if len(text) not in _SIZES or not _ALLOWED.fullmatch(text):
        raise Malformed("MRZ", "expected 90, 72 or 88 characters of A-Z, 0-9 and <")
    if len(text) == 90:
        return _decode_td1(text)
    return _decode_two_lines(text, len(text) // 2)


def _decode_td1(text: str) -> Mrz:
    number, optional = _document_number(text[5:14], text[14], text[15:30])
    _expect(text[30:36], text[36])
    _expect(text[38:44], text[44])
    _expect(text[5:30] + text[30:37] + text[38:45] + text[48:59], text[59])
    return _mrz(
        text[:2], text[2:5], number, (text[30:36], text[37], text[38:44]), text[45:48],
        text[60:90], optional,
    )  # fmt: skip


def _decode_two_lines(text: str, width: int) -> Mrz:
    upper, lower = text[:width], text[width:]
    number, optional = lower[:9].rstrip("<"), lower[28:-1]
    if width == 36:
        number, optional = _document_number(lower[:9], lower[9], lower[28:35])
        _expect(lower[:10] + lower[13:20] + lower[21:35], lower[35])
    else:
        _expect(lower[:9], lower[9])
        _expect(lower[:10] + lower[13:20] + lower[21:43], lower[43])
    _expect(lower[13:19], lower[19])
    _expect(lower[21:27], lower[27])
    return _mrz(
        upper[:2], upper[2:5], number, (lower[13:19], lower[20], lower[21:27]), lower[10:13],
        upper[5:], optional,
    )  # fmt: skip


def _mrz(
    code: str, state: str, number: str, person: tuple[str, str, str], nationality: str,
    names: str, optional: str,
) -> Mrz:  # fmt: skip
    primary, _, secondary = names.rstrip("<").partition("<<")
    return Mrz(
        document_code=code.rstrip("<"),
        issuing_state=state.rstrip("<"),
        document_number=number,
        birth_date=person[0],
        sex=person[1],
        expiry_date=person[2],
        nationality=nationality.rstrip("<"),
        primary_name=primary,
        secondary_name=secondary,
        optional_data=optional.strip("<"),
    )


def _document_number(head: str, digit: str, optional: str) -> tuple[str, str]:
    """The full number and what is left of the optional data."""
    if digit != "<":
        _expect(head, digit)
        return head.rstrip("<"), optional
    tail, _, rest = optional.partition("<")
    number = head + tail[:-1]
    _expect(number, tail[-1:])
    return number, rest


def _expect(text: str, digit: str) -> None:
    # an optional field's empty check digit may stand as the filler (Doc 9303-4, 4.2.2.2)
    if check_digit(text) != digit:
        raise Malformed("MRZ", "a check digit does not fit")
