"""The reference from a credential to its entry (Token Status List, section 6).

The same members stand in the ``status`` claim of a JWT (6.2) and, as text keys, in the ``status``
of an mdoc's MSO (6.3; ISO/IEC 18013-5 second edition).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mrc.kernel.errors import Malformed

MAX_URI = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReference:
    uri: str
    idx: int

    def __post_init__(self) -> None:
        if self.idx < 0 or not 1 <= len(self.uri) <= MAX_URI:
            raise Malformed("status_list", "expected an index and the URI of a list")


def encode_status(reference: StatusReference) -> dict[str, object]:
    """The value of the ``status`` claim."""
    return {"status_list": {"idx": reference.idx, "uri": reference.uri}}


def decode_status(status: object) -> StatusReference | None:
    """The reference in a ``status`` claim; None where it uses only other mechanisms.

    Raises `Malformed`.
    """
    if not isinstance(status, Mapping):
        raise Malformed("status", "expected an object")
    if "status_list" not in status:
        return None
    entry = status["status_list"]
    if not isinstance(entry, Mapping):
        raise Malformed("status_list", "expected an object")
    idx, uri = entry.get("idx"), entry.get("uri")
    if not isinstance(idx, int) or isinstance(idx, bool) or not isinstance(uri, str):
        raise Malformed("status_list", "expected an integer idx and a text uri")
    return StatusReference(uri=uri, idx=idx)
