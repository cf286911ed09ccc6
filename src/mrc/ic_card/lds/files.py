"""Where the files of a chip are (ICAO Doc 9303-10, 3.11 and 4; our issuance application)."""

from dataclasses import dataclass
from enum import IntEnum

from mrc.kernel.errors import Malformed

LDS1_AID = bytes.fromhex("A0000002471001")
ISSUANCE_AID = bytes.fromhex("F04D5243495353")
"""Proprietary class F (ISO/IEC 7816-5, 8.2.1.1), then "MRCISS"."""


class Application(IntEnum):
    MASTER_FILE = 0
    LDS1 = 1
    ISSUANCE = 2


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file: 011D is EF.CardSecurity in the master file and EF.SOD in LDS1."""

    application: Application
    file_id: int

    @property
    def short_id(self) -> int:
        return self.file_id & 0x1F

    @property
    def name(self) -> str:
        number = data_group_number(self)
        return _NAMES.get(self) or (f"DG{number}" if number else f"{self.file_id:04X}")


CARD_ACCESS = FileRef(Application.MASTER_FILE, 0x011C)
ATR_INFO = FileRef(Application.MASTER_FILE, 0x2F01)
COM = FileRef(Application.LDS1, 0x011E)
SOD = FileRef(Application.LDS1, 0x011D)
RESIDENCE = FileRef(Application.ISSUANCE, 0x0101)
_NAMES = {
    CARD_ACCESS: "EF.CardAccess",
    ATR_INFO: "EF.ATR/INFO",
    COM: "EF.COM",
    SOD: "EF.SOD",
    RESIDENCE: "EF.RES",
}
_DATA_GROUP_TAGS = {
    **{1: 0x61, 2: 0x75, 3: 0x63, 4: 0x76, 5: 0x65, 6: 0x66, 7: 0x67, 8: 0x68},
    **{9: 0x69, 10: 0x6A, 11: 0x6B, 12: 0x6C, 13: 0x6D, 14: 0x6E, 15: 0x6F, 16: 0x70},
}


def data_group(number: int) -> FileRef:
    return FileRef(Application.LDS1, 0x0100 + number)


def data_group_number(file: FileRef) -> int | None:
    number = file.file_id - 0x0100
    return number if file.application is Application.LDS1 and 1 <= number <= 16 else None


def data_group_tag(number: int) -> int:
    """The tag of a data group, which EF.COM lists too (Doc 9303-10, table 35)."""
    return _DATA_GROUP_TAGS[number]


def number_of_tag(tag: int) -> int:
    for number, known in _DATA_GROUP_TAGS.items():
        if known == tag:
            return number
    raise Malformed("EF.COM", f"tag {tag:02X} is no data group")
