"""What the ledger states about organisations, and where in the contract's storage it stands.

The words of `contracts/residence_ledger.vy` as values. Slots come from the compiler's layout
(`build/slots.py`); Vyper hashes a mapping's slot before its key and gives every member of a
struct a slot of its own. Nothing here is about a person.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import NewType

from mrc.ledger.build import slots
from mrc.ledger.hashing import keccak256

OrganisationId = NewType("OrganisationId", bytes)
CredentialTypeId = NewType("CredentialTypeId", bytes)
PurposeId = NewType("PurposeId", bytes)
StreamId = NewType("StreamId", bytes)

_WORD_64 = (1 << 64) - 1


class Role(StrEnum):
    """What an organisation does; the bit of each stands in `ROLE_BITS`."""

    ISSUER = "issuer"
    WALLET_PROVIDER = "wallet_provider"
    ASKER = "asker"
    VERIFIER = "verifier"
    AUDITOR = "auditor"


ROLE_BITS = {
    Role.ISSUER: 1,
    Role.WALLET_PROVIDER: 2,
    Role.ASKER: 4,
    Role.VERIFIER: 8,
    Role.AUDITOR: 16,
}


class Standing(IntEnum):
    """The wire value of an entry's status. An ended entry stays ended."""

    ACTIVE = 1
    STOPPED = 2
    ENDED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation's entry. `key_hash` names the certificate or key under which it acts."""

    key_hash: bytes
    metadata_hash: bytes
    roles: frozenset[Role]
    standing: Standing
    valid_from: datetime
    valid_until: datetime
    revision: int = 0

    def holds(self, role: Role, *, at: datetime) -> bool:
        """Whether the entry gives that role at that time."""
        return (
            self.standing is Standing.ACTIVE
            and role in self.roles
            and self.valid_from <= at <= self.valid_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialType:
    schema_hash: bytes
    issuer: OrganisationId
    standing: Standing
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHead:
    """A stream's newest tick, the time of its block and its root."""

    tick: int
    anchored_at: datetime
    root: bytes


def decode_organisation(key_hash: int, metadata_hash: int, terms: int) -> Organisation | None:
    """The entry that three storage words make; None where there is none."""
    if terms == 0:
        return None
    bits = (terms >> 136) & 0xFFFF
    return Organisation(
        key_hash=key_hash.to_bytes(32),
        metadata_hash=metadata_hash.to_bytes(32),
        roles=frozenset(role for role, bit in ROLE_BITS.items() if bits & bit),
        standing=Standing((terms >> 128) & 0xFF),
        valid_from=_time((terms >> 64) & _WORD_64),
        valid_until=_time(terms & _WORD_64),
        revision=terms >> 192,
    )


def decode_credential_type(schema_hash: int, issuer: int, terms: int) -> CredentialType | None:
    """The entry that three storage words make; None where there is none."""
    if terms == 0:
        return None
    return CredentialType(
        schema_hash=schema_hash.to_bytes(32),
        issuer=OrganisationId(issuer.to_bytes(32)),
        standing=Standing((terms >> 128) & 0xFF),
        revision=terms >> 192,
    )


def decode_head(head: int) -> tuple[int, datetime] | None:
    """Tick and block time of a stream's head word; None for a stream without an anchor."""
    return None if head == 0 else (head >> 64, _time(head & _WORD_64))


def _time(seconds: int) -> datetime:
    """A Unix time; one beyond the calendar means without end."""
    return datetime.fromtimestamp(min(seconds, 253_402_300_799), UTC)


def mapping_slot(slot: int, *keys: bytes) -> int:
    """The slot of a (nested) mapping's member: keccak256(slot || key), key by key."""
    for key in keys:
        slot = int.from_bytes(keccak256(slot.to_bytes(32) + key))
    return slot


def organisation_slots(organisation: OrganisationId) -> tuple[int, int, int]:
    return _three(mapping_slot(slots.ORGANISATIONS, organisation))


def credential_type_slots(credential_type: CredentialTypeId) -> tuple[int, int, int]:
    return _three(mapping_slot(slots.CREDENTIAL_TYPES, credential_type))


def entitlement_slot(asker: OrganisationId, purpose: PurposeId) -> int:
    return mapping_slot(slots.ENTITLEMENTS, asker, purpose)


def head_slot(stream: StreamId) -> int:
    return mapping_slot(slots.STREAMS, stream)


def anchor_slot(stream: StreamId, tick: int) -> int:
    return mapping_slot(slots.ANCHORS, stream, tick.to_bytes(32))


def _three(slot: int) -> tuple[int, int, int]:
    return (slot, slot + 1, slot + 2)


def organisation_id(seed: bytes) -> OrganisationId:
    """An identifier from at least 16 random bytes that the organisation publishes."""
    return OrganisationId(_tagged("organisation", _long_enough(seed)))


def stream_id(seed: bytes) -> StreamId:
    """An identifier from at least 16 random bytes: it tells nothing about issuer or district."""
    return StreamId(_tagged("stream", _long_enough(seed)))


def issuer_stream_id(issuer: OrganisationId) -> StreamId:
    """The one stream in which an issuer's documents are anchored.

    It follows from the issuer's own identifier, so whoever checks knows whose stream a proof came
    from without asking; the council gives its writer's key to that issuer alone.
    """
    return StreamId(_tagged("issuer-stream", issuer))


def credential_type_id(identifier: str) -> CredentialTypeId:
    """The identifier of a doctype or `vct`."""
    return CredentialTypeId(_tagged("credential-type", identifier.encode()))


def purpose_id(code: str) -> PurposeId:
    """The identifier of a purpose by its published code."""
    return PurposeId(_tagged("purpose", code.encode()))


def claim_set_hash(claims: Iterable[str]) -> bytes:
    """The hash of a set of claim names, in any order and however often named."""
    return _tagged("claim-set", "\n".join(sorted(set(claims))).encode())


def _long_enough(seed: bytes) -> bytes:
    if len(seed) < 16:
        raise ValueError("an identifier needs at least 16 random bytes")
    return seed


def _tagged(kind: str, data: bytes) -> bytes:
    return hashlib.sha256(f"mrc:{kind}:1".encode() + b"\x00" + data).digest()
