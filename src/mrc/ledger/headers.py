"""Block headers of a QBFT chain, and whether enough trusted validators sealed one.

QBFT, as Hyperledger Besu writes it: `extraData` is the RLP list of 32 vanity
bytes, validators, vote, round and commit seals. The block hash covers the header with round 0
and no seals; each seal signs the header with its real round and no seals. The embedded chain
writes the same shape with one validator. Proof of authority only: nothing here replays a chain.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType

from mrc.kernel.errors import Malformed, Rejected
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256, recover_address
from mrc.ledger.reasons import Reason
from mrc.ledger.recovery import ADDRESS_BYTES, SIGNATURE_BYTES
from mrc.ledger.trie import Root

Address = NewType("Address", bytes)
QBFT = "QBFT (Besu)"
VANITY_BYTES = 32
MAX_VALIDATORS = 64
MIN_FIELDS = 16  # up to London; later forks append fields
MAX_FIELDS = 21
_STATE_ROOT, _NUMBER, _TIMESTAMP, _EXTRA = 3, 8, 11, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraData:
    """The five parts of `extraData`; `vote` is kept as it came."""

    vanity: bytes
    validators: tuple[Address, ...]
    vote: rlp.Item
    round: int
    seals: tuple[bytes, ...]

    def encode(self) -> bytes:
        return self._encode(self.round, list(self.seals))

    def encode_for_seal(self) -> bytes:
        return self._encode(self.round, [])

    def encode_for_hash(self) -> bytes:
        return self._encode(0, [])

    def _encode(self, round_number: int, seals: list[rlp.Item]) -> bytes:
        validators: list[rlp.Item] = list(self.validators)
        return rlp.encode([self.vanity, validators, self.vote, rlp.encode_int(round_number), seals])


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A decoded header: its fields as they came, and what a proof needs of them."""

    fields: tuple[rlp.Item, ...]
    state_root: Root
    number: int
    timestamp: datetime
    extra: ExtraData

    @property
    def block_hash(self) -> bytes:
        return keccak256(self._with_extra(self.extra.encode_for_hash()))

    @property
    def seal_hash(self) -> bytes:
        """What each commit seal signs."""
        return keccak256(self._with_extra(self.extra.encode_for_seal()))

    def encode(self) -> bytes:
        return self._with_extra(self.extra.encode())

    def _with_extra(self, extra: bytes) -> bytes:
        return rlp.encode([*self.fields[:_EXTRA], extra, *self.fields[_EXTRA + 1 :]])


SealedHeader = NewType("SealedHeader", Header)  # made only by check_seals


def decode_header(data: bytes) -> Header:
    """The header that `data` encodes. Raises `Malformed`; says nothing about seals."""
    fields = rlp.decode_list(data, what="header")
    if not MIN_FIELDS <= len(fields) <= MAX_FIELDS:
        raise Malformed("header", f"{len(fields)} fields")
    seconds = rlp.expect_int(fields[_TIMESTAMP], what="block time", max_bytes=4)
    return Header(
        fields=tuple(fields),
        state_root=Root(rlp.expect_bytes(fields[_STATE_ROOT], what="state root", size=32)),
        number=rlp.expect_int(fields[_NUMBER], what="block number", max_bytes=8),
        timestamp=datetime.fromtimestamp(seconds, UTC),
        extra=decode_extra(rlp.expect_bytes(fields[_EXTRA], what="extra data")),
    )


def decode_extra(data: bytes) -> ExtraData:
    """The parts of a QBFT header's `extraData`."""
    parts = rlp.decode_list(data, what="extra data")
    if len(parts) != 5:
        raise Malformed("extra data", f"{len(parts)} parts, expected 5")
    validators = rlp.expect_list(parts[1], what="validators")
    seals = rlp.expect_list(parts[4], what="seals")
    if len(validators) > MAX_VALIDATORS or len(seals) > MAX_VALIDATORS:
        raise Malformed("extra data", f"more than {MAX_VALIDATORS} validators or seals")
    return ExtraData(
        vanity=rlp.expect_bytes(parts[0], what="vanity", size=VANITY_BYTES),
        validators=tuple(
            Address(rlp.expect_bytes(item, what="validator", size=ADDRESS_BYTES))
            for item in validators
        ),
        vote=rlp.expect_list(parts[2], what="vote"),
        round=rlp.expect_int(parts[3], what="round", max_bytes=4),
        seals=tuple(rlp.expect_bytes(item, what="seal", size=SIGNATURE_BYTES) for item in seals),
    )


def quorum(validators: int) -> int:
    """How many distinct seals make a block final: two thirds, rounded up."""
    return -(-2 * validators // 3)


def check_seals(header: Header, *, trusted_validators: frozenset[Address]) -> SealedHeader:
    """The header, once enough distinct trusted validators sealed it. Raises `Rejected`.

    1. The validators it states are the trusted ones, each once: a chain names its own set.
    2. Every seal is a trusted validator's.
    3. No validator sealed twice.
    4. At least ceil(2N/3) sealed.
    """
    stated = header.extra.validators
    if len(set(stated)) != len(stated) or frozenset(stated) != trusted_validators or not stated:
        raise Rejected(Reason.OTHER_VALIDATORS, QBFT)
    digest = header.seal_hash
    sealers: set[bytes] = set()
    for seal in header.extra.seals:
        sealer = recover_address(digest, seal)
        if sealer is None:
            raise Rejected(Reason.INVALID_SEAL, QBFT)
        if sealer not in trusted_validators:
            raise Rejected(Reason.UNKNOWN_SEALER, QBFT)
        if sealer in sealers:
            raise Rejected(Reason.REPEATED_SEALER, QBFT)
        sealers.add(sealer)
    needed = quorum(len(trusted_validators))
    if len(sealers) < needed:
        raise Rejected(Reason.TOO_FEW_SEALS, QBFT, f"{len(sealers)} of {needed}")
    return SealedHeader(header)


def check_freshness(
    header: SealedHeader, *, at: datetime, max_age: timedelta, max_ahead: timedelta
) -> None:
    """Raise `Rejected` unless the header's time lies within `max_age` before `at`.

    Without this rule an old state proves anything. `max_ahead` allows for clocks that differ.
    """
    if header.timestamp < at - max_age:
        raise Rejected(Reason.STALE_HEADER, QBFT, f"sealed {header.timestamp.isoformat()}")
    if header.timestamp > at + max_ahead:
        raise Rejected(Reason.FUTURE_HEADER, QBFT, f"sealed {header.timestamp.isoformat()}")
