"""Proof Key for Code Exchange, RFC 7636; method S256 only (`plain` is refused, RFC 9700 2.1.1)."""

import hashlib
import hmac
import re

from mrc.formats import base64url
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Entropy
from mrc.protocols.oauth.reasons import Reason

METHOD = "S256"
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}\Z")
_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}\Z")


def make_verifier(entropy: Entropy) -> str:
    """A fresh `code_verifier` of 256 bits (RFC 7636, 4.1)."""
    return base64url.encode(entropy.token(32))


def challenge_of(verifier: str) -> str:
    """The `code_challenge` of `verifier` (RFC 7636, 4.2)."""
    return base64url.encode(hashlib.sha256(verifier.encode("ascii")).digest())


def is_challenge(text: str) -> bool:
    return _CHALLENGE.match(text) is not None


def check_verifier(verifier: str, *, expected_challenge: str) -> None:
    """Raise `Rejected` unless `verifier` hashes to `expected_challenge` (RFC 7636, 4.6)."""
    if not _VERIFIER.match(verifier):
        raise Rejected(Reason.VERIFIER_MALFORMED, "RFC 7636 4.1")
    if not hmac.compare_digest(challenge_of(verifier), expected_challenge):
        raise Rejected(Reason.VERIFIER_MISMATCH, "RFC 7636 4.6")
