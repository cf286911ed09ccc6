"""Base64url without padding (RFC 4648, section 5; RFC 7515, section 2), strictly.

The decoder accepts exactly what the encoder makes: no padding, no whitespace, no ``+`` or ``/``,
no spare bits. One text then stands for one value, so that a digest or a replay check over the
text cannot be dodged by another spelling. `pybase64` is used where it is installed.
"""

import binascii
from collections.abc import Callable

from mrc.kernel.errors import Malformed

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_PADDING = {0: b"", 2: b"==", 3: b"="}
# Last characters whose spare bits are zero, by length modulo 4.
_LAST = {2: frozenset(b"AQgw"), 3: frozenset(b"AEIMQUYcgkosw048")}


def _stdlib_decode(padded: bytes) -> bytes:
    return binascii.a2b_base64(padded.translate(_FROM_URL), strict_mode=True)


def _stdlib_encode(data: bytes) -> str:
    encoded = binascii.b2a_base64(data, newline=False)
    return encoded.translate(_TO_URL).rstrip(b"=").decode("ascii")


_decode: Callable[[bytes], bytes] = _stdlib_decode
encode: Callable[[bytes], str] = _stdlib_encode
"""The one spelling of the bytes."""

try:
    import pybase64
except ImportError:
    pass
else:

    def _fast_decode(padded: bytes) -> bytes:
        decoded: bytes = pybase64.b64decode(padded, altchars=b"-_", validate=True)
        return decoded

    def _fast_encode(data: bytes) -> str:
        encoded: str = pybase64.b64encode_as_string(data, altchars=b"-_")
        return encoded.rstrip("=")

    _decode, encode = _fast_decode, _fast_encode


def decode(text: str) -> bytes:
    """The bytes behind `text`. Raises `Malformed` unless `text` is the canonical spelling."""
    try:
        data = text.encode("ascii")
    except UnicodeEncodeError as error:
        raise Malformed("base64url", "a character outside the alphabet") from error
    rest = len(data) % 4
    if rest == 1:
        raise Malformed("base64url", "an impossible length")
    if rest and data[-1] not in _LAST[rest]:
        raise Malformed("base64url", "spare bits or a character outside the alphabet at the end")
    if b"+" in data or b"/" in data or b"=" in data:  # decoders take them for - and _
        raise Malformed("base64url", "padding or the standard alphabet")
    try:
        return _decode(data + _PADDING[rest])
    except ValueError as error:
        raise Malformed("base64url", "a character outside the alphabet") from error
