"""The `application/x-www-form-urlencoded` bodies of OpenID4VP, strictly.

RFC 6749, 3.1 and appendix B: UTF-8, and no parameter more than once (two readers could take
different ones).
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from mrc.kernel.errors import Malformed

MEDIA_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 32
"""Parameters of one body or link; OpenID4VP defines fewer than twenty."""


def encode_form(members: Mapping[str, str]) -> str:
    return urlencode(members)


def decode_form(data: bytes | str, *, what: str, limit: int) -> dict[str, str]:
    """The parameters of `data`, at most `limit` bytes. Raises `Malformed` naming `what`."""
    if len(data) > limit:
        raise Malformed(what, f"more than {limit} bytes")
    try:
        text = data if isinstance(data, str) else data.decode("ascii")
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise Malformed(what, "not an encoded form") from error
    members = dict(pairs)
    if not members or len(members) != len(pairs):
        raise Malformed(what, "no parameter, or one that is given twice")
    return members
