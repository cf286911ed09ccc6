"""Status list tokens as JWT (Token Status List, section 5.1), sans I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mrc.formats import base64url
from mrc.formats.jose import jws, jwt
from mrc.formats.jose.x5c import encode_x5c, find_x5c
from mrc.formats.status_list.token import StatusClaims, TrustedStatusList, trust_claims
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.kernel.ports import SignatureVerifier

TYPE = "statuslist+jwt"
MEDIA_TYPE = f"application/{TYPE}"
MAX_TOKEN_CHARS = 32 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedStatusJwt:
    """What will be signed. `finish` with the signature over `to_be_signed`."""

    to_be_signed: bytes

    def finish(self, signature: bytes) -> str:
        return jws.assemble(self.to_be_signed, signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusJwt:
    """A decoded token; nothing about it is checked."""

    jws: jws.CompactJws
    claims: StatusClaims

    @property
    def x5c(self) -> list[bytes] | None:
        """The signer's certificates, leaf first. Raises `Malformed`."""
        return find_x5c(self.jws.header)


def prepare_jwt(
    claims: StatusClaims, *, algorithm: Algorithm, x5c: Sequence[bytes] = ()
) -> PreparedStatusJwt:
    """The token of `claims`; HAIP 6.1 demands `x5c`."""
    header: dict[str, object] = {"alg": algorithm.value, "typ": TYPE}
    if x5c:
        header["x5c"] = encode_x5c(x5c)
    payload = jwt.encode_claims(_encode(claims))
    return PreparedStatusJwt(to_be_signed=jws.signing_input(header, payload))


def decode_jwt(text: str) -> StatusJwt:
    """Raises `Malformed`. Unknown claims are ignored."""
    decoded = jws.decode_compact(text, limit=MAX_TOKEN_CHARS)
    return StatusJwt(jws=decoded, claims=_decode(jwt.decode_claims(decoded)))


def check_jwt(
    token: StatusJwt,
    *,
    key: PublicKey,
    expected_algorithms: Collection[Algorithm],
    expected_uri: str,
    at: datetime,
    verifier: SignatureVerifier,
) -> TrustedStatusList:
    """Section 8.3, steps 3 to 5. Raises `Rejected` and `Malformed`.

    Whose `key` it is was decided before (`find_x5c` and a chain check with the status purpose).
    """
    jws.check_type(token.jws.header, expected=TYPE)
    jws.check_signature(
        token.jws, key=key, expected_algorithms=expected_algorithms, verifier=verifier
    )
    return trust_claims(token.claims, expected_uri=expected_uri, at=at)


def _encode(claims: StatusClaims) -> dict[str, object]:
    status_list: dict[str, object] = {
        "bits": claims.bits,
        "lst": base64url.encode(claims.compressed),
    }
    if claims.aggregation_uri is not None:
        status_list["aggregation_uri"] = claims.aggregation_uri
    encoded: dict[str, object] = {"sub": claims.uri, "iat": jwt.encode_time(claims.issued_at)}
    if claims.expires_at is not None:
        encoded["exp"] = jwt.encode_time(claims.expires_at)
    if claims.ttl is not None:
        encoded["ttl"] = int(claims.ttl.total_seconds())
    return encoded | {"status_list": status_list}


def _decode(claims: Mapping[str, object]) -> StatusClaims:
    status_list = claims.get("status_list")
    if not isinstance(status_list, Mapping):
        raise Malformed("status list token", "status_list is missing or not an object")
    bits, lst = status_list.get("bits"), status_list.get("lst")
    if not isinstance(bits, int) or isinstance(bits, bool) or not isinstance(lst, str):
        raise Malformed("status list token", "expected an integer bits and a text lst")
    return StatusClaims(
        uri=jwt.get_text(claims, "sub"),
        issued_at=jwt.get_time(claims, "iat"),
        expires_at=jwt.find_time(claims, "exp"),
        ttl=decode_ttl(claims.get("ttl")),
        bits=bits,
        compressed=base64url.decode(lst),
        aggregation_uri=jwt.find_text(status_list, "aggregation_uri"),
    )


def decode_ttl(value: object) -> timedelta | None:
    """The time to live: a positive number of seconds, None where absent. Raises `Malformed`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise Malformed("status list token", "ttl must be a positive number")
    try:
        return timedelta(seconds=value)
    except OverflowError as error:
        raise Malformed("status list token", "ttl out of range") from error
