"""The order to make one card, signed by officers: one for a first card, two for a new one.

JSON, signed as the bytes that came. The holder's PIN and PUK are no part of it.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from mrc.formats import json_text
from mrc.ic_card.lds.face import FaceImage, ImageType
from mrc.ic_card.lds.residence import Residence
from mrc.ic_card.mrz import Mrz
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import SignatureVerifier

_DOMAIN = b"mobile residence card: card order, version 1\x00"
FULL_PROFILE = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What shall stand on the card. Hidden in `repr` but for its number."""

    order_id: str
    zone: Mrz = field(repr=False)
    full_name: str = field(repr=False)
    authority: str
    issued: date
    residence: Residence = field(repr=False)
    can: str = field(repr=False)
    face: FaceImage | None = field(default=None, repr=False)
    reissue: bool = False
    profile: str = FULL_PROFILE


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """`signatures` by officer."""

    payload: bytes = field(repr=False)
    signatures: Mapping[str, bytes]


def signed_bytes(payload: bytes) -> bytes:
    """What an officer's key signs (ES256)."""
    return _DOMAIN + payload


def check_order(
    signed: SignedOrder, *, officers: Mapping[str, EcPublicKey], verifier: SignatureVerifier
) -> Order:
    """The order. Raises `Rejected` unless known officers signed it, two of them for a reissue."""
    for officer, signature in signed.signatures.items():
        key = officers.get(officer)
        message = signed_bytes(signed.payload)
        if key is None or not verifier.holds(key, Algorithm.ES256, message, signature):
            raise Rejected(Reason.ORDER_SIGNATURE, "IC-CARD 5.3", "an officer's signature")
    order = decode_order(signed.payload)
    needed = 2 if order.reissue else 1
    keys = {officers[officer].uncompressed for officer in signed.signatures}
    if len(keys) < needed:
        raise Rejected(Reason.FOUR_EYES, "IC-CARD 5.3", f"{needed} officers must sign")
    return order


def encode_order(order: Order) -> bytes:
    zone, residence = order.zone, order.residence
    return json_text.encode(
        {
            "order_id": order.order_id,
            "zone": {name: getattr(zone, name) for name in _ZONE_FIELDS},
            "full_name": order.full_name,
            "authority": order.authority,
            "issued": order.issued.isoformat(),
            "residence": {
                "registration_number": residence.registration_number,
                "status_of_stay": residence.status_of_stay,
                "stay_from": residence.stay_from.isoformat(),
                "stay_until": residence.stay_until.isoformat(),
                "address": residence.address,
            },
            "can": order.can,
            "face": None if order.face is None else _encode_face(order.face),
            "reissue": order.reissue,
            "profile": order.profile,
        }
    )


_ZONE_FIELDS: Sequence[str] = (
    "document_code",
    "issuing_state",
    "document_number",
    "birth_date",
    "sex",
    "expiry_date",
    "nationality",
    "primary_name",
    "secondary_name",
    "optional_data",
)


def _encode_face(face: FaceImage) -> dict[str, object]:
    return {
        "image": base64.b64encode(face.image).decode(),
        "type": face.image_type.value,
        "width": face.width,
        "height": face.height,
    }


def decode_order(payload: bytes) -> Order:
    raw = json_text.decode(payload)
    try:
        return _decode(_object(raw))
    except (KeyError, ValueError, TypeError) as error:
        raise Malformed("card order") from error


def _decode(raw: Mapping[str, object]) -> Order:
    zone, residence = _object(raw["zone"]), _object(raw["residence"])
    return Order(
        order_id=_text(raw["order_id"]),
        zone=Mrz(**{name: _text(zone[name]) for name in _ZONE_FIELDS}),
        full_name=_text(raw["full_name"]),
        authority=_text(raw["authority"]),
        issued=date.fromisoformat(_text(raw["issued"])),
        residence=Residence(
            registration_number=_text(residence["registration_number"]),
            status_of_stay=_text(residence["status_of_stay"]),
            stay_from=date.fromisoformat(_text(residence["stay_from"])),
            stay_until=date.fromisoformat(_text(residence["stay_until"])),
            address=_text(residence["address"]),
        ),
        can=_text(raw["can"]),
        face=None if raw["face"] is None else _decode_face(_object(raw["face"])),
        reissue=raw["reissue"] is not False,  # in doubt, two officers
        profile=_text(raw["profile"]),
    )


def _decode_face(raw: Mapping[str, object]) -> FaceImage:
    return FaceImage(
        image=base64.b64decode(_text(raw["image"]), validate=True),
        image_type=ImageType(_number(raw["type"])),
        width=_number(raw["width"]),
        height=_number(raw["height"]),
    )


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object expected")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text expected")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a number expected")
    return value
