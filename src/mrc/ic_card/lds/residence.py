"""EF.RES of the issuance application: the sensitive part, readable with the PIN alone.

A structure of our own in private-class tags (X.690, 8.1.2.2); its SHA-256 stands in DG13.
"""

from dataclasses import dataclass, field
from datetime import date

from mrc.ic_card import tlv
from mrc.kernel.errors import Malformed

_RESIDENCE = 0xE0
_NUMBER, _STATUS, _FROM, _UNTIL, _ADDRESS = 0xDF01, 0xDF02, 0xDF03, 0xDF04, 0xDF05


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """What the back of the plastic card says. Hidden in `repr`."""

    registration_number: str = field(repr=False)
    status_of_stay: str = field(repr=False)
    stay_from: date = field(repr=False)
    stay_until: date = field(repr=False)
    address: str = field(repr=False)


def encode_residence(residence: Residence) -> bytes:
    return tlv.encode(
        _RESIDENCE,
        tlv.encode(_NUMBER, residence.registration_number.encode()),
        tlv.encode(_STATUS, residence.status_of_stay.encode()),
        tlv.encode(_FROM, residence.stay_from.isoformat().encode()),
        tlv.encode(_UNTIL, residence.stay_until.isoformat().encode()),
        tlv.encode(_ADDRESS, residence.address.encode()),
    )


def decode_residence(data: bytes) -> Residence:
    fields = tlv.parse_map(tlv.parse_one(data, _RESIDENCE))
    try:
        return Residence(
            registration_number=fields[_NUMBER].decode(),
            status_of_stay=fields[_STATUS].decode(),
            stay_from=date.fromisoformat(fields[_FROM].decode()),
            stay_until=date.fromisoformat(fields[_UNTIL].decode()),
            address=fields[_ADDRESS].decode(),
        )
    except (KeyError, ValueError) as error:
        raise Malformed("EF.RES") from error
