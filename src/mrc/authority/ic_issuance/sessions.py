"""What the authority remembers between two requests of one phone; sealed by whoever stores it.

`Ordered` is what the first request asked for; `Proved` adds the chip's proof while a step without
the card is still open. The chip's own stages are the dialogue's.
"""

from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import assert_never

from mrc.authority.ic_issuance.face_capture import FaceAsked, decode_face_asked
from mrc.formats import base64url, json_text
from mrc.ic_card.issuance_signature import decode_issuance_signature
from mrc.ic_card.lds.residence import Residence
from mrc.ic_card.mrz import Mrz
from mrc.ic_card.server.verdict import ChipProof
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Curve, EcPublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """An authorization code is wanted, for these scopes and this PKCE challenge."""

    scope: str
    code_challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocking:
    """The card on the asking phone shall be unlocked; no code comes of it."""


Wanted = NewCard | Unlocking


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Bound to one client, one DPoP key and one wish from the first request on."""

    client_id: str
    wanted: Wanted
    jkt: str
    instance_jkt: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    ordered: Ordered
    proof: ChipProof = field(repr=False)
    asked: FaceAsked | None = None


Remembered = Ordered | Proved


def encode_remembered(kept: Remembered) -> bytes:
    ordered = kept.ordered if isinstance(kept, Proved) else kept
    body: dict[str, object] = {
        "client_id": ordered.client_id,
        "wanted": _wanted(ordered.wanted),
        "jkt": ordered.jkt,
        "instance_jkt": ordered.instance_jkt,
        "expires_at": int(ordered.expires_at.timestamp()),
    }
    if isinstance(kept, Proved):
        body["proof"] = _proof(kept.proof)
        body["face"] = None if kept.asked is None else kept.asked.encode()
    return json_text.encode(body)


def _wanted(wanted: Wanted) -> list[str]:
    match wanted:
        case NewCard(scope=scope, code_challenge=challenge):
            return [scope, challenge]
        case Unlocking():
            return []
    assert_never(wanted)


def _decode_wanted(raw: object) -> Wanted:
    if not isinstance(raw, list):
        raise TypeError("a list expected")
    if not raw:
        return Unlocking()
    scope, challenge = raw
    return NewCard(scope=str(scope), code_challenge=str(challenge))


def _proof(proof: ChipProof) -> dict[str, object]:
    """Without the chip's picture: a face is compared with the register's."""
    key, residence = proof.issuance_key, proof.residence
    return {
        "zone": {item.name: getattr(proof.zone, item.name) for item in fields(proof.zone)},
        "full_name": proof.full_name,
        "residence": [
            residence.registration_number,
            residence.status_of_stay,
            residence.stay_from.isoformat(),
            residence.stay_until.isoformat(),
            residence.address,
        ],
        "sod_hash": base64url.encode(proof.sod_hash),
        "issuance_key": [key.curve.value, base64url.encode(key.uncompressed)],
        "context": base64url.encode(proof.context),
        "signature": base64url.encode(proof.signature.encode()),
        "dpop_thumbprint": base64url.encode(proof.dpop_thumbprint),
    }


def decode_remembered(data: bytes) -> Remembered:
    """Raises `Malformed`: only what this module wrote comes back."""
    raw = json_text.decode_object(data, "issuance session")
    try:
        ordered = Ordered(
            client_id=str(raw["client_id"]),
            wanted=_decode_wanted(raw["wanted"]),
            jkt=str(raw["jkt"]),
            instance_jkt=None if raw["instance_jkt"] is None else str(raw["instance_jkt"]),
            expires_at=datetime.fromtimestamp(int(str(raw["expires_at"])), UTC),
        )
        if "proof" not in raw:
            return ordered
        face = raw["face"]
        asked = None if face is None else decode_face_asked(face)
        return Proved(ordered=ordered, proof=_decode_proof(raw["proof"]), asked=asked)
    except (KeyError, ValueError, TypeError) as error:
        raise Malformed("issuance session") from error


def _decode_proof(raw: object) -> ChipProof:
    if not isinstance(raw, dict):
        raise TypeError("an object expected")
    curve, point = raw["issuance_key"]
    number, status, stay_from, stay_until, address = raw["residence"]
    return ChipProof(
        zone=Mrz(**{name: str(value) for name, value in raw["zone"].items()}),
        full_name=raw["full_name"],
        residence=Residence(
            registration_number=number,
            status_of_stay=status,
            stay_from=date.fromisoformat(stay_from),
            stay_until=date.fromisoformat(stay_until),
            address=address,
        ),
        face=None,
        sod_hash=base64url.decode(raw["sod_hash"]),
        issuance_key=EcPublicKey.from_uncompressed(Curve(curve), base64url.decode(point)),
        context=base64url.decode(raw["context"]),
        signature=decode_issuance_signature(base64url.decode(raw["signature"])),
        dpop_thumbprint=base64url.decode(raw["dpop_thumbprint"]),
    )
