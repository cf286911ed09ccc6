"""An issuer's anchors, in its own process: what it publishes, in its own stream, by its own key.

The ledger is a JSON-RPC at any address (`Settings.ledger_url`) and what the installation trusts
(`LedgerFiles.trust`): the practice ledger's role, or a node of the consortium's network.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import structlog
from prometheus_client import REGISTRY

from mrc.formats.x509.certificate import decode_certificate
from mrc.infra.chain.client import LedgerClient, Wanted
from mrc.infra.chain.collecting import PublishedLists, Source
from mrc.infra.chain.ethereum import http_provider
from mrc.infra.chain.following import FollowedStream
from mrc.infra.chain.issuer_stream import IssuerStream
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.publisher import AnchorMetrics
from mrc.infra.chain.shelf import ProofShelf
from mrc.infra.chain.ticking import Clockwork, Lane, OpenStream
from mrc.infra.clock import SystemClock
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.infra.stores.audit import LogHead
from mrc.kernel.errors import Unavailable
from mrc.ledger.anchors import Publication
from mrc.ledger.statements import issuer_stream_id
from mrc.ledger.timetable import Timetable
from mrc.wiring.issuers import IssuingAuthority
from mrc.wiring.ledger_files import LedgerFiles, get_ledger_trust
from mrc.wiring.repeating import repeating, running
from mrc.wiring.server import ServerParts

FOLLOW_EVERY = timedelta(seconds=1)
FindHead = Callable[[], LogHead | None]
_log = structlog.get_logger(__name__)


class IssuerAnchors:
    """The authority's stream; also the proofs that are served beside its lists (`Proofs`)."""

    def __init__(self, parts: ServerParts, authority: IssuingAuthority) -> None:
        self._parts = parts
        self._role = authority.role
        self._files = LedgerFiles(parts.settings.home)
        self._applied = self._files.get_application(authority.role)
        root = decode_certificate(self._applied.certificate)
        self._lists = PublishedLists(
            parts.http, OpensslVerifier(), Source(url=self._applied.url, root=root)
        )
        self._stream: IssuerStream | None = None
        self._opened: OpenStream | None = None

    @contextlib.asynccontextmanager
    async def running(self, find_head: FindHead) -> AsyncIterator[None]:
        """Anchored on the timetable until the context ends; `find_head` is of the audit log."""
        settings = self._parts.settings

        async def collect(now: datetime) -> Sequence[Publication]:
            return await self._collect(now, find_head())

        clockwork = Clockwork(
            Lane(
                stream=issuer_stream_id(self._applied.organisation_id),
                open=self._open,
                collect=collect,
            ),
            SystemClock(),
            Timetable(period=timedelta(seconds=settings.anchor_seconds)),
            AnchorMetrics(REGISTRY, SystemClock()),
        )
        try:
            async with running("anchors", clockwork.run()):
                yield
        finally:
            if self._stream is not None:
                self._stream.close()

    async def find(self, uri: str, media_type: str) -> bytes | None:
        shelf = self._shelf()
        return None if shelf is None else shelf.find(uri, media_type)

    async def newest(self) -> bytes | None:
        shelf = self._shelf()
        return None if shelf is None else shelf.newest()

    def _shelf(self) -> ProofShelf | None:
        return None if self._opened is None else self._opened.shelf

    def _open(self) -> OpenStream:
        if self._stream is None:
            self._stream = IssuerStream(
                self._applied.organisation_id,
                self._files.stream_files(self._role),
                http_provider(self._parts.settings.ledger_url),
                trust=get_ledger_trust(self._parts.settings),
                clock=SystemClock(),
                entropy=SystemEntropy(),
            )
        self._opened = self._stream.open()
        return self._opened

    async def _collect(self, now: datetime, head: LogHead | None) -> Sequence[Publication]:
        """Everything that the issuer publishes, and the head of its audit log.

        Raises `Unavailable` while it publishes nothing at all.
        """
        earlier = await asyncio.to_thread(self._earlier)
        found = {(one.uri, one.media_type): one for one in await self._lists.collect(earlier, now)}
        if not found:
            raise Unavailable("published documents", "there are none yet")
        if head is not None:
            entry = head.publication
            found[entry.uri, entry.media_type] = entry
        return tuple(found.values())

    def _earlier(self) -> Sequence[Publication]:
        """What its stream anchored last; before its first tick, what the council's did for it."""
        known = () if self._opened is None else self._opened.publisher.newest()
        council, former = self._files.find_council_stream(), self._files.journal
        if known or council is None or not former.exists():
            return known
        with contextlib.closing(Journal(former)) as journal:
            return journal.last_about(council, f"{self._applied.url}/")


class FollowedAnchors:
    """The proofs of what another process of this issuer anchors, served here as well (`Proofs`)."""

    def __init__(self, parts: ServerParts, authority: IssuingAuthority) -> None:
        self._parts = parts
        self._role = authority.role
        self._shelf: ProofShelf | None = None

    def following(self) -> AbstractAsyncContextManager[None]:
        """The shelf is looked after until the context ends."""

        async def refresh(_: datetime) -> None:
            await asyncio.to_thread(self._refresh)

        return repeating("proofs", refresh, every=FOLLOW_EVERY)

    async def find(self, uri: str, media_type: str) -> bytes | None:
        return None if self._shelf is None else self._shelf.find(uri, media_type)

    async def newest(self) -> bytes | None:
        return None if self._shelf is None else self._shelf.newest()

    def _refresh(self) -> None:
        if self._shelf is None:
            self._shelf = self._make_shelf()
        self._shelf.refresh()

    def _make_shelf(self) -> ProofShelf:
        settings = self._parts.settings
        files = LedgerFiles(settings.home)
        issuer = files.get_application(self._role).organisation_id
        trust = get_ledger_trust(settings)
        stream = FollowedStream(
            Journal(files.stream_files(self._role).journal),
            LedgerClient(http_provider(settings.ledger_url), trust.contract),
            issuer_stream_id(issuer),
        )
        return ProofShelf(stream, trust, SystemClock(), Wanted(organisations=(issuer,)))
