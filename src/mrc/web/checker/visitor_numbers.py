"""The number by which a shop knows a visitor of its poster.

Two digits from the request's address, shown on the visitor's page and in the shop's list: they
tell neighbours in a queue apart. Not to be confused with the number that guards a request for
another device (`protocols.openid4vp.number_match`): this one can be had by choosing.
"""

import hashlib

_FIRST, _COUNT = 10, 90


def visitor_number(request_uri: str) -> int:
    """10 to 99, the same for everyone who knows the address of the request."""
    digest = hashlib.sha256(b"number to compare\0" + request_uri.encode()).digest()
    return _FIRST + int.from_bytes(digest[:8], "big") % _COUNT
