"""`trust.json`: whom the wallets of this origin believe, as a static file.

Roots of card issuers and of askers' registers as base64 DER, the wallet provider's address, and
the page where a loss is reported. It names no person and is the same for every phone.
"""

import base64
import json
from collections.abc import Sequence

from mrc.formats.x509.certificate import Certificate


def encode_trust(
    *,
    issuers: Sequence[Certificate],
    readers: Sequence[Certificate],
    provider: str = "",
    lost: str = "",
) -> bytes:
    """`provider` and `lost` are addresses, empty where there is none."""
    document = {
        "issuers": [_base64(root) for root in issuers],
        "readers": [_base64(root) for root in readers],
        "provider": provider,
        "lost": lost,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _base64(certificate: Certificate) -> str:
    return base64.b64encode(certificate.der).decode("ascii")
