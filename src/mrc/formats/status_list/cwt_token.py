"""Status list tokens as CWT (Token Status List, section 5.2; RFC 8392), sans I/O.

Made with COSE_Sign1's tag 18 as draft 15 and later demand, read with and without it: draft 14,
which HAIP 1.0 pins, shows none. The CWT tag 61 is refused, and so are MACs. The certificates stand
in the protected header (ISO/IEC 18013-5 second edition, 12.3.6) and are read from either.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mrc.formats import cbor
from mrc.formats.cose.headers import ALG, ALGORITHM_NUMBERS, TYP, X5CHAIN, encode_x5chain
from mrc.formats.cose.sign1 import (
    PreparedSign1,
    Sign1,
    check_sign1,
    encode_sign1,
    prepare_sign1,
    read_sign1,
)
from mrc.formats.status_list.jwt_token import decode_ttl
from mrc.formats.status_list.reasons import Reason
from mrc.formats.status_list.token import StatusClaims, TrustedStatusList, trust_claims
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.kernel.ports import SignatureVerifier

MEDIA_TYPE = "application/statuslist+cwt"
MAX_TOKEN_BYTES = 16 * 2**20

_SUB, _EXP, _IAT, _STATUS_LIST, _TTL = 2, 4, 6, 65533, 65534
_WHAT = "status list token"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedStatusCwt:
    """What will be signed. `finish` with the signature over `to_be_signed`."""

    sign1: PreparedSign1 = field(repr=False)

    @property
    def to_be_signed(self) -> bytes:
        return self.sign1.to_be_signed

    def finish(self, signature: bytes) -> bytes:
        return encode_sign1(self.sign1.finish(signature), tagged=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCwt:
    """A decoded token; nothing about it is checked."""

    sign1: Sign1 = field(repr=False)
    claims: StatusClaims

    @property
    def x5chain(self) -> tuple[bytes, ...]:
        """The signer's certificates, leaf first. Raises `Malformed`."""
        return self.sign1.x5chain


def prepare_cwt(
    claims: StatusClaims, *, algorithm: Algorithm, x5chain: Sequence[bytes] = ()
) -> PreparedStatusCwt:
    protected: dict[int, object] = {ALG: ALGORITHM_NUMBERS[algorithm], TYP: MEDIA_TYPE}
    if x5chain:
        protected[X5CHAIN] = encode_x5chain(tuple(x5chain))
    payload = cbor.encode(_encode(claims))
    return PreparedStatusCwt(sign1=prepare_sign1(payload, protected=protected, unprotected={}))


def decode_cwt(data: bytes) -> StatusCwt:
    """Raises `Malformed`. Unknown claims are ignored."""
    sign1 = read_sign1(cbor.decode(data, what=_WHAT, max_size=MAX_TOKEN_BYTES))
    if sign1.payload is None:
        raise Malformed(_WHAT, "the payload is detached")
    claims = cbor.decode_as(dict, sign1.payload, what=_WHAT, max_size=MAX_TOKEN_BYTES)
    return StatusCwt(sign1=sign1, claims=_decode(claims))


def check_cwt(
    token: StatusCwt,
    *,
    key: PublicKey,
    expected_algorithms: Collection[Algorithm],
    expected_uri: str,
    at: datetime,
    verifier: SignatureVerifier,
) -> TrustedStatusList:
    """Section 8.3, steps 3 to 5. Raises `Rejected` and `Malformed`.

    Whose `key` it is was decided before (`x5chain` and a chain check with the status purpose).
    """
    typ = token.sign1.protected_header.get(TYP)
    if not isinstance(typ, str) or typ.lower() != MEDIA_TYPE:
        raise Rejected(Reason.TYPE_NOT_EXPECTED, "TSL 5.2")
    check_sign1(token.sign1, key=key, expected_algorithms=expected_algorithms, verifier=verifier)
    return trust_claims(token.claims, expected_uri=expected_uri, at=at)


def _encode(claims: StatusClaims) -> dict[int, object]:
    status_list: dict[str, object] = {"bits": claims.bits, "lst": claims.compressed}
    if claims.aggregation_uri is not None:
        status_list["aggregation_uri"] = claims.aggregation_uri
    encoded: dict[int, object] = {_SUB: claims.uri}
    if claims.expires_at is not None:
        encoded[_EXP] = int(claims.expires_at.timestamp())
    encoded[_IAT] = int(claims.issued_at.timestamp())
    encoded[_STATUS_LIST] = status_list
    if claims.ttl is not None:
        encoded[_TTL] = int(claims.ttl.total_seconds())
    return encoded


def _decode(claims: dict[object, object]) -> StatusClaims:
    status_list = cbor.member(dict, claims, _STATUS_LIST, _WHAT)
    aggregation = status_list.get("aggregation_uri")
    if not isinstance(aggregation, str | None):
        raise Malformed(_WHAT, "aggregation_uri is not a text")
    issued_at = _find_time(claims, _IAT)
    if issued_at is None:
        raise Malformed(_WHAT, "iat is missing")
    ttl = claims.get(_TTL)
    if not isinstance(ttl, int | None):
        raise Malformed(_WHAT, "ttl is not an integer")
    return StatusClaims(
        uri=cbor.member(str, claims, _SUB, _WHAT),
        issued_at=issued_at,
        expires_at=_find_time(claims, _EXP),
        ttl=decode_ttl(ttl),
        bits=cbor.member(int, status_list, "bits", _WHAT),
        compressed=cbor.member(bytes, status_list, "lst", _WHAT),
        aggregation_uri=aggregation,
    )


def _find_time(claims: Mapping[object, object], label: int) -> datetime | None:
    """A NumericDate without tag (RFC 8392, 2), None where absent."""
    if label not in claims:
        return None
    value = claims[label]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed(_WHAT, f"claim {label} is not a number of seconds")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed(_WHAT, f"claim {label} is out of range") from error
