"""Whether a chip has proved itself to the server: the ordered checks of IC-CARD 5.4.

Check 1 (the session) is `dialogue`'s, check 4 (secure messaging) `batches`'. Each check is fatal
and gives a new type, so none can be left out. Check 7 (face, own phone) is `clear_for_issue`;
check 8 (other phones end, the holder is told) is the issuer's transaction.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from mrc.ic_card.issuance_signature import IssuanceSignature, signed_message
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.face import FaceImage, decode_dg2
from mrc.ic_card.lds.files import CARD_ACCESS, RESIDENCE, SOD, FileRef, data_group
from mrc.ic_card.lds.public_keys import ec_public_key
from mrc.ic_card.lds.residence import Residence, decode_residence
from mrc.ic_card.lds.sod import decode_sod
from mrc.ic_card.mrz import Mrz
from mrc.ic_card.passive_authentication import (
    CscaTrust,
    authenticate_sod,
    check_card_access,
    check_data_group,
    check_residence,
)
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Finding, Outcome
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import SignatureVerifier

_CLAUSE = "IC-CARD 5.4"
_STATE = "KOR"


class CardStatus(StrEnum):
    """What the register says of the plastic card."""

    ACTIVE = "active"
    LOST = "lost"
    EXPIRED = "expired"
    NOT_ACTIVE = "not_active"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCard:
    """The register's own record of the card, made when it was personalised."""

    status: CardStatus
    dg1_hash: bytes
    issuance_key: bytes
    """Uncompressed."""


class CardRegister(Protocol):
    async def find_card(self, document_number: str) -> RegisteredCard | None: ...

    async def claim_counter(self, document_number: str, counter: int) -> bool:
        """Note `counter` as the last one seen; False unless it is above the last. Atomic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipReading:
    """Everything that came authenticated under the keys of the server's chip authentication."""

    files: Mapping[FileRef, bytes] = field(repr=False)
    signature: IssuanceSignature
    context: bytes
    dg14_used: bytes = field(repr=False)
    dpop_thumbprint: bytes


AuthenticReading = NewType("AuthenticReading", ChipReading)  # made only by `check_files`
GenuineReading = NewType("GenuineReading", ChipReading)  # made only by `check_chip`


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipProof:
    """A genuine, active card of ours, opened with the holder's PIN, for one phone's key.

    Made only by `check_register`. What an audit needs is here: context, counter, signature, key.
    """

    zone: Mrz = field(repr=False)
    full_name: str = field(repr=False)
    residence: Residence = field(repr=False)
    face: FaceImage | None = field(repr=False)
    sod_hash: bytes
    issuance_key: EcPublicKey
    context: bytes
    signature: IssuanceSignature
    dpop_thumbprint: bytes

    @property
    def document_number(self) -> str:
        return self.zone.document_number


def check_files(
    reading: ChipReading, *, trust: CscaTrust, at: datetime, verifier: SignatureVerifier
) -> AuthenticReading:
    """Check 2: SOD, document signer, CSCA of this environment, country, every hash, all present."""
    files = reading.files
    if SOD not in files:
        raise Rejected(Reason.NOT_READ, _CLAUSE, "EF.SOD")
    sod = authenticate_sod(decode_sod(files[SOD]), trust=trust, at=at, verifier=verifier)
    for number in sorted(sod.hashes):
        if data_group(number) not in files:
            raise Rejected(Reason.NOT_READ, _CLAUSE, f"DG{number} of the SOD")
        check_data_group(sod, number, files[data_group(number)])
    for number in (1, 11, 13, 14):
        if number not in sod.hashes:
            raise Rejected(Reason.NOT_IN_SOD, _CLAUSE, f"DG{number}")
    if dg.decode_dg1(files[data_group(1)]).issuing_state != _STATE:
        raise Rejected(Reason.COUNTRY_DIFFERS, _CLAUSE, "issuing state of DG1")
    return AuthenticReading(reading)


