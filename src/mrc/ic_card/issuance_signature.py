"""What the issuance key IK signs (IC-CARD 5.4): chip and server build the same bytes.

The prefix keeps IK and Active Authentication apart: an AA answer is over eight bare bytes and can
never be taken for one of these.
"""

from dataclasses import dataclass

from mrc.kernel.errors import Malformed

CONTEXT_BYTES, COUNTER_BYTES, SIGNATURE_BYTES = 32, 4, 64
_PREFIX = b"mobile residence card: issuance by IC card, version 1\x00"
_PIN_SESSION = b"PIN session"


def signed_message(context: bytes, counter: int) -> bytes:
    """Hashed with SHA-256 and signed by IK."""
    return _PREFIX + context + counter.to_bytes(COUNTER_BYTES) + _PIN_SESSION


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceSignature:
    """The chip's answer to INTERNAL AUTHENTICATE in the issuance application."""

    counter: int
    signature: bytes

    def encode(self) -> bytes:
        return self.counter.to_bytes(COUNTER_BYTES) + self.signature


def decode_issuance_signature(data: bytes) -> IssuanceSignature:
    if len(data) != COUNTER_BYTES + SIGNATURE_BYTES:
        raise Malformed("issuance signature", "counter and r||s expected")
    return IssuanceSignature(
        counter=int.from_bytes(data[:COUNTER_BYTES]), signature=data[COUNTER_BYTES:]
    )
