"""Status list aggregation (Token Status List, section 9.3): the URIs of all lists of an issuer."""

from collections.abc import Sequence

from mrc.formats import json_text
from mrc.kernel.errors import Malformed

MEDIA_TYPE = "application/json"
MAX_LISTS = 10_000


def encode_aggregation(uris: Sequence[str]) -> bytes:
    return json_text.encode({"status_lists": list(uris)})


def decode_aggregation(data: bytes) -> tuple[str, ...]:
    """The URIs. Raises `Malformed`; unknown members are ignored."""
    uris = json_text.decode_object(data, "status list aggregation").get("status_lists")
    if not isinstance(uris, list) or len(uris) > MAX_LISTS:
        raise Malformed("status list aggregation", f"expected at most {MAX_LISTS} status_lists")
    texts = tuple(uri for uri in uris if isinstance(uri, str))
    if len(texts) != len(uris):
        raise Malformed("status list aggregation", "expected URIs")
    return texts
