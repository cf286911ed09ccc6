"""What binds a chip signature to one session (IC-CARD 5.4): server and auditor build it alike."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from mrc.ic_card import der, tlv

_DOMAIN = "mobile residence card: chip authentication, version 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Every field is in the hash; a DER SEQUENCE keeps them apart."""

    issuer_id: str
    session_id: str
    nonce: bytes
    dpop_thumbprint: bytes
    """RFC 7638 SHA-256 of the phone's DPoP key."""
    ephemeral_key: bytes
    """The server's key of this chip authentication, uncompressed."""
    expires_at: datetime

    def digest(self) -> bytes:
        when = self.expires_at.strftime("%Y%m%d%H%M%SZ").encode()
        encoded = tlv.encode(
            der.SEQUENCE,
            tlv.encode(der.UTF8_STRING, _DOMAIN.encode()),
            tlv.encode(der.UTF8_STRING, self.issuer_id.encode()),
            tlv.encode(der.UTF8_STRING, self.session_id.encode()),
            tlv.encode(der.OCTET_STRING, self.nonce),
            tlv.encode(der.OCTET_STRING, self.dpop_thumbprint),
            tlv.encode(der.OCTET_STRING, self.ephemeral_key),
            tlv.encode(der.GENERALIZED_TIME, when),
        )
        return hashlib.sha256(encoded).digest()
