"""A chip card's order, drawn up from the register: what will stand on the card.

The zone's names are those of Doc 9303-3, section 6: letters A to Z, everything else by its usual
transcription or left out. The whole name stands in DG11, uncut.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import date

from mrc.ic_card.lds.face import FaceImage
from mrc.ic_card.lds.residence import Residence
from mrc.ic_card.mrz import Mrz
from mrc.ic_card.personalisation.order import Order
from mrc.kernel.errors import Malformed
from mrc.registry.people import Registrant
from mrc.registry.residence import OFFICES

LONGEST_LIFE_YEARS = 10
_DOCUMENT_CODE, _STATE = "IR", "KOR"
_ICAO_NATIONALITIES = {"DEU": "D"}
_SPECIAL = str.maketrans(
    {"Đ": "D", "Ð": "D", "Ø": "OE", "Ł": "L", "Æ": "AE", "Œ": "OE", "Þ": "TH", "Ä": "AE"}
    | {"Ö": "OE", "Ü": "UE", "Å": "AA", "ẞ": "SS", "ß": "SS", "'": "", "’": "", "-": " ", ".": " "}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWish:
    """What the register does not know: the blank's number and CAN, the picture as a card's."""

    order_id: str
    document_number: str
    can: str = field(repr=False)
    issued: date
    face: FaceImage | None
    reissue: bool = False


def draw_up(holder: Registrant, wish: CardWish) -> Order:
    """Raises `Malformed` where the register lacks what a card must say."""
    residence = holder.residence
    if residence.registered_on is None or holder.address is None:
        raise Malformed("card order", "no registration or no address")
    until = residence.permitted_until or _years_later(wish.issued, LONGEST_LIFE_YEARS)
    return Order(
        order_id=wish.order_id,
        zone=Mrz(
            document_code=_DOCUMENT_CODE,
            issuing_state=_STATE,
            document_number=wish.document_number,
            birth_date=holder.birth_date.strftime("%y%m%d"),
            sex=holder.sex.value,
            expiry_date=until.strftime("%y%m%d"),
            nationality=_ICAO_NATIONALITIES.get(str(holder.nationality), str(holder.nationality)),
            primary_name=zone_name(holder.name.family or holder.name.given),
            secondary_name=zone_name(holder.name.given) if holder.name.family else "",
        ),
        full_name=holder.name.hangul or holder.name.latin,
        authority=OFFICES[residence.office].korean,
        issued=wish.issued,
        residence=Residence(
            registration_number=holder.number.digits,
            status_of_stay=residence.status.text,
            stay_from=residence.registered_on,
            stay_until=until,
            address=holder.address.text,
        ),
        can=wish.can,
        face=wish.face,
        reissue=wish.reissue,
    )


def zone_name(name: str) -> str:
    """``NGUYỄN THỊ ÁNH`` as ``NGUYEN<THI<ANH``."""
    bare = unicodedata.normalize("NFC", name.upper()).translate(_SPECIAL)
    letters = "".join(char for char in unicodedata.normalize("NFKD", bare) if char.isascii())
    words = "".join(char if "A" <= char <= "Z" else " " for char in letters).split()
    return "<".join(words)


def _years_later(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 2, 28)
    return day.replace(year=day.year + years)
