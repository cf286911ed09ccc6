"""What a wallet says about an asker, and what it gets back (UX W-21). A format of our own.

`POST {office}/asker-reports` with a JSON object, without any credential, key, attestation or
cookie: nobody can tell whose report it is. It names the asker and kinds of data, never a value of
a card, no words of the holder's own, and the day instead of the moment. The `id` is random and
the wallet's: a report that is sent twice is one report.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed

REPORT_PATH = "asker-reports"
WHAT = "asker report"
ID_BYTES = 16
MAX_BODY = 16 * 1024
MAX_TEXT = 500  # characters of a name or a purpose; longer ones are cut by the wallet
MAX_KINDS = 64
MAX_KIND = 200

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read as another
_REFERENCE = 10


class Complaint(StrEnum):
    """What is wrong with an asker."""

    ASKED_TOO_MUCH = "asked_too_much"
    PRETENDS = "pretends"
    UNKNOWN = "unknown"
    WRONG_DATA = "wrong_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerReport:
    """`asker` is the client identifier of the request, `name` what the holder was shown,
    `registered` what their phone found, `kinds` the names of the data asked for."""

    id: bytes
    complaint: Complaint
    asker: str
    name: str
    registered: bool
    purpose: str
    kinds: Sequence[str]
    on: date

    @property
    def reference(self) -> str:
        """Known to the wallet before anybody answers; 50 bits of a digest of the id."""
        digest = int.from_bytes(hashlib.sha256(b"asker report\0" + self.id).digest(), "big")
        letters = "".join(_LETTERS[digest >> 5 * place & 31] for place in range(_REFERENCE))
        return f"{letters[:5]}-{letters[5:]}"


def encode_report(report: AskerReport) -> bytes:
    return json_text.encode(
        {
            "id": base64url.encode(report.id),
            "complaint": report.complaint.value,
            "asker": report.asker[:MAX_TEXT],
            "name": report.name[:MAX_TEXT],
            "registered": report.registered,
            "purpose": report.purpose[:MAX_TEXT],
            "kinds": [kind[:MAX_KIND] for kind in report.kinds[:MAX_KINDS]],
            "on": report.on.isoformat(),
        }
    )


def decode_report(body: bytes) -> AskerReport:
    """Raises `Malformed`; members that are not ours too: nothing unasked is stored."""
    if len(body) > MAX_BODY:
        raise Malformed(WHAT, f"longer than {MAX_BODY} bytes")
    members = json_text.decode_object(body, WHAT)
    if set(members) != {
        "id",
        "complaint",
        "asker",
        "name",
        "registered",
        "purpose",
        "kinds",
        "on",
    }:
        raise Malformed(WHAT, "other members than expected")
    registered = members["registered"]
    if not isinstance(registered, bool):
        raise Malformed(WHAT, "registered")
    return AskerReport(
        id=_id(members),
        complaint=_complaint(members),
        asker=_text(members, "asker"),
        name=_text(members, "name"),
        registered=registered,
        purpose=_text(members, "purpose"),
        kinds=_kinds(members),
        on=_day(members),
    )


def _id(members: Mapping[str, object]) -> bytes:
    found = base64url.decode(_text(members, "id"))
    if len(found) != ID_BYTES:
        raise Malformed(WHAT, f"id: expected {ID_BYTES} bytes")
    return found


def _complaint(members: Mapping[str, object]) -> Complaint:
    found = _text(members, "complaint")
    if found not in set(Complaint):
        raise Malformed(WHAT, "complaint")
    return Complaint(found)


def _kinds(members: Mapping[str, object]) -> tuple[str, ...]:
    kinds = members["kinds"]
    if not isinstance(kinds, list) or len(kinds) > MAX_KINDS:
        raise Malformed(WHAT, "kinds")
    return tuple(_checked(kind, "kinds", MAX_KIND) for kind in kinds)


def _day(members: Mapping[str, object]) -> date:
    try:
        return date.fromisoformat(_text(members, "on"))
    except ValueError as error:
        raise Malformed(WHAT, "on is no day") from error


def _text(members: Mapping[str, object], name: str) -> str:
    return _checked(members[name], name, MAX_TEXT)


def _checked(value: object, name: str, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or not _printable(value):
        raise Malformed(WHAT, name)
    return value


def _printable(text: str) -> bool:
    """No control characters: an auditor reads reports on a terminal."""
    return all(character.isprintable() for character in text)
