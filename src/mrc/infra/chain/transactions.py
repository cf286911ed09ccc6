"""Signed Ethereum transactions: legacy with replay protection (EIP-155) and dynamic fee (EIP-1559).

Access-list transactions (EIP-2930) and anything newer than London are refused: nobody needs them
here, and a Besu network at the London fork refuses them too.
"""

from dataclasses import dataclass

from mrc.kernel.errors import Malformed
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256, recover_address
from mrc.ledger.headers import Address
from mrc.ledger.recovery import ADDRESS_BYTES

MAX_TRANSACTION_BYTES = 131_072  # what Ethereum's nodes accept
DYNAMIC_FEE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A decoded transaction and its sender; `raw` is what came and what is hashed."""

    raw: bytes
    hash: bytes
    kind: int
    chain_id: int
    nonce: int
    max_fee: int
    max_priority_fee: int
    gas: int
    to: Address | None
    value: int
    data: bytes
    sender: Address
    signature: bytes


def decode_transaction(raw: bytes) -> Transaction:
    """The transaction that `raw` encodes. Raises `Malformed`; checks the signature only."""
    if len(raw) > MAX_TRANSACTION_BYTES:
        raise Malformed("transaction", "too long")
    if raw[:1] == bytes([DYNAMIC_FEE]):
        return _dynamic_fee(raw)
    return _legacy(raw)


def _dynamic_fee(raw: bytes) -> Transaction:
    fields = _fields(raw[1:], 12)
    if rlp.expect_list(fields[8], what="access list"):
        raise Malformed("transaction", "an access list is not supported")
    unsigned = keccak256(raw[:1] + rlp.encode(fields[:9]))
    return _transaction(
        raw,
        DYNAMIC_FEE,
        chain_id=_int(fields[0]),
        fields=[fields[1], fields[2], *fields[3:8]],
        digest=unsigned,
        signature=_signature(_int(fields[9]), fields[10], fields[11]),
    )


def _legacy(raw: bytes) -> Transaction:
    fields = _fields(raw, 9)
    v = _int(fields[6])
    if v < 37:
        raise Malformed("transaction", "no replay protection (EIP-155)")
    chain_id, parity = divmod(v - 35, 2)
    unsigned = rlp.encode([*fields[:6], rlp.encode_int(chain_id), b"", b""])
    return _transaction(
        raw,
        0,
        chain_id=chain_id,
        fields=[fields[0], fields[1], *fields[1:6]],
        digest=keccak256(unsigned),
        signature=_signature(parity, fields[7], fields[8]),
    )


def _transaction(
    raw: bytes, kind: int, *, chain_id: int, fields: list[rlp.Item], digest: bytes, signature: bytes
) -> Transaction:
    """`fields` are nonce, priority fee, fee, gas, to, value and data."""
    sender = recover_address(digest, signature)
    if sender is None:
        raise Malformed("transaction", "no key can have made this signature")
    to = rlp.expect_bytes(fields[4], what="transaction to")
    if len(to) not in (0, ADDRESS_BYTES):
        raise Malformed("transaction", "an address has 20 bytes")
    return Transaction(
        raw=raw,
        hash=keccak256(raw),
        kind=kind,
        chain_id=chain_id,
        nonce=_int(fields[0]),
        max_priority_fee=_int(fields[1]),
        max_fee=_int(fields[2]),
        gas=_int(fields[3]),
        to=Address(to) if to else None,
        value=_int(fields[5]),
        data=rlp.expect_bytes(fields[6], what="transaction data"),
        sender=Address(sender),
        signature=signature,
    )


def _fields(data: bytes, count: int) -> list[rlp.Item]:
    fields = rlp.expect_list(rlp.decode(data, max_bytes=MAX_TRANSACTION_BYTES), what="transaction")
    if len(fields) != count:
        raise Malformed("transaction", f"{len(fields)} fields, expected {count}")
    return fields


def _signature(parity: int, r: rlp.Item, s: rlp.Item) -> bytes:
    if parity > 1:
        raise Malformed("transaction", "signature parity")
    return _int(r).to_bytes(32) + _int(s).to_bytes(32) + bytes([parity])


def _int(item: rlp.Item) -> int:
    return rlp.expect_int(item, what="transaction field")
