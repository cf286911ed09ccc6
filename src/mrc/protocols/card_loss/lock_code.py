"""The emergency lock code: twelve characters that a person writes down (UX W-11).

Crockford's base 32 alphabet: no I, L, O or U, and whoever reads 1 as I or L, or 0 as O, is still
understood. Eleven characters are random (55 bits); the twelfth is a Luhn character (ISO/IEC
7812-1, Annex B, modulo 32) that finds every single wrong character and most swapped neighbours, so
that a slip of the pen costs no try. It tells a guesser nothing.
"""

from typing import NewType

from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Entropy
from mrc.protocols.card_loss.reasons import Reason

LockCode = NewType("LockCode", str)  # made only by `decode_lock_code` and `draw_lock_code`

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
PREFIX = 4  # characters by which tries are counted: 20 bits, about one code in a million
CLAUSE = "UX W-11"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": "", "-": ""})


def draw_lock_code(entropy: Entropy) -> LockCode:
    """A fresh code; every character is equally likely."""
    drawn = "".join(ALPHABET[byte % len(ALPHABET)] for byte in entropy.token(LENGTH - 1))
    return LockCode(drawn + _check_character(drawn))


def decode_lock_code(text: str) -> LockCode:
    """The code in a person's writing. Raises `Rejected` where it cannot be one."""
    code = text.strip().upper().translate(_READ_AS)
    known = len(code) == LENGTH and set(code) <= set(ALPHABET)
    if not known or _check_character(code[:-1]) != code[-1]:
        raise Rejected(Reason.LOCK_CODE_MISTYPED, CLAUSE)
    return LockCode(code)


def spaced(code: LockCode) -> str:
    """As it is shown and written down: three groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def _check_character(text: str) -> str:
    base, total = len(ALPHABET), 0
    for place, character in enumerate(reversed(text)):
        value = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += value // base + value % base
    return ALPHABET[-total % base]
