"""COSE_Mac0 (RFC 9052, 6.2) with HMAC 256/256, the only one that ISO/IEC 18013-5 has."""

import hashlib
import hmac
from dataclasses import dataclass

from mrc.formats import cbor
from mrc.formats.cose.headers import (
    ALG,
    CRIT,
    HMAC_256_256,
    Header,
    decode_headers,
    encode_protected,
    in_structure,
)
from mrc.formats.cose.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

TAG = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac0:
    """As `Sign1`, with a tag in the signature's place."""

    protected: bytes
    protected_header: Header
    unprotected: Header
    payload: bytes | None
    tag: bytes

    @property
    def value(self) -> list[object]:
        return [self.protected, self.unprotected, self.payload, self.tag]


def decode_mac0(data: bytes) -> Mac0:
    """Tagged with 17 or untagged. Raises `Malformed`."""
    return read_mac0(cbor.decode(data, what="COSE_Mac0"))


def read_mac0(value: object) -> Mac0:
    """From an already decoded item."""
    if isinstance(value, cbor.Tag) and value.number == TAG:
        value = value.value
    parts = cbor.expect(list, value, "COSE_Mac0")
    if len(parts) != 4:
        raise Malformed("COSE_Mac0", f"expected 4 entries, got {len(parts)}")
    protected, said, unprotected = decode_headers(parts[0], parts[1], "COSE_Mac0")
    payload = parts[2]
    return Mac0(
        protected=protected,
        protected_header=said,
        unprotected=unprotected,
        payload=payload if payload is None else cbor.expect(bytes, payload, "COSE_Mac0 payload"),
        tag=cbor.expect(bytes, parts[3], "COSE_Mac0 tag"),
    )


def to_be_maced(protected: bytes, payload: bytes, external_aad: bytes = b"") -> bytes:
    """MAC_structure (RFC 9052, 6.3)."""
    return cbor.encode(["MAC0", protected, external_aad, payload])


def check_mac0(
    mac0: Mac0, *, key: bytes, detached_payload: bytes | None = None, external_aad: bytes = b""
) -> None:
    """Raise `Rejected` unless the tag is HMAC 256/256 of this message under `key`."""
    if CRIT in mac0.protected_header:
        raise Rejected(Reason.CRITICAL_HEADER, "RFC 9052 3.1")
    if mac0.protected_header.get(ALG) != HMAC_256_256:
        raise Rejected(Reason.ALGORITHM, "RFC 9053 3.1")
    payload = mac0.payload if detached_payload is None else detached_payload
    if payload is None or (detached_payload is not None and mac0.payload is not None):
        wanted = "attached" if detached_payload is None else "detached"
        raise Rejected(Reason.PAYLOAD, "RFC 9052 6.3", f"expected it {wanted}")
    protected = in_structure(mac0.protected, mac0.protected_header)
    expected = hmac.digest(key, to_be_maced(protected, payload, external_aad), hashlib.sha256)
    if not hmac.compare_digest(expected, mac0.tag):
        raise Rejected(Reason.MAC, "RFC 9052 6.3")


def make_mac0(payload: bytes, *, key: bytes, detached: bool) -> Mac0:
    """HMAC 256/256 over `payload`, nothing unprotected."""
    header: Header = {ALG: HMAC_256_256}
    protected = encode_protected({ALG: HMAC_256_256})
    return Mac0(
        protected=protected,
        protected_header=header,
        unprotected={},
        payload=None if detached else payload,
        tag=hmac.digest(key, to_be_maced(protected, payload), hashlib.sha256),
    )
