"""The number that two screens show, so that a person sees that both speak of the same request.

Two digits from the request's address, which both sides know: nothing has to be sent for it. It
stops mix-ups of neighbouring counters and codes passed on by somebody else, not an attacker who
can choose among many requests.
"""

import hashlib

_FIRST, _COUNT = 10, 90


def number_to_compare(request_uri: str) -> int:
    """10 to 99, the same for everyone who knows the address of the request."""
    digest = hashlib.sha256(b"number to compare\0" + request_uri.encode()).digest()
    return _FIRST + int.from_bytes(digest[:8], "big") % _COUNT
