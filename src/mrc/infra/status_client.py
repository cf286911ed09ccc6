"""Status lists for the verifier: fetched once, kept as long as the token allows, dropped on word.

Token Status List, 8.1 to 8.3 and 13.7. A list that is no longer fresh is asked for again, and
where it does not come nothing is known: an old copy never stands in for a new one. A list signed
before one that was already seen is refused, so that nobody replays the time before a loss.
`drop` is the push from the issuer: report to refusal takes less than two seconds. Each server
process keeps its own copies.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mrc.formats.status_list import cwt_token, jwt_token
from mrc.formats.status_list.reasons import Reason as ListReason
from mrc.formats.status_list.token import TrustedStatusList
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.chain import TrustedChain, check_chain
from mrc.formats.x509.profiles import Purpose
from mrc.infra.ledger_lists import ListLedger
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.keys import Algorithm
from mrc.kernel.ports import HttpClient, HttpRequest, HttpResponse, SignatureVerifier
from mrc.protocols.openid4vp.addresses import check_address
from mrc.verifier.ledger import Anchoring
from mrc.verifier.reasons import Reason

ALGORITHMS = (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512)
ACCEPT = f"{jwt_token.MEDIA_TYPE}, {cwt_token.MEDIA_TYPE};q=0.9"
MAX_LISTS = 256
"""Lists kept: an issuer of ten million cards has a few dozen."""

DEFAULT_TTL = timedelta(minutes=5)
"""How long a list without `ttl` and `exp` is kept (13.7 leaves it to the reader)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    found: TrustedStatusList
    anchor: Certificate
    fresh_until: datetime


class StatusListClient:
    """A `StatusLists` over HTTP. With `ledger`, each list is also compared with its anchor."""

    def __init__(
        self,
        http: HttpClient,
        *,
        verifier: SignatureVerifier,
        ledger: ListLedger | None = None,
    ) -> None:
        self._http = http
        self._verifier = verifier
        self._ledger = ledger
        self._anchorings: dict[str, Anchoring] = {}
        self._kept: dict[str, _Kept] = {}
        self._newest: dict[str, datetime] = {}
        self._drops: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def drop(self, uri: str) -> bool:
        """Forget the copy of one list, also one that is on its way; whether there was a copy."""
        self._drops[uri] = self._drops.get(uri, 0) + 1
        return self._kept.pop(uri, None) is not None

    def find_anchoring(self, uri: str) -> Anchoring | None:
        """What the ledger says about the list last given out for `uri`."""
        return self._anchorings.get(uri)

    def drop_all(self) -> None:
        for uri in list(self._locks):
            self.drop(uri)

    async def get_list(
        self, uri: str, *, anchors: Sequence[Certificate], at: datetime
    ) -> TrustedStatusList:
        """The list at `uri`, signed below one of `anchors`. One fetch at a time for each list.

        Raises `Unavailable`, `Malformed` or `Rejected`.
        """
        kept = self._find(uri, anchors, at)
        if kept is not None:
            return kept.found
        async with self._lock(uri):
            kept = self._find(uri, anchors, at)
            if kept is None:
                kept = await self._fetch(uri, anchors, at)
        return kept.found

    def _find(self, uri: str, anchors: Sequence[Certificate], at: datetime) -> _Kept | None:
        kept = self._kept.get(uri)
        if kept is None or at >= kept.fresh_until:
            return None
        known = any(kept.anchor.der == anchor.der for anchor in anchors)
        return kept if known else None

    def _lock(self, uri: str) -> asyncio.Lock:
        if uri not in self._locks and len(self._locks) >= MAX_LISTS:
            oldest = next(iter(self._locks))
            self._locks.pop(oldest)
            self._kept.pop(oldest, None)
            self._anchorings.pop(oldest, None)
        return self._locks.setdefault(uri, asyncio.Lock())

    async def _fetch(self, uri: str, anchors: Sequence[Certificate], at: datetime) -> _Kept:
        drops = self._drops.get(uri, 0)
        check_address(uri, "status list")
        answer = await self._http.send(
            HttpRequest(method="GET", url=uri, headers={"accept": ACCEPT})
        )
        found, trusted = check_list(answer, uri, anchors=anchors, at=at, verifier=self._verifier)
        self._refuse_older(found)
        fresh_until = found.fresh_until(at) or at + DEFAULT_TTL
        kept = _Kept(found=found, anchor=trusted.anchor, fresh_until=fresh_until)
        await self._ask_ledger(answer, kept, at)
        if self._drops.get(uri, 0) == drops:  # else it may be the list from before the word
            self._kept[uri] = kept
        return kept

    async def _ask_ledger(self, answer: HttpResponse, kept: _Kept, at: datetime) -> None:
        if self._ledger is not None:
            self._anchorings[kept.found.uri] = await self._ledger.judge(
                answer, media_type_of(answer), kept.found, kept.anchor, at
            )

    def _refuse_older(self, found: TrustedStatusList) -> None:
        newest = self._newest.get(found.uri)
        if newest is not None and found.issued_at < newest:
            raise Rejected(Reason.STATUS_ROLLED_BACK, "docs/standards.md", "an older list came")
        self._newest[found.uri] = found.issued_at


def check_list(
    answer: HttpResponse,
    uri: str,
    *,
    anchors: Sequence[Certificate],
    at: datetime,
    verifier: SignatureVerifier,
) -> tuple[TrustedStatusList, TrustedChain]:
    """8.3 steps 1 to 5, for the form that came (8.2): the list, and who signed it.

    Raises `Unavailable`, `Malformed` or `Rejected`.
    """
    if answer.status != 200:
        raise Unavailable("status list", f"HTTP {answer.status}")
    media_type = media_type_of(answer)
    if media_type == jwt_token.MEDIA_TYPE:
        token = jwt_token.decode_jwt(_ascii(answer.body))
        trusted = _trust(token.x5c or (), anchors, at, verifier)
        found = jwt_token.check_jwt(
            token,
            key=trusted.leaf_key,
            expected_algorithms=ALGORITHMS,
            expected_uri=uri,
            at=at,
            verifier=verifier,
        )
        return found, trusted
    if media_type == cwt_token.MEDIA_TYPE:
        cwt = cwt_token.decode_cwt(answer.body)
        trusted = _trust(cwt.x5chain, anchors, at, verifier)
        found = cwt_token.check_cwt(
            cwt,
            key=trusted.leaf_key,
            expected_algorithms=ALGORITHMS,
            expected_uri=uri,
            at=at,
            verifier=verifier,
        )
        return found, trusted
    raise Malformed("status list", "neither a JWT nor a CWT")


def media_type_of(answer: HttpResponse) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _trust(
    certificates: Sequence[bytes],
    anchors: Sequence[Certificate],
    at: datetime,
    verifier: SignatureVerifier,
) -> TrustedChain:
    if not certificates:
        raise Rejected(ListReason.NO_SIGNER, "HAIP 6.1")
    return check_chain(
        [decode_certificate(der) for der in certificates],
        anchors=anchors,
        expected_purpose=Purpose.STATUS_SIGNER,
        at=at,
        verifier=verifier,
    )


def _ascii(body: bytes) -> str:
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise Malformed("status list", "a JWT that is not ASCII") from error
