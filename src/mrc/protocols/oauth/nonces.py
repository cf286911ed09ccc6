"""Nonces that a server can recognise without having stored them.

A nonce is time and randomness under an HMAC: `DPoP-Nonce` (RFC 9449, 8), `c_nonce` (OpenID4VCI
7) and the attestation challenge (draft-ietf-oauth-attestation-based-client-auth-10, 6) are minted
so. Minting writes nothing; using one is claimed in the server's store by `digest`.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mrc.formats import base64url
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Entropy
from mrc.protocols.oauth.reasons import Reason

_TIME, _RANDOM, _MAC = 5, 11, 16  # bytes; 32 together: 128 bits of MAC, 88 bits against collision
SECRET_BYTES = 32


class NoncePurpose(StrEnum):
    """Enters the MAC, so that a nonce of one purpose never serves another."""

    DPOP = "dpop"
    CREDENTIAL = "c_nonce"
    ATTESTATION = "attestation_challenge"
    CHIP = "chip_challenge"
    WALLET_PROVIDER = "wallet_provider_challenge"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNonce:
    """A nonce that this server minted and that has not run out; made only by `NonceMint.check`."""

    digest: bytes
    expires_at: datetime


class NonceMint:
    """Mints and recognises nonces of one purpose under one secret shared by all processes."""

    __slots__ = ("_lifetime", "_purpose", "_secret")

    def __init__(self, secret: bytes, purpose: NoncePurpose, lifetime: timedelta) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the nonce secret needs {SECRET_BYTES} bytes")
        self._secret = hmac.digest(secret, b"mrc nonce " + purpose.value.encode(), "sha256")
        self._purpose = purpose
        self._lifetime = lifetime

    def __repr__(self) -> str:
        return f"NonceMint({self._purpose})"

    def mint(self, *, now: datetime, entropy: Entropy) -> str:
        body = int(now.timestamp()).to_bytes(_TIME) + entropy.token(_RANDOM)
        return base64url.encode(body + hmac.digest(self._secret, body, "sha256")[:_MAC])

    def check(self, nonce: str, *, at: datetime) -> KnownNonce:
        """Raise `Rejected` unless this mint made `nonce` and its lifetime has not run out."""
        try:
            raw = base64url.decode(nonce)
        except Malformed:
            raw = b""
        body, mac = raw[: _TIME + _RANDOM], raw[_TIME + _RANDOM :]
        if len(raw) != _TIME + _RANDOM + _MAC or not hmac.compare_digest(
            hmac.digest(self._secret, body, "sha256")[:_MAC], mac
        ):
            raise Rejected(Reason.NONCE_NOT_OURS, "RFC 9449 8")
        expires_at = datetime.fromtimestamp(int.from_bytes(body[:_TIME]), UTC) + self._lifetime
        if at >= expires_at:
            raise Rejected(Reason.NONCE_EXPIRED, "RFC 9449 8")
        return KnownNonce(digest=hashlib.sha256(raw).digest(), expires_at=expires_at)
