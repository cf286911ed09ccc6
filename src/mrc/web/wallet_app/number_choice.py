"""The numbers among which a holder finds that of the asker's screen (UX O-3).

A number that is only shown is nodded through; one that is to be found has to be looked for.
"""

import secrets
from collections.abc import Sequence

from mrc.protocols.openid4vp.number_match import COUNT, FIRST

CHOICES = 3
NONE_OF_THEM = "none"  # what the form sends for "another number, or none"


def numbers_to_choose(right: int) -> Sequence[int]:
    """`right` and others, in an order that says nothing."""
    order = secrets.SystemRandom()
    others = [number for number in range(FIRST, FIRST + COUNT) if number != right]
    found = [right, *order.sample(others, CHOICES - 1)]
    order.shuffle(found)
    return found
