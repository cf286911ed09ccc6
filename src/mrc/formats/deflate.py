"""Inflating what a stranger compressed, with a bound (RFC 1950, RFC 1951).

Two users: JWE's ``zip: DEF`` and status lists. A few kilobytes can inflate to gigabytes, so a
bound is always demanded, and a stream must end exactly where the data ends.
"""

import zlib

from mrc.kernel.errors import Malformed

ZLIB_FORMAT = zlib.MAX_WBITS
RAW_FORMAT = -zlib.MAX_WBITS


def inflate(data: bytes, *, limit: int, wbits: int) -> bytes:
    """The inflated bytes, at most `limit` of them. Raises `Malformed`."""
    stream = zlib.decompressobj(wbits)
    try:
        inflated = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise Malformed("deflate stream", "corrupt") from error
    if len(inflated) > limit:
        raise Malformed("deflate stream", f"inflates to more than {limit} bytes")
    if not stream.eof or stream.unused_data:
        raise Malformed("deflate stream", "truncated, or followed by other data")
    return inflated
