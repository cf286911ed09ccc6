"""CBOR values as JSON can say them, by the advice of RFC 8949, 6.1."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from mrc.formats import base64url


def json_value(value: object) -> object:
    """Dates as ISO 8601 text, bytes as base64url; the rest as it is."""
    if isinstance(value, bytes):
        return base64url.encode(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_value(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [json_value(entry) for entry in value]
    return value
