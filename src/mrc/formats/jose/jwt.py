"""Claims of a JSON Web Token (RFC 7519): reading them and judging their times.

Audiences and issuers are compared by the protocol that gives them meaning.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from mrc.formats import json_text
from mrc.formats.jose.jws import CompactJws
from mrc.formats.jose.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

CLOCK_SKEW = timedelta(seconds=60)
"""How far a stranger's clock may be ahead of or behind ours."""


def decode_claims(jws: CompactJws) -> dict[str, object]:
    """The claims of an undetached JWT. Raises `Malformed`. Checks no signature."""
    return json_text.decode_object(jws.payload, "JWT claims")


def encode_claims(claims: Mapping[str, object]) -> bytes:
    return json_text.encode(dict(claims))


def encode_time(at: datetime) -> int:
    """NumericDate in whole seconds (RFC 7519, section 2)."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return int(at.timestamp())


def find_time(claims: Mapping[str, object], name: str) -> datetime | None:
    """The NumericDate claim `name`, or None where it is absent. Raises `Malformed`."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed(f"JWT claim {name}", "expected a number of seconds")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed(f"JWT claim {name}", "out of range") from error


def get_time(claims: Mapping[str, object], name: str) -> datetime:
    """As `find_time`; an absent claim raises `Malformed` too."""
    found = find_time(claims, name)
    if found is None:
        raise Malformed(f"JWT claim {name}", "missing")
    return found


def find_text(claims: Mapping[str, object], name: str) -> str | None:
    """The text claim `name`, or None where it is absent. Raises `Malformed`."""
    if name not in claims:
        return None
    value = claims[name]
    if not isinstance(value, str):
        raise Malformed(f"JWT claim {name}", "expected a text")
    return value


def get_text(claims: Mapping[str, object], name: str) -> str:
    """As `find_text`; an absent claim raises `Malformed` too."""
    found = find_text(claims, name)
    if found is None:
        raise Malformed(f"JWT claim {name}", "missing")
    return found


def check_times(
    claims: Mapping[str, object], *, at: datetime, skew: timedelta = CLOCK_SKEW
) -> None:
    """Raise `Rejected` where ``exp`` is reached, or ``nbf`` or ``iat`` lies ahead.

    RFC 7519, 4.1.4 to 4.1.6. Absent claims pass: the caller demands those it needs. The skew is
    granted on each side.
    """
    expires, begins = find_time(claims, "exp"), find_time(claims, "nbf")
    issued = find_time(claims, "iat")
    if expires is not None and at >= expires + skew:
        raise Rejected(Reason.EXPIRED, "RFC 7519 4.1.4")
    if begins is not None and at < begins - skew:
        raise Rejected(Reason.NOT_YET_VALID, "RFC 7519 4.1.5")
    if issued is not None and at < issued - skew:
        raise Rejected(Reason.ISSUED_IN_FUTURE, "RFC 7519 4.1.6")
