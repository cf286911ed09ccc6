"""JSON Web Signature in the compact serialisation (RFC 7515), sans I/O.

Asymmetric algorithms only: `Algorithm` has no ``none`` and no HMAC, so neither can be asked for.
The algorithm comes from the caller, never from the message. Unencoded payloads (RFC 7797) and
every other critical extension are refused.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from mrc.formats import base64url, json_text
from mrc.formats.jose.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, OkpPublicKey, PublicKey, RsaPublicKey
from mrc.kernel.ports import InlineSigner, SignatureVerifier, Signer

MAX_JWS_CHARS = 2**20
"""Longest text decoded unless the caller says otherwise: a credential with a portrait is 60 kB."""

_MAX_KEPT_HEADER = 8192  # characters; bounds what strangers can leave in memory

_CURVES = {
    Algorithm.ES256: Curve.P256,
    Algorithm.ES384: Curve.P384,
    Algorithm.ES512: Curve.P521,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactJws:
    """A decoded JWS; nothing about it is checked. `signing_input` is the text that came."""

    header: Mapping[str, object]
    payload: bytes
    signature: bytes
    signing_input: bytes


def decode_compact(text: str, *, limit: int = MAX_JWS_CHARS) -> CompactJws:
    """Decode the three parts. RFC 7515, 5.2 steps 1 to 7. Raises `Malformed`."""
    if len(text) > limit:
        raise Malformed("JWS", f"longer than {limit} characters")
    signed, _, signature = text.rpartition(".")
    protected, dot, payload = signed.partition(".")
    if not dot or "." in payload:
        raise Malformed("JWS", "expected three parts")
    return CompactJws(
        header=_header(protected),
        payload=base64url.decode(payload),
        signature=base64url.decode(signature),
        signing_input=signed.encode("ascii"),
    )


def _header(protected: str) -> Mapping[str, object]:
    """The decoded header. An issuer's is the same in every message, certificates included."""
    if len(protected) > _MAX_KEPT_HEADER:
        return json_text.decode_object(base64url.decode(protected), "JWS header")
    return _kept_header(protected)


@lru_cache(maxsize=256)
def _kept_header(protected: str) -> Mapping[str, object]:
    decoded = json_text.decode_object(base64url.decode(protected), "JWS header")
    return MappingProxyType(decoded)


def check_signature(
    jws: CompactJws,
    *,
    key: PublicKey,
    expected_algorithms: Collection[Algorithm],
    verifier: SignatureVerifier,
) -> None:
    """Raise `Rejected` unless the signature holds under `key` by one of `expected_algorithms`.

    RFC 7515, 5.2 step 8. Does not judge whose key it is, the type or the claims.
    """
    if "crit" in jws.header:
        raise Rejected(Reason.CRITICAL_NOT_UNDERSTOOD, "RFC 7515 4.1.11")
    algorithm = _algorithm(jws.header.get("alg"), expected_algorithms)
    if not _fits(key, algorithm):
        raise Rejected(Reason.KEY_DOES_NOT_FIT, "RFC 7518 3.1", f"algorithm {algorithm}")
    if not verifier.holds(key, algorithm, jws.signing_input, jws.signature):
        raise Rejected(Reason.SIGNATURE_INVALID, "RFC 7515 5.2")


def check_type(header: Mapping[str, object], *, expected: str) -> None:
    """Raise `Rejected` unless ``typ`` is `expected`. RFC 8725, 3.11; RFC 7515, 4.1.9.

    The check keeps a token made for one purpose from being used for another.
    """
    value = header.get("typ")
    if not isinstance(value, str) or value.lower().removeprefix("application/") != expected:
        raise Rejected(Reason.TYPE_NOT_EXPECTED, "RFC 8725 3.11", f"expected {expected}")


def signing_input(header: Mapping[str, object], payload: bytes) -> bytes:
    """RFC 7515, 5.1 step 5."""
    protected = base64url.encode(json_text.encode(dict(header)))
    return f"{protected}.{base64url.encode(payload)}".encode("ascii")


def assemble(signing_input: bytes, signature: bytes) -> str:
    return f"{signing_input.decode('ascii')}.{base64url.encode(signature)}"


async def sign(header: Mapping[str, object], payload: bytes, signer: Signer) -> str:
    """The compact JWS; ``alg`` is put in front of `header`."""
    message = signing_input(_with_algorithm(header, signer.algorithm), payload)
    return assemble(message, await signer.sign(message))


def sign_now(header: Mapping[str, object], payload: bytes, signer: InlineSigner) -> str:
    """As `sign`, without a task switch."""
    message = signing_input(_with_algorithm(header, signer.algorithm), payload)
    return assemble(message, signer.sign_now(message))


def _with_algorithm(header: Mapping[str, object], algorithm: Algorithm) -> dict[str, object]:
    if header.get("alg", algorithm.value) != algorithm.value:
        raise ValueError("the header names another algorithm than the signer's")
    return {"alg": algorithm.value, **header}


def _algorithm(value: object, expected: Collection[Algorithm]) -> Algorithm:
    for algorithm in expected:
        if value == algorithm.value:
            return algorithm
    names = ", ".join(algorithm.value for algorithm in expected)
    raise Rejected(Reason.ALGORITHM_NOT_EXPECTED, "RFC 8725 3.1", f"expected {names}")


def _fits(key: PublicKey, algorithm: Algorithm) -> bool:
    match algorithm:
        case Algorithm.ES256 | Algorithm.ES384 | Algorithm.ES512:
            return isinstance(key, EcPublicKey) and key.curve is _CURVES[algorithm]
        case Algorithm.EDDSA:
            return isinstance(key, OkpPublicKey)
        case Algorithm.RS256 | Algorithm.PS256:
            return isinstance(key, RsaPublicKey)
