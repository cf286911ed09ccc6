"""Signed reports between servers: a compact JWS with a type, an audience and an id of its own.

RFC 7515, RFC 7519, RFC 8725 (3.8 audience, 3.11 type). The id is for the receiver to claim once:
nothing here remembers. Clocks may differ by `SKEW` in both directions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mrc.formats import json_text
from mrc.formats.jose import jws
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import SignatureVerifier, Signer
from mrc.protocols.card_loss.reasons import Reason
from mrc.protocols.oauth.members import optional_integer, required_text

SKEW = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=24)  # a sender tries again for a day while we are down
MAX_CHARS = 8192
MAX_ID = 200
WHAT = "signed report"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReport:
    """Who says it (`reporter`), to whom, when, under which id; `claims` are what it says."""

    reporter: str
    audience: str
    id: str
    issued_at: datetime
    claims: Mapping[str, object] = field(repr=False)


def reporter_of(text: str) -> tuple[jws.CompactJws, str]:
    """The decoded JWS and who claims to have made it, to find the key. Nothing is checked."""
    decoded = jws.decode_compact(text, limit=MAX_CHARS)
    members = json_text.decode_object(decoded.payload, WHAT)
    return decoded, required_text(members, "iss", WHAT)


async def make_report(report: SignedReport, *, typ: str, signer: Signer) -> str:
    payload = {
        **report.claims,
        "iss": report.reporter,
        "aud": report.audience,
        "jti": report.id,
        "iat": int(report.issued_at.timestamp()),
    }
    return await jws.sign({"typ": typ}, json_text.encode(payload), signer)


def check_report(
    decoded: jws.CompactJws,
    *,
    key: EcPublicKey,
    expected_type: str,
    expected_audience: str,
    at: datetime,
    verifier: SignatureVerifier,
) -> SignedReport:
    """Signature, type, audience, age, in this order. Does not claim the id."""
    jws.check_signature(decoded, key=key, expected_algorithms=(Algorithm.ES256,), verifier=verifier)
    jws.check_type(decoded.header, expected=expected_type)
    members = json_text.decode_object(decoded.payload, WHAT)
    if required_text(members, "aud", WHAT) != expected_audience:
        raise Rejected(Reason.AUDIENCE_DIFFERS, "RFC 8725 3.8")
    issued_at = instant(members, "iat")
    if issued_at > at + SKEW:
        raise Rejected(Reason.ISSUED_IN_FUTURE, "RFC 7519 4.1.6")
    if issued_at < at - LONGEST_DELAY - SKEW:
        raise Rejected(Reason.REPORT_TOO_OLD, "RFC 7519 4.1.6")
    id_ = required_text(members, "jti", WHAT)
    if len(id_) > MAX_ID:
        raise Malformed(WHAT, "jti is too long")
    return SignedReport(
        reporter=required_text(members, "iss", WHAT),
        audience=expected_audience,
        id=id_,
        issued_at=issued_at,
        claims=members,
    )


def instant(members: Mapping[str, object], name: str) -> datetime:
    """A NumericDate (RFC 7519, 2) as an instant. Raises `Malformed`."""
    seconds = optional_integer(members, name, WHAT)
    if seconds is None or not 0 <= seconds < 1 << 33:
        raise Malformed(WHAT, f"{name} is no time")
    return datetime.fromtimestamp(seconds, UTC)
