"""What wallet, carrier and offices say to each other about a lost phone.

Wallet to issuer, with the card's DPoP-bound token: `POST {issuer}/lock` (no body) locks the card,
`POST {issuer}/lock-code` registers the code that may lock it, `POST {issuer}/card` (no body) asks
whether there is newer data. Carrier to authority: a line was
reported lost. Authority to another issuer: somebody reported a phone lost with this code.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.protocols.card_loss.lock_code import LockCode, decode_lock_code
from mrc.protocols.card_loss.signed import SignedReport, instant
from mrc.protocols.oauth.members import required_text

LOCK_PATH = "lock"
LOCK_CODE_PATH = "lock-code"
CARD_PATH = "card"
LINE_REPORT = "line-report+jwt"
LOCK_NOTICE = "lock-notice+jwt"
WHAT = "loss message"
MAX_BODY = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class LockReceipt:
    """What the reporter keeps: a reference, and from when the cards are refused."""

    reference: str
    refused_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    """A carrier's word that the phone with this number was reported lost, and since when."""

    id: str
    carrier: str
    phone: str = field(repr=False)
    occurred_at: datetime


def encode_lock_code(code: LockCode) -> bytes:
    return json_text.encode({"lock_code": code})


def decode_lock_code_request(body: bytes) -> LockCode:
    """Raises `Malformed`, and `Rejected` for what cannot be a code."""
    if len(body) > MAX_BODY:
        raise Malformed(WHAT, f"longer than {MAX_BODY} bytes")
    return decode_lock_code(required_text(json_text.decode_object(body, WHAT), "lock_code", WHAT))


def encode_receipt(receipt: LockReceipt) -> dict[str, object]:
    return {"reference": receipt.reference, "refused_from": receipt.refused_from.isoformat()}


def decode_receipt(body: bytes) -> LockReceipt:
    members = json_text.decode_object(body, WHAT)
    try:
        at = datetime.fromisoformat(required_text(members, "refused_from", WHAT))
    except ValueError as error:
        raise Malformed(WHAT, "refused_from is no time") from error
    if at.utcoffset() is None:
        raise Malformed(WHAT, "refused_from has no time zone")
    return LockReceipt(reference=required_text(members, "reference", WHAT), refused_from=at)


def encode_update(*, waits: bool) -> dict[str, object]:
    return {"update": waits}


def decode_update(body: bytes) -> bool:
    value = json_text.decode_object(body, WHAT).get("update")
    if not isinstance(value, bool):
        raise Malformed(WHAT, "update is not a boolean")
    return value


def line_claims(phone: str, occurred_at: datetime) -> dict[str, object]:
    return {"phone_number": phone, "event": "lost", "occurred_at": int(occurred_at.timestamp())}


def decode_line_report(report: SignedReport) -> LineReport | None:
    """None for events that lock nothing: a phone found again is unlocked by its holder alone."""
    event = required_text(report.claims, "event", WHAT)
    if event != "lost":
        return None
    occurred_at = instant(report.claims, "occurred_at")
    return LineReport(
        id=report.id,
        carrier=report.reporter,
        phone=required_text(report.claims, "phone_number", WHAT),
        occurred_at=min(occurred_at, report.issued_at),
    )


def rounded_up(at: datetime) -> datetime:
    """The next full second: a time on paper must not be earlier than the lock."""
    whole = at.replace(microsecond=0)
    return whole if whole == at else whole + timedelta(seconds=1)
