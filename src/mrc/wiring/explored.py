"""The ledger as the explorer shows it: read through events, named by the trust list, kept briefly.

What an issuer published stands in a bundle that the issuer serves; it is shown as far as it proves.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import structlog

from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.overview import Decision, Overview, read_overview
from mrc.infra.chain.practice import PracticeLedger
from mrc.infra.chain.shelf import ProofShelf
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Clock, HttpClient, HttpRequest
from mrc.ledger.anchors import Publication
from mrc.ledger.application import MEDIA_TYPE as TRUST_LIST_TYPE
from mrc.ledger.application import Application
from mrc.ledger.bundle import ANCHORS_PATH
from mrc.ledger.findings import Document, read_bundle
from mrc.ledger.headers import Address
from mrc.ledger.statements import (
    OrganisationId,
    Role,
    StreamId,
    credential_type_id,
    issuer_stream_id,
    purpose_id,
)
from mrc.ledger.timetable import Timetable
from mrc.ledger.trust_file import encode_trust
from mrc.web.explorer.views import (
    BlockView,
    CheckedBundle,
    DecisionView,
    Elsewhere,
    EntitlementView,
    LedgerView,
    OrganisationView,
    PublicationView,
    StreamView,
    TypeView,
)

KEPT_FOR = timedelta(seconds=5)
PATIENCE_SECONDS = 2.0
NO_NAMES: Mapping[str, str] = {}
NEWEST_DECISIONS = 12
_NOBODY = Address(bytes(20))
_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class ExploredLedger:
    """`Explored` over the practice ledger of this process."""

    ledger: PracticeLedger
    clerk: PracticeClerk
    shelf: ProofShelf
    timetable: Timetable
    clock: Clock
    http: HttpClient
    trust_list_uri: str
    _view: LedgerView | None = field(default=None, init=False)
    _register: tuple[datetime, bytes] | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def view(self) -> LedgerView:
        async with self._lock:
            now = self.clock.now()
            if self._view is None or now - self._view.read_at > KEPT_FOR:
                issuers = self._issuers()
                found = await asyncio.gather(*(self._published(one) for one in issuers))
                names = [one.organisation_id for one in issuers]
                told = dict(zip(names, found, strict=True))
                self._view = await asyncio.to_thread(self._read, now, told)
            return self._view

    async def check(self, bundle: bytes) -> CheckedBundle:
        facts, finding = await asyncio.to_thread(
            read_bundle, bundle, trust=self.ledger.trust, at=self.clock.now()
        )
        names = {one.organisation_id: one.names for one in self.clerk.accepted}
        return CheckedBundle(
            facts=facts, outcome=finding.outcome.value, reason=finding.reason, names=names
        )

    async def bundle(self, uri: str, media_type: str) -> bytes | Elsewhere:
        """An issuer's documents are proved by the issuer."""
        issuer = next((one for one in self._issuers() if uri.startswith(f"{one.url}/")), None)
        if issuer is not None:
            query = urlencode({"uri": uri, "media_type": media_type})
            return Elsewhere(f"{issuer.url}{ANCHORS_PATH}?{query}")
        found = self.shelf.find(uri, media_type)
        if found is None:
            raise Unavailable("anchor", "this document is not in the newest tick")
        return found

    async def asker_register(self) -> bytes:
        async with self._lock:
            now = self.clock.now()
            if self._register is None or now - self._register[0] > KEPT_FOR:
                made = await asyncio.to_thread(self.clerk.asker_register)
                self._register = (now, made)
            return self._register[1]

    async def trust_list(self) -> Document | None:
        found = self.clerk.trust_list()
        if found is None:
            return None
        return Document(
            uri=self.trust_list_uri,
            media_type=TRUST_LIST_TYPE,
            issued_at=found[0],
            data=found[1],
        )

    async def trust(self) -> bytes:
        return encode_trust(self.ledger.trust)

    def _issuers(self) -> Sequence[Application]:
        return [one for one in self.clerk.accepted if one.role is Role.ISSUER]

    async def _published(self, issuer: Application) -> Sequence[Publication] | None:
        """What the issuer proves to be in its newest anchor; None where it does not."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                request = HttpRequest(method="GET", url=issuer.url + ANCHORS_PATH)
                answer = await self.http.send(request)
        except (Unavailable, TimeoutError):
            return None
        if answer.status != 200:
            return None
        facts, finding = await asyncio.to_thread(
            read_bundle, answer.body, trust=self.ledger.trust, at=self.clock.now()
        )
        if facts is None:
            _log.warning("explorer_bundle_refused", url=issuer.url, reason=finding.reason)
            return None
        own = issuer_stream_id(issuer.organisation_id)
        return [one.publication for one in facts.publications if one.stream == own]

    def _read(
        self, now: datetime, told: Mapping[OrganisationId, Sequence[Publication] | None]
    ) -> LedgerView:
        overview = read_overview(self.ledger.client)
        known = _Names(self.clerk.accepted)
        streams = tuple(self._streams(overview, known, now, told))
        anchored = [one.anchored_at for one in streams if one.anchored_at is not None]
        return LedgerView(
            read_at=now,
            organisations=_organisations(overview, known),
            types=_types(overview, known),
            entitlements=_entitlements(overview, known),
            publications=tuple(self._publications(known, told)),
            streams=streams,
            decisions=tuple(
                _decision(one, known, self.ledger.publisher.stream)
                for one in overview.decisions[: -NEWEST_DECISIONS - 1 : -1]
            ),
            blocks=tuple(
                BlockView(
                    number=block.number,
                    hash=block.hash,
                    sealed_at=block.sealed_at,
                    transactions=block.transactions,
                    sealers=len(block.sealers),
                )
                for block in overview.blocks
            ),
            seats=len(overview.seats),
            threshold=overview.threshold,
            validators=len(self.ledger.trust.validators),
            paused=overview.paused,
            tick=sum(one.tick for one in streams) if anchored else None,
            anchored_at=min(anchored, default=None),
            next_tick=self.timetable.next_after(now),
            late=any(one.late for one in streams),
            contract=self.ledger.client.address,
        )

    def _publications(
        self, known: "_Names", told: Mapping[OrganisationId, Sequence[Publication] | None]
    ) -> Iterator[PublicationView]:
        """The council's first."""
        for entry in self.ledger.publisher.newest():
            yield _publication(entry, NO_NAMES)
        for owner, found in told.items():
            for entry in found or ():
                yield _publication(entry, known.of(owner))

    def _streams(
        self,
        overview: Overview,
        known: "_Names",
        now: datetime,
        told: Mapping[OrganisationId, Sequence[Publication] | None],
    ) -> Iterator[StreamView]:
        """The council's first, which has no name."""
        yield self._stream(self.ledger.publisher.stream, overview, now, owner=None)
        for owner, found in told.items():
            stream = issuer_stream_id(owner)
            names = known.of(owner)
            view = self._stream(stream, overview, now, owner=names)
            yield replace(view, answers=found is not None)

    def _stream(
        self,
        stream: StreamId,
        overview: Overview,
        now: datetime,
        *,
        owner: Mapping[str, str] | None,
    ) -> StreamView:
        head = overview.streams.get(stream)
        return StreamView(
            names=owner or NO_NAMES,
            of_the_council=owner is None,
            identifier=stream,
            writer=overview.writers.get(stream, _NOBODY),
            tick=0 if head is None else head.tick,
            anchored_at=None if head is None else head.anchored_at,
            late=head is not None and self.timetable.is_late(now, head.anchored_at),
        )


