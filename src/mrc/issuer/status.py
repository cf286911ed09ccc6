"""Publishing status lists: the newest statuses, signed, as JWT and as CWT.

Token Status List, sections 4, 5 and 8. A list is published again as soon as somebody asks after a
change, and before its token runs out. Publications of one list have different `iat`s, also across
processes: the store takes one and refuses the other, whose process then serves the first one's.
One process publishes a list once at a time; in a burst of changes, publications that would be
dated too far ahead wait, and say everything that happened meanwhile.
Decoys (entries that no copy has) change a little with every version, so that a reader of two
publications cannot tell which change was a person's.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats.status_list.allocation import IndexPermutation
from mrc.formats.status_list.bits import PublishedList, Status
from mrc.formats.status_list.cwt_token import prepare_cwt
from mrc.formats.status_list.jwt_token import prepare_jwt
from mrc.formats.status_list.token import StatusClaims
from mrc.issuer.configuration import IssuerConfiguration
from mrc.issuer.copies import CertifiedSigner
from mrc.issuer.records import PublishedToken, StatusListId, StatusListRecord
from mrc.issuer.store import IssuerStore
from mrc.kernel.errors import Unavailable

BITS = 2
FURTHEST_AHEAD = timedelta(seconds=10)
"""How far ahead of the clock a list may be dated: well within what its readers forgive."""

_ATTEMPTS = 5  # publications lost to other processes before giving up
_DECOY_VALUES = (Status.VALID, Status.CANCELLED, Status.CANCELLED, Status.LOCKED)
_DECOY_STEPS = 16  # one sixteenth of the decoys is drawn anew with every version


@dataclass(slots=True, kw_only=True)
class _Working:
    """One list in this process: the entries as of `version`, the token last seen and announced.

    `decoys`: the last positions of the list's permutation, which belong to nobody; kept, because
    finding them costs more than the rest of a publication.
    """

    entries: PublishedList
    decoys: Sequence[int]
    version: int
    token: PublishedToken | None
    announced: PublishedToken | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class StatusLists:
    """The publisher of an issuer's status lists."""

    def __init__(
        self,
        configuration: IssuerConfiguration,
        store: IssuerStore,
        signer: CertifiedSigner,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._configuration = configuration
        self._policy = configuration.status
        self._store = store
        self._signer = signer
        self._pause = pause
        self._working: dict[StatusListId, _Working] = {}

    def uri(self, list_id: StatusListId) -> str:
        return self._configuration.endpoint(f"status/{list_id}")

    @property
    def aggregation_uri(self) -> str:
        return self._configuration.endpoint("status")

    async def uris(self) -> list[str]:
        """Every list's URI, for the aggregation (section 9.3)."""
        async with self._store.reading() as tx:
            return [self.uri(record.id) for record in await tx.status_lists()]

    async def refresh(self, *, now: datetime) -> list[PublishedToken]:
        """Publish what changed or runs out; the tokens that were not given out here before.

        Also those that a reader's question published: whoever hears of changes must hear of them.
        """
        async with self._store.reading() as tx:
            records = await tx.status_lists()
        fresh = []
        for record in records:
            token = await self.token(record.id, now=now)
            working = self._working[record.id]
            if token is not None and token is not working.announced:
                working.announced = token
                fresh.append(token)
        return fresh

    async def token(self, list_id: StatusListId, *, now: datetime) -> PublishedToken | None:
        """The list's current token, published now if need be; None for an unknown list."""
        async with self._store.reading() as tx:
            record = await tx.find_status_list(list_id)
        if record is None:
            return None
        working, wanted = self._find_working(record), record.version
        if self._current(working, record, wanted, now):
            return working.token
        async with working.turn:
            return await self._renewed(record, working, wanted, now)

    async def _renewed(
        self, record: StatusListRecord, working: _Working, wanted: int, now: datetime
    ) -> PublishedToken | None:
        """A token of version `wanted` at least: changes after the question may wait for the next."""
        for _ in range(_ATTEMPTS):
            async with self._store.reading() as tx:
                record = await tx.find_status_list(record.id) or record
                if working.token is None or working.token.issued_at != record.published_at:
                    working.token = await tx.find_token(record.id)
            if self._current(working, record, wanted, now):
                return working.token
            now = await self._wait(record, now)
            await self._publish(record, working, now)
        raise Unavailable("status list", "other processes publish without end")

    async def _wait(self, record: StatusListRecord, now: datetime) -> datetime:
        """Until the next publication would not be dated too far ahead: the time after the wait."""
        if record.published_at is None:
            return now
        wait = record.published_at + timedelta(seconds=1) - now - FURTHEST_AHEAD
        if wait <= timedelta():
            return now
        await self._pause(wait.total_seconds())
        return now + wait

    def _current(
        self, working: _Working, record: StatusListRecord, wanted: int, now: datetime
    ) -> bool:
        token = working.token
        if token is None or token.issued_at != record.published_at:
            return False
        half = self._policy.token_lifetime / 2
        return token.version >= wanted and now < token.issued_at + half

    def _find_working(self, record: StatusListRecord) -> _Working:
        working = self._working.get(record.id)
        if working is None:
            working = self._working[record.id] = _Working(
                entries=PublishedList(bits=BITS, size=record.size),
                decoys=_decoys(record),
                version=0,
                token=None,
            )
        return working

    async def _publish(self, record: StatusListRecord, working: _Working, now: datetime) -> None:
        async with self._store.reading() as tx:
            newest = await tx.find_status_list(record.id) or record
            changes = await tx.changes(record.id, after=working.version)
        for idx, status in changes:
            working.entries.set(idx, self._shown(status))
        working.version = newest.version
        _draw_decoys(newest, working)
        token = await self._sign(newest, working.entries, now)
        async with self._store.transaction() as tx:
            taken = await tx.add_token(token)
        if taken:
            working.token = token

    def _shown(self, status: Status) -> Status:
        """`RENEWAL_NEEDED` only where a stranger's refusal is right."""
        if status is Status.RENEWAL_NEEDED and not self._policy.publish_renewal_needed:
            return Status.VALID
        return status

    async def _sign(
        self, record: StatusListRecord, entries: PublishedList, now: datetime
    ) -> PublishedToken:
        issued_at = now.replace(microsecond=0)
        if record.published_at is not None:
            issued_at = max(issued_at, record.published_at + timedelta(seconds=1))
        claims = StatusClaims(
            uri=self.uri(record.id),
            issued_at=issued_at,
            expires_at=issued_at + self._policy.token_lifetime,
            ttl=self._policy.ttl,
            bits=BITS,
            compressed=entries.compressed(),
            aggregation_uri=self.aggregation_uri,
        )
        signer, chain = self._signer.signer, self._signer.ders
        jwt = prepare_jwt(claims, algorithm=signer.algorithm, x5c=chain)
        cwt = prepare_cwt(claims, algorithm=signer.algorithm, x5chain=chain)
        return PublishedToken(
            list_id=record.id,
            version=record.version,
            issued_at=issued_at,
            expires_at=issued_at + self._policy.token_lifetime,
            jwt=jwt.finish(await signer.sign(jwt.to_be_signed)).encode(),
            cwt=cwt.finish(await signer.sign(cwt.to_be_signed)),
        )


def _decoys(record: StatusListRecord) -> list[int]:
    permutation = IndexPermutation(key=record.key, size=record.size)
    first = record.size - record.decoys
    return [permutation.index(position) for position in range(first, record.size)]


def _draw_decoys(record: StatusListRecord, working: _Working) -> None:
    for number, index in enumerate(working.decoys):
        turn = (record.version + number) // _DECOY_STEPS
        seed = number.to_bytes(4) + turn.to_bytes(8)
        drawn = hashlib.blake2s(seed, key=record.key, digest_size=1).digest()[0]
        value = _DECOY_VALUES[drawn % len(_DECOY_VALUES)]
        working.entries.set(index, value)
