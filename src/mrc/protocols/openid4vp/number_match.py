"""The number that the asking screen and the holder's phone both show for one reading of a request.

A request for another device (a code on a screen) is bound to no browser: whoever swaps the code,
or passes it on, has the holder answer a request of somebody else. Two digits from randomness of
both sides make that visible. The verifier's `nonce` (OpenID4VP 1.0, 5.2) is fixed before the
wallet's `wallet_nonce` (5.10) is known and the other way round, so nobody can choose a request,
or fetch one, so that its number equals that of another: each attempt fits once in 90. Not
stopped is who relays code and number live between two screens; only a request that comes back to
its own browser (the same-device flow) is safe from that.

The asker says in `verifier_info` (5.11), inside the signed request, that its screen shows the
number, under a format name of our own; wallets of others ignore it.
"""

import hashlib
from collections.abc import Mapping, Sequence

from mrc.kernel.errors import Rejected
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.request import AuthorizationRequest

FORMAT = "urn:kr:moj:number-match:1"
FIRST, COUNT = 10, 90  # two digits, none of them a leading zero


def encode_number_match() -> dict[str, object]:
    """The `verifier_info` entry of a request whose screen shows the number."""
    return {"format": FORMAT, "data": {"digits": 2}}


def asks_to_compare(verifier_info: Sequence[Mapping[str, object]]) -> bool:
    """Whether the asker's screen shows the number."""
    return any(entry.get("format") == FORMAT for entry in verifier_info)


def number_to_compare(request: AuthorizationRequest) -> int | None:
    """10 to 99; None where the asker's screen shows none.

    Raises `Rejected` for a request that must be compared and was fetched without the wallet's
    randomness: somebody turned POST into GET, or wrapped a request that was read before.
    """
    if not asks_to_compare(request.verifier_info):
        return None
    if request.wallet_nonce is None:
        raise Rejected(Reason.NUMBER_NOT_COMPARABLE, "OpenID4VP 5.10")
    parts = (request.nonce.encode(), request.wallet_nonce.encode())
    digests = (hashlib.sha256(part).digest() for part in parts)  # of one length: no ambiguity
    digest = hashlib.sha256(b"number to compare\0" + b"".join(digests)).digest()
    return FIRST + int.from_bytes(digest[:8], "big") % COUNT
