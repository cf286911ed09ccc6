"""Phone numbers of registrants, in E.164."""

import re
from typing import NewType

from mrc.kernel.errors import Malformed

PhoneNumber = NewType("PhoneNumber", str)  # made only by `decode_phone_number`

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits
_SEPARATORS = str.maketrans("", "", " -.()")


def decode_phone_number(text: str) -> PhoneNumber:
    """``010-1234-5678`` or ``+82 10 1234 5678`` as ``+821012345678``. Raises `Malformed`."""
    bare = text.translate(_SEPARATORS)
    if bare.startswith("0") and not bare.startswith("00"):
        bare = "+82" + bare[1:]
    if not _E164.fullmatch(bare):
        raise Malformed("phones", "not a phone number")
    return PhoneNumber(bare)


def masked_phone_number(number: PhoneNumber) -> str:
    """What a screen may show: the last four digits."""
    return "*" * (len(number) - 5) + number[-4:]
