"""Client Identifiers and their prefixes.

OpenID4VP 1.0, 5.9. We sign as `x509_hash` (HAIP 1.0, 5) or `x509_san_dns`, and understand an
unsigned `redirect_uri`. A client identifier without one of these prefixes is refused: this wallet
knows no pre-registered clients, and `origin` must never come in a request (5.9.3).
"""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from mrc.formats import base64url
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.openid4vp.reasons import Reason


class ClientIdPrefix(StrEnum):
    """The prefixes that we understand (5.9.3)."""

    X509_HASH = "x509_hash"
    X509_SAN_DNS = "x509_san_dns"
    REDIRECT_URI = "redirect_uri"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientId:
    """A client identifier: its prefix, and the identifier within that prefix."""

    prefix: ClientIdPrefix
    original: str

    def __str__(self) -> str:
        return f"{self.prefix}:{self.original}"


def decode_client_id(text: str) -> ClientId:
    """5.9.1: the prefix is what stands before the first colon. Raises `Rejected`."""
    prefix, colon, original = text.partition(":")
    if not colon or prefix not in set(ClientIdPrefix):
        raise Rejected(Reason.CLIENT_ID_PREFIX_NOT_SUPPORTED, "OpenID4VP 5.9")
    if not original:
        raise Malformed("client_id", "nothing behind the prefix")
    return ClientId(prefix=ClientIdPrefix(prefix), original=original)


def client_id_of_certificate(der: bytes) -> ClientId:
    """The `x509_hash` client identifier of a leaf certificate: base64url of its SHA-256."""
    digest = hashlib.sha256(der).digest()
    return ClientId(prefix=ClientIdPrefix.X509_HASH, original=base64url.encode(digest))


def is_hash_of(client_id: ClientId, der: bytes) -> bool:
    """Whether an `x509_hash` client identifier is that of the certificate `der`."""
    expected = client_id_of_certificate(der).original
    return hmac.compare_digest(expected.encode(), client_id.original.encode())
