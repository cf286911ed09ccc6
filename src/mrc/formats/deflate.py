"""Deflate (RFC 1950, RFC 1951): inflating with a bound, and packing in independent blocks.

A few kilobytes can inflate to gigabytes, so `inflate` always demands a bound, and the stream must
end exactly where the data ends. `deflate_block` makes pieces that can be joined in any number
behind one another, so that a change in a long text costs one piece. `zlib-ng` is used where it is
installed; what comes out inflates to the same bytes.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

from mrc.kernel.errors import Malformed

ZLIB_FORMAT = zlib.MAX_WBITS
RAW_FORMAT = -zlib.MAX_WBITS

_ZLIB_HEADER = b"\x78\x9c"
_LAST_BLOCK = b"\x03\x00"  # an empty final block with fixed codes (RFC 1951, 3.2.6)


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Deflater(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int = ..., /) -> bytes: ...


_inflater: Callable[[int], _Inflater] = zlib.decompressobj
_deflater: Callable[[int, int, int], _Deflater] = zlib.compressobj
_adler32: Callable[[bytes | bytearray], int] = zlib.adler32
_errors: tuple[type[Exception], ...] = (zlib.error,)
try:
    from zlib_ng import zlib_ng
except ImportError:
    pass
else:
    _inflater = zlib_ng.decompressobj
    _deflater = zlib_ng.compressobj
    _adler32 = zlib_ng.adler32
    _errors = (zlib.error, zlib_ng.error)  # type: ignore[assignment]  # its stub says instance


def inflate(data: bytes, *, limit: int, wbits: int) -> bytes:
    """The inflated bytes, at most `limit` of them. Raises `Malformed`."""
    stream = _inflater(wbits)
    try:
        inflated = stream.decompress(data, limit + 1)
    except _errors as error:
        raise Malformed("deflate stream", "corrupt") from error
    if len(inflated) > limit:
        raise Malformed("deflate stream", f"inflates to more than {limit} bytes")
    if not stream.eof or stream.unused_data:
        raise Malformed("deflate stream", "truncated, or followed by other data")
    return inflated


def deflate(data: bytes, *, level: int, wbits: int) -> bytes:
    """One stream, finished."""
    stream = _deflater(level, zlib.DEFLATED, wbits)
    return stream.compress(data) + stream.flush(zlib.Z_FINISH)


def deflate_block(data: bytes, *, level: int) -> bytes:
    """A raw piece that ends on a byte and refers to nothing before it (Z_FULL_FLUSH)."""
    stream = _deflater(level, zlib.DEFLATED, RAW_FORMAT)
    return stream.compress(data) + stream.flush(zlib.Z_FULL_FLUSH)


def join_blocks(blocks: Sequence[bytes], whole: bytes | bytearray) -> bytes:
    """The zlib stream (RFC 1950) of `whole`, whose pieces in order are `blocks`."""
    return b"".join((_ZLIB_HEADER, *blocks, _LAST_BLOCK, _adler32(whole).to_bytes(4)))
