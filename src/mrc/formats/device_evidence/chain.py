"""Whether a phone's certificates lead to a root that its maker keeps.

RFC 5280, 6.1, with less than `formats/x509/chain` asks: phones' chains have up to six
certificates, RSA and EC keys mixed, no names worth comparing with ours and no revocation lists, but
a list of serial numbers (`revocation`). Two things matter more than elsewhere: a key in a phone
can sign whatever its owner likes, so every issuer must be a CA; and roots are trusted by key,
because makers issue the same root key again with later dates.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from mrc.formats.device_evidence.reasons import Reason
from mrc.formats.x509.algorithms import raw_signature
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.kernel.curves import ecdsa_holds
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey
from mrc.kernel.ports import SignatureVerifier

MAX_CHAIN = 6  # certificates; remotely provisioned Android keys come with five
CLAUSE = "RFC 5280 6.1"

_HASHES = {
    Algorithm.ES256: hashlib.sha256,
    Algorithm.ES384: hashlib.sha384,
    Algorithm.ES512: hashlib.sha512,
}
_OWN_HASH = {
    Curve.P256: Algorithm.ES256,
    Curve.P384: Algorithm.ES384,
    Curve.P521: Algorithm.ES512,
}

TrustedPath = NewType("TrustedPath", tuple[Certificate, ...])
"""Leaf first, the configured root last. Made only by `check_device_chain`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTrust:
    """The roots of one maker, and the serial numbers that the maker takes back."""

    roots: tuple[Certificate, ...]
    verifier: SignatureVerifier = field(repr=False)
    revoked_serials: frozenset[int] = frozenset()


def check_device_chain(chain: Sequence[bytes], *, trust: DeviceTrust, at: datetime) -> TrustedPath:
    """The certificates of `chain`, DER and leaf first. Raises `Malformed` and `Rejected`.

    1. Each is signed by the next, the last by a root. 2. Each issuer is a CA that may stand there.
    3. Each, the root too, is valid at `at`. 4. None is taken back.
    """
    if not 1 <= len(chain) <= MAX_CHAIN:
        raise Rejected(Reason.CHAIN_LENGTH, CLAUSE, f"1 to {MAX_CHAIN} certificates")
    path = _without_root([decode_certificate(der) for der in chain], trust.roots)
    root = _find_root(path[-1], trust)  # 1
    full = (*path, root)
    for below, (subject, issuer) in enumerate(zip(full, full[1:], strict=False)):
        if issuer is not root and not _signed(subject, issuer, trust.verifier):  # 1
            raise Rejected(Reason.ISSUER_SIGNATURE, CLAUSE)
        _check_issuer(issuer, below)  # 2
    for certificate in full:
        _check_one(certificate, trust, at)  # 3, 4
    return TrustedPath(full)


def _without_root(
    chain: list[Certificate], roots: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    """Without a root at the end: phones send it, and the configured one is what counts."""
    last = chain[-1]
    if last.self_issued and any(last.public_key == root.public_key for root in roots):
        chain = chain[:-1]
    if not chain:
        raise Rejected(Reason.CHAIN_LENGTH, CLAUSE, "nothing but a root")
    return tuple(chain)


def _find_root(last: Certificate, trust: DeviceTrust) -> Certificate:
    for root in trust.roots:
        if _signed(last, root, trust.verifier):
            return root
    raise Rejected(Reason.ROOT_UNKNOWN, CLAUSE)


def _signed(subject: Certificate, issuer: Certificate, verifier: SignatureVerifier) -> bool:
    key, algorithm = issuer.public_key, subject.signature_algorithm
    if subject.issuer.key != issuer.subject.key or key is None or algorithm is None:
        return False
    try:
        raw = raw_signature(subject.signature, key)
    except Malformed:
        return False
    if isinstance(key, EcPublicKey) and _OWN_HASH.get(key.curve) is not algorithm:
        return _other_hash_holds(key, algorithm, subject.to_be_signed, raw)
    return verifier.holds(key, algorithm, subject.to_be_signed, raw)


def _other_hash_holds(
    key: EcPublicKey, algorithm: Algorithm, message: bytes, signature: bytes
) -> bool:
    """ECDSA with a hash that is not the curve's own: makers sign SHA-256 with P-384 keys.

    JOSE's algorithms, which `SignatureVerifier` speaks, have no name for it.
    """
    hashed = _HASHES.get(algorithm)
    if hashed is None or key.curve not in _OWN_HASH:
        return False
    point = (int.from_bytes(key.x), int.from_bytes(key.y))
    return ecdsa_holds(key.curve.parameters, point, hashed(message).digest(), signature)


def _check_issuer(issuer: Certificate, below: int) -> None:
    """`below`: how many CA certificates stand between this one and the leaf.

    An attested key of the phone's owner signs anything; only this stops it from being an issuer.
    """
    if not issuer.is_ca or (issuer.key_usage and "key_cert_sign" not in issuer.key_usage):
        raise Rejected(Reason.NOT_A_CA, CLAUSE)
    if issuer.path_length is not None and issuer.path_length < below:
        raise Rejected(Reason.PATH_LENGTH, CLAUSE, f"at most {issuer.path_length} below")


def _check_one(certificate: Certificate, trust: DeviceTrust, at: datetime) -> None:
    if at < certificate.not_before:
        raise Rejected(Reason.NOT_YET_VALID, CLAUSE, f"{certificate.not_before:%Y-%m-%d}")
    if at > certificate.not_after:
        raise Rejected(Reason.EXPIRED, CLAUSE, f"{certificate.not_after:%Y-%m-%d}")
    if certificate.serial in trust.revoked_serials:
        raise Rejected(Reason.REVOKED, CLAUSE, f"serial {certificate.serial:x}")
