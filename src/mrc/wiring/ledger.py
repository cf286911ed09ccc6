"""The ledger's process: the practice chain as JSON-RPC, the council's clerk, the anchors, the explorer.

The only process with an EVM. It fetches what the issuers publish as anybody could; only the audit
log's head comes over a token, because its size at every moment is nobody else's business.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from prometheus_client import REGISTRY

from mrc.formats.x509.certificate import decode_certificate
from mrc.infra.chain.chain import ChainReader
from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.collecting import PublishedLists, Source
from mrc.infra.chain.guarding import rpc_options
from mrc.infra.chain.limits import RpcLimits, limits_of
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.chain.publisher import AnchorMetrics, Publisher
from mrc.infra.chain.server import make_app as make_rpc
from mrc.infra.chain.ticking import Clockwork, Lane
from mrc.infra.clock import SystemClock
from mrc.infra.files import write_atomic
from mrc.infra.http import HttpxClient
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.infra.processes import run_until_stopped
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Mode, Settings
from mrc.infra.tokens import shared_token
from mrc.kernel.errors import Malformed, MrcError, Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest
from mrc.ledger.anchors import Publication, audit_publication, publication
from mrc.ledger.application import MEDIA_TYPE as TRUST_LIST_TYPE
from mrc.ledger.application import Application
from mrc.ledger.statements import Role, StreamId
from mrc.ledger.timetable import Timetable
from mrc.ledger.trust_file import encode_trust
from mrc.web.audit_api.app import HEAD_PATH
from mrc.web.explorer.app import make_app as make_explorer
from mrc.wiring.explored import ExploredLedger
from mrc.wiring.issuers import AUTHORITIES, IMMIGRATION, IssuingAuthority
from mrc.wiring.ledger_files import LedgerFiles
from mrc.wiring.server import practice_tls
from mrc.wiring.wallet_process import tls_roots

CLERK_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRole:
    """The parts of the running role."""

    settings: Settings
    ledger: PracticeLedger
    clerk: PracticeClerk
    http: HttpClient
    timetable: Timetable

    @property
    def trust_list_uri(self) -> str:
        return f"{self.settings.url_of(Host.EXPLORER)}/trust-list"

    def lanes(self) -> Sequence[Lane]:
        """The council's stream and that of every issuer, as far as they are open."""
        opened = self.ledger.issuers
        issuers = [one for one in self._issuers() if one.organisation_id in opened]
        return (
            Lane(publisher=self.ledger.publisher, collect=self._of_the_council),
            *(
                Lane(
                    publisher=opened[one.organisation_id],
                    collect=partial(self._of_issuer, one, opened[one.organisation_id]),
                )
                for one in issuers
            ),
        )

    async def serve_council(self, tick: Callable[[Lane], Awaitable[bool]]) -> None:
        """Look at applications again and again; a stream's first tick does not wait."""
        begun: set[StreamId] = set()
        while True:
            try:
                await asyncio.to_thread(self._work)
                for lane in self.lanes():
                    if lane.publisher.stream not in begun and await self._begin(lane, tick):
                        begun.add(lane.publisher.stream)
            except MrcError as error:
                _log.warning("ledger_council_failed", detail=str(error))
            await asyncio.sleep(CLERK_SECONDS)

    def _work(self) -> None:
        self.clerk.work(SystemClock().now())
        for issuer in self._issuers():
            self.ledger.open_issuer_stream(issuer.organisation_id)

    async def _begin(self, lane: Lane, tick: Callable[[Lane], Awaitable[bool]]) -> bool:
        if await asyncio.to_thread(lane.publisher.anchored_at) is not None:
            return True
        return bool(self.clerk.accepted) and await tick(lane)

    def _issuers(self) -> Sequence[Application]:
        return [one for one in self.clerk.accepted if one.role is Role.ISSUER]

    async def _of_the_council(self, _: datetime) -> Sequence[Publication]:
        """The trust list. Raises `Unavailable` while nobody is registered."""
        found = self.clerk.trust_list()
        if found is None:
            raise Unavailable("trust list", "nobody is registered yet")
        return (publication(self.trust_list_uri, TRUST_LIST_TYPE, found[0], found[1]),)

    async def _of_issuer(
        self, issuer: Application, publisher: Publisher, now: datetime
    ) -> Sequence[Publication]:
        """Everything that an issuer publishes. Raises `Unavailable` while it is nothing at all."""
        earlier = await asyncio.to_thread(self._earlier, issuer, publisher)
        source = Source(url=issuer.url, root=decode_certificate(issuer.certificate))
        lists = PublishedLists(self.http, OpensslVerifier(), lambda: [source])
        found = {
            (entry.uri, entry.media_type): entry for entry in await lists.collect(earlier, now)
        }
        for entry in await self._audit_head(issuer):
            found[entry.uri, entry.media_type] = entry
        if not found:
            raise Unavailable("published documents", "there are none yet")
        return tuple(found.values())

    def _earlier(self, issuer: Application, publisher: Publisher) -> Sequence[Publication]:
        """What its stream anchored last; before its first tick, what the council's did for it."""
        return publisher.newest() or self.ledger.publisher.last_about(f"{issuer.url}/")

    async def _audit_head(self, issuer: Application) -> Sequence[Publication]:
        """The issuer's audit log; where it does not answer the last head stays anchored."""
        authority = find_authority(self.settings, issuer.url)
        if authority is None:
            return ()
        token = shared_token(LedgerFiles(self.settings.home).audit_token(authority.role))
        host = Host.DESK if authority is IMMIGRATION else authority.host
        request = HttpRequest(
            method="GET",
            url=self.settings.url_of(host) + HEAD_PATH,
            headers={"authorization": f"Bearer {token}"},
        )
        try:
            answer = await self.http.send(request)
            return (_decode_head(answer.body),) if answer.status == 200 else ()
        except (Unavailable, Malformed) as error:
            _log.info("ledger_audit_head_not_read", detail=str(error))
            return ()


