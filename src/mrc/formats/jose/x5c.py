"""The ``x5c`` header parameter (RFC 7515, 4.1.6): certificates as standard base64, leaf first."""

import base64
from collections.abc import Mapping, Sequence

from mrc.kernel.errors import Malformed

MAX_CHAIN = 4
"""Leaf and up to three issuing certificates; ours have at most two."""


def encode_x5c(chain: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(der).decode("ascii") for der in chain]


def find_x5c(header: Mapping[str, object]) -> list[bytes] | None:
    """The DER certificates of the header, None where it has no ``x5c``. Raises `Malformed`."""
    if "x5c" not in header:
        return None
    value = header["x5c"]
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CHAIN:
        raise Malformed("x5c", f"expected a list of 1 to {MAX_CHAIN} certificates")
    return [_der(item) for item in value]


def _der(item: object) -> bytes:
    if not isinstance(item, str):
        raise Malformed("x5c", "expected base64 texts")
    try:
        return base64.b64decode(item, validate=True)
    except ValueError as error:
        raise Malformed("x5c", "not base64") from error
