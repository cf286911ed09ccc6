"""COSE_Sign1 (RFC 9052, 4.2): what is signed, reading, checking, making."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mrc.formats import cbor
from mrc.formats.cose.headers import (
    ALG,
    ALGORITHMS,
    CRIT,
    Header,
    decode_headers,
    encode_protected,
    in_structure,
    x5chain,
)
from mrc.formats.cose.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.kernel.ports import SignatureVerifier

TAG = 18
_CLAUSE = "RFC 9052 4.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign1:
    """`protected` as received, `protected_header` what it says; `payload` None where detached."""

    protected: bytes
    protected_header: Header
    unprotected: Header
    payload: bytes | None
    signature: bytes

    @property
    def x5chain(self) -> tuple[bytes, ...]:
        """The certificates of label 33, leaf first. Raises `Malformed`."""
        return x5chain(self.protected_header, self.unprotected)

    @property
    def value(self) -> list[object]:
        """The untagged array, to stand inside another structure."""
        return [self.protected, self.unprotected, self.payload, self.signature]


def decode_sign1(data: bytes) -> Sign1:
    """Tagged with 18 or untagged. Raises `Malformed`."""
    return read_sign1(cbor.decode(data, what="COSE_Sign1"))


def read_sign1(value: object) -> Sign1:
    """From an already decoded item."""
    if isinstance(value, cbor.Tag) and value.number == TAG:
        value = value.value
    parts = cbor.expect(list, value, "COSE_Sign1")
    if len(parts) != 4:
        raise Malformed("COSE_Sign1", f"expected 4 entries, got {len(parts)}")
    protected, said, unprotected = decode_headers(parts[0], parts[1], "COSE_Sign1")
    payload = parts[2]
    return Sign1(
        protected=protected,
        protected_header=said,
        unprotected=unprotected,
        payload=payload if payload is None else cbor.expect(bytes, payload, "COSE_Sign1 payload"),
        signature=cbor.expect(bytes, parts[3], "COSE_Sign1 signature"),
    )


def encode_sign1(sign1: Sign1, *, tagged: bool) -> bytes:
    return cbor.encode(cbor.Tag(TAG, sign1.value) if tagged else sign1.value)


def to_be_signed(protected: bytes, payload: bytes, external_aad: bytes = b"") -> bytes:
    """Sig_structure for one signature. `protected` as it stands in the structure."""
    return b"".join(
        (
            b"\x84\x6aSignature1",
            cbor.head(2, len(protected)),
            protected,
            cbor.head(2, len(external_aad)),
            external_aad,
            cbor.head(2, len(payload)),
            payload,
        )
    )


def check_sign1(
    sign1: Sign1,
    *,
    key: PublicKey,
    expected_algorithms: Collection[Algorithm],
    verifier: SignatureVerifier,
    detached_payload: bytes | None = None,
    external_aad: bytes = b"",
) -> None:
    """Raise `Rejected` unless `key` signed this message with an expected algorithm.

    The algorithm must be protected. `detached_payload` is given exactly where the message must
    carry none.
    """
    if CRIT in sign1.protected_header:
        raise Rejected(Reason.CRITICAL_HEADER, "RFC 9052 3.1")
    algorithm = check_algorithm(sign1.protected_header, expected_algorithms)
    payload = sign1.payload if detached_payload is None else detached_payload
    if payload is None or (detached_payload is not None and sign1.payload is not None):
        wanted = "attached" if detached_payload is None else "detached"
        raise Rejected(Reason.PAYLOAD, _CLAUSE, f"expected it {wanted}")
    protected = in_structure(sign1.protected, sign1.protected_header)
    message = to_be_signed(protected, payload, external_aad)
    if not verifier.holds(key, algorithm, message, sign1.signature):
        raise Rejected(Reason.SIGNATURE, _CLAUSE)


def check_algorithm(protected: Header, expected: Collection[Algorithm]) -> Algorithm:
    """The algorithm that the protected header names, if it is expected."""
    number = protected.get(ALG)
    algorithm = ALGORITHMS.get(number) if type(number) is int else None
    if algorithm is None or algorithm not in expected:
        raise Rejected(Reason.ALGORITHM, "RFC 9052 3.1", f"got {number!r}"[:80])
    return algorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSign1:
    """A COSE_Sign1 but for its signature (r||s over `to_be_signed`)."""

    protected: bytes
    protected_header: Header
    unprotected: Header
    payload: bytes | None
    to_be_signed: bytes

    def finish(self, signature: bytes) -> Sign1:
        return Sign1(
            protected=self.protected,
            protected_header=self.protected_header,
            unprotected=self.unprotected,
            payload=self.payload,
            signature=signature,
        )


def prepare_sign1(
    payload: bytes,
    *,
    protected: Mapping[int, object],
    unprotected: Mapping[int, object],
    detached: bool = False,
) -> PreparedSign1:
    """What is to be signed for `payload` under these headers, without external data."""
    received = encode_protected(protected)
    return PreparedSign1(
        protected=received,
        protected_header=dict(protected.items()),
        unprotected=dict(unprotected.items()),
        payload=None if detached else payload,
        to_be_signed=to_be_signed(received, payload),
    )