def find_authority(settings: Settings, issuer_url: str) -> IssuingAuthority | None:
    """The authority of this installation at that address; None for a stranger."""
    return next((one for one in AUTHORITIES if settings.url_of(one.host) == issuer_url), None)


async def run_ledger(settings: Settings) -> None:
    """The practice ledger. Raises `Malformed` in production: a consortium runs its own network."""
    if settings.mode is not Mode.PRACTICE:
        raise Malformed("ledger role", "practice only: see docs/how-to/ledger-network.md")
    tls = practice_tls(settings, SystemClock().now())
    async with _opened(settings) as role:
        explored = ExploredLedger(
            ledger=role.ledger,
            clerk=role.clerk,
            timetable=role.timetable,
            clock=SystemClock(),
            trust_list_uri=role.trust_list_uri,
        )
        limits = limits_of(settings)
        rpc = {settings.ledger_port: make_rpc(role.ledger.chain, limits)}
        pages = {settings.port_of(Host.EXPLORER): make_explorer(explored)}
        async with (
            serving(rpc, bind="127.0.0.1", tls=None, options=rpc_options(limits)),
            serving(pages, bind=settings.address, tls=tls),
            _ticking(role),
        ):
            await run_until_stopped()


async def serve_chain(chain: ChainReader, limits: RpcLimits, host: str, port: int) -> None:
    """A chain's JSON-RPC alone, until the process is told to stop."""
    app = {port: make_rpc(chain, limits)}
    async with serving(app, bind=host, tls=None, options=rpc_options(limits)):
        await run_until_stopped()


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[LedgerRole]:
    files = LedgerFiles(settings.home)
    files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ledger = await asyncio.to_thread(
        open_practice_ledger, files.folder, clock=SystemClock(), entropy=SystemEntropy()
    )
    with contextlib.closing(ledger):
        write_atomic(files.trust, encode_trust(ledger.trust))
        async with HttpxClient(tls_roots(settings)) as http:
            yield LedgerRole(
                settings=settings,
                ledger=ledger,
                clerk=PracticeClerk(ledger, files.applications, files.trust_list),
                http=http,
                timetable=Timetable(period=timedelta(seconds=settings.anchor_seconds)),
            )


@contextlib.asynccontextmanager
async def _ticking(role: LedgerRole) -> AsyncIterator[None]:
    clockwork = Clockwork(role.lanes, SystemClock(), role.timetable, AnchorMetrics(REGISTRY))
    tasks = [
        asyncio.create_task(clockwork.run()),
        asyncio.create_task(role.serve_council(clockwork.tick_lane)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _decode_head(body: bytes) -> Publication:
    try:
        members = json.loads(body)  # our own authority's, over our own connection
        at = datetime.fromtimestamp(int(members["iat"]), UTC)
        return audit_publication(at, int(members["size"]), bytes.fromhex(members["root"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed("audit head") from error
