"""Status list tokens: what JWT and CWT have in common (Token Status List, sections 5 and 8.3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats.status_list.bits import StatusList, decode_compressed
from mrc.formats.status_list.reasons import Reason
from mrc.formats.status_list.reference import StatusReference
from mrc.kernel.errors import Rejected

CLOCK_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusClaims:
    """The claims of a token: written by a publisher, or read and not yet believed.

    `compressed` is the member ``lst``; `ttl` how long a copy may be kept before asking again.
    """

    uri: str
    issued_at: datetime
    expires_at: datetime | None
    ttl: timedelta | None
    bits: int
    compressed: bytes = field(repr=False)
    aggregation_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedStatusList:
    """A list whose token was checked. Made only by `check_jwt` and `check_cwt`."""

    uri: str
    issued_at: datetime
    expires_at: datetime | None
    ttl: timedelta | None
    statuses: StatusList

    def get(self, reference: StatusReference) -> int:
        """The value for a credential's reference. Section 8.3, steps 4a and 6."""
        if reference.uri != self.uri:
            raise Rejected(Reason.SUBJECT_DIFFERS, "TSL 8.3", "the reference names another list")
        return self.statuses.get(reference.idx)

    def fresh_until(self, received_at: datetime) -> datetime | None:
        """When to ask again: the earlier of ``exp`` and receipt plus ``ttl`` (section 13.7)."""
        after_ttl = None if self.ttl is None else received_at + self.ttl
        limits = [limit for limit in (after_ttl, self.expires_at) if limit is not None]
        return min(limits, default=None)


def trust_claims(claims: StatusClaims, *, expected_uri: str, at: datetime) -> TrustedStatusList:
    """Section 8.3, steps 4 and 5, for claims whose signature holds. Raises `Rejected`.

    4a the subject is the list that was asked for; 4b ``iat`` does not lie ahead; 4c ``exp`` is not
    reached (no skew: an issuer that wants grace writes a later ``exp``); 5 the list inflates within
    its bound (`Malformed`). How old a list may be (``ttl``) is the caller's policy.
    """
    if claims.uri != expected_uri:  # 4a
        raise Rejected(Reason.SUBJECT_DIFFERS, "TSL 8.3")
    if claims.issued_at > at + CLOCK_SKEW:  # 4b
        raise Rejected(Reason.ISSUED_IN_FUTURE, "TSL 8.3")
    if claims.expires_at is not None and at >= claims.expires_at:  # 4c
        raise Rejected(Reason.EXPIRED, "TSL 8.3")
    return TrustedStatusList(
        uri=claims.uri,
        issued_at=claims.issued_at,
        expires_at=claims.expires_at,
        ttl=claims.ttl,
        statuses=decode_compressed(claims.bits, claims.compressed),  # 5
    )
