"""`trust.json`: whom the wallets of this origin believe, as a static file.

Roots of card issuers and of askers' registers as base64 DER, the wallet provider's address,
the page where a loss is reported, and the ledger with the address of its register of askers. It
names no person and is the same for every phone.
"""

import base64
import json
from collections.abc import Sequence

from mrc.formats.x509.certificate import Certificate
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.trust_file import encode_trust as encode_ledger


def encode_trust(
    *,
    issuers: Sequence[Certificate],
    readers: Sequence[Certificate],
    provider: str = "",
    lost: str = "",
    ledger: LedgerTrust | None = None,
    askers: str = "",
) -> bytes:
    """`provider`, `lost` and `askers` are addresses, empty where there is none.

    `askers`: where `ledger`'s register of askers is fetched; without either nobody asks a ledger.
    """
    document = {
        "issuers": [_base64(root) for root in issuers],
        "readers": [_base64(root) for root in readers],
        "provider": provider,
        "lost": lost,
        "ledger": None if ledger is None else json.loads(encode_ledger(ledger)),
        "askers": askers,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _base64(certificate: Certificate) -> str:
    return base64.b64encode(certificate.der).decode("ascii")