class _Names:
    """The words behind the hashes."""

    def __init__(self, applications: tuple[Application, ...]) -> None:
        self.organisations = {one.organisation_id: one for one in applications}
        self.types = {
            credential_type_id(name): name for one in applications for name in one.credential_types
        }
        self.streams = {
            issuer_stream_id(one.organisation_id): one.names
            for one in applications
            if one.role is Role.ISSUER
        }
        self.purposes = {
            (one.organisation_id, purpose_id(code)): (code, claims)
            for one in applications
            for code, claims in one.purposes.items()
        }

    def of(self, name: OrganisationId) -> Mapping[str, str]:
        known = self.organisations.get(name)
        return NO_NAMES if known is None else known.names

    def of_hex(self, text: str) -> Mapping[str, str]:
        """Of an organisation, or of the issuer that writes a stream."""
        try:
            found = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            return NO_NAMES
        return self.of(OrganisationId(found)) or self.streams.get(StreamId(found), NO_NAMES)


def _publication(entry: Publication, owner: Mapping[str, str]) -> PublicationView:
    return PublicationView(
        uri=entry.uri,
        owner=owner,
        media_type=entry.media_type,
        published_at=datetime.fromtimestamp(entry.iat, UTC),
        digest=entry.digest,
    )


def _organisations(overview: Overview, known: _Names) -> tuple[OrganisationView, ...]:
    return tuple(
        OrganisationView(
            names=known.of(name),
            identifier=name,
            key_hash=entry.key_hash,
            roles=tuple(sorted(entry.roles)),
            standing=entry.standing,
            valid_until=entry.valid_until,
        )
        for name, entry in overview.organisations.items()
    )


def _types(overview: Overview, known: _Names) -> tuple[TypeView, ...]:
    return tuple(
        TypeView(
            name=known.types.get(name, ""),
            identifier=name,
            issuer=known.of(entry.issuer),
            standing=entry.standing,
        )
        for name, entry in overview.credential_types.items()
    )


def _entitlements(overview: Overview, known: _Names) -> tuple[EntitlementView, ...]:
    found = []
    for asker, purpose in overview.entitlements:
        code, claims = known.purposes.get((asker, purpose), ("", ()))
        found.append(EntitlementView(asker=known.of(asker), purpose=code, claims=claims))
    return tuple(found)


def _decision(decision: Decision, known: _Names, council: StreamId) -> DecisionView:
    arguments = list(decision.arguments.values())
    named = (known.of_hex(value) for value in arguments)
    return DecisionView(
        number=decision.number,
        function=decision.function,
        about=next((names for names in named if names), NO_NAMES),
        of_the_council="0x" + council.hex() in arguments,
        approvals=len(decision.approved_by),
        executed=decision.executed,
        expires=decision.expires,
    )