def check_chip(reading: AuthenticReading) -> GenuineReading:
    """Check 3: no downgrade of PACE, and the key of chip authentication is the signed DG14's."""
    files = reading.files
    if CARD_ACCESS not in files:
        raise Rejected(Reason.CARD_ACCESS_DIFFERS, _CLAUSE, "EF.CardAccess is missing")
    check_card_access(files[CARD_ACCESS], files[data_group(14)])
    if files[data_group(14)] != reading.dg14_used:
        raise Rejected(Reason.CHIP_AUTHENTICATION, _CLAUSE, "another DG14 was used")
    return GenuineReading(reading)


async def check_register(
    reading: GenuineReading, *, register: CardRegister, verifier: SignatureVerifier
) -> ChipProof:
    """Checks 5 and 6: EF.RES, the register's record and status; then IK's signature and counter."""
    files = reading.files
    binding = dg.decode_dg13(files[data_group(13)])
    if RESIDENCE not in files:
        raise Rejected(Reason.RESIDENCE_FILE_DIFFERS, _CLAUSE, "EF.RES is missing")
    check_residence(files[RESIDENCE], files[data_group(13)])
    zone = dg.decode_dg1(files[data_group(1)])
    key = ec_public_key(binding.issuance_key)
    _check_card(await register.find_card(zone.document_number), files, key)
    signature = reading.signature
    message = signed_message(reading.context, signature.counter)
    if not verifier.holds(key, Algorithm.ES256, message, signature.signature):
        raise Rejected(Reason.ISSUANCE_SIGNATURE, _CLAUSE, "IK did not sign this context")
    if not await register.claim_counter(zone.document_number, signature.counter):
        raise Rejected(Reason.COUNTER_NOT_FRESH, _CLAUSE, "the signature counter was seen before")
    return _proof(reading, zone, key)


def _check_card(
    card: RegisteredCard | None, files: Mapping[FileRef, bytes], key: EcPublicKey
) -> None:
    if card is None:
        raise Rejected(Reason.CARD_UNKNOWN, _CLAUSE)
    same = hashlib.sha256(files[data_group(1)]).digest() == card.dg1_hash
    if not same or key.uncompressed != card.issuance_key:
        raise Rejected(Reason.REGISTER_DIFFERS, _CLAUSE, "DG1 or IK is not the registered one")
    match card.status:
        case CardStatus.ACTIVE:
            return
        case CardStatus.LOST:
            raise Rejected(Reason.CARD_LOST, _CLAUSE)
        case CardStatus.EXPIRED:
            raise Rejected(Reason.CARD_EXPIRED, _CLAUSE)
        case CardStatus.NOT_ACTIVE:
            raise Rejected(Reason.CARD_NOT_ACTIVE, _CLAUSE)


def _proof(reading: GenuineReading, zone: Mrz, key: EcPublicKey) -> ChipProof:
    files = reading.files
    face = files.get(data_group(2))
    return ChipProof(
        zone=zone,
        full_name=dg.decode_dg11(files[data_group(11)]).full_name,
        residence=decode_residence(files[RESIDENCE]),
        face=None if face is None else decode_dg2(face),
        sod_hash=hashlib.sha256(files[SOD]).digest(),
        issuance_key=key,
        context=reading.context,
        signature=reading.signature,
        dpop_thumbprint=reading.dpop_thumbprint,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedHolder:
    """Chip, face and phone agree: a mobile card may be issued. Made only by `clear_for_issue`."""

    proof: ChipProof


def clear_for_issue(
    proof: ChipProof, *, face: Finding, own_phone: Finding, expected_dpop_thumbprint: bytes
) -> ClearedHolder:
    """Check 7. Raises `Rejected` unless the live face is the registered one, the phone is in the
    holder's name, and the key that asks is the key the chip signed for."""
    if proof.dpop_thumbprint != expected_dpop_thumbprint:
        raise Rejected(Reason.DEVICE_KEY_DIFFERS, _CLAUSE)
    if face.outcome is not Outcome.PASSED:
        raise Rejected(Reason.FACE_DIFFERS, _CLAUSE, face.reason or face.outcome.value)
    if own_phone.outcome is not Outcome.PASSED:
        raise Rejected(Reason.PHONE_NOT_OWN, _CLAUSE, own_phone.reason or own_phone.outcome.value)
    return ClearedHolder(proof=proof)
