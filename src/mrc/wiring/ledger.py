"""The ledger's process: the practice chain as JSON-RPC, the council with its stream, the explorer.

The only process with an EVM. It holds no issuer's key: issuers anchor from their own processes
(`mrc.wiring.anchoring`), as they would on a consortium's network.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import REGISTRY

from mrc.infra.chain.chain import ChainReader
from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.guarding import rpc_options
from mrc.infra.chain.limits import RpcLimits, limits_of
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.chain.publisher import AnchorMetrics
from mrc.infra.chain.server import make_app as make_rpc
from mrc.infra.chain.shelf import ProofShelf
from mrc.infra.chain.ticking import Clockwork, Lane, OpenStream
from mrc.infra.chain.transactions import Transaction
from mrc.infra.clock import SystemClock
from mrc.infra.files import write_atomic
from mrc.infra.http import HttpxClient
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.processes import run_until_stopped
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Mode, Settings
from mrc.kernel.errors import Malformed, MrcError, Unavailable
from mrc.kernel.ports import HttpClient
from mrc.ledger.anchors import Publication, publication
from mrc.ledger.application import MEDIA_TYPE as TRUST_LIST_TYPE
from mrc.ledger.timetable import Timetable
from mrc.ledger.trust_file import encode_trust
from mrc.web.explorer.app import make_app as make_explorer
from mrc.wiring.explored import ExploredLedger
from mrc.wiring.ledger_files import LedgerFiles
from mrc.wiring.repeating import running
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
    shelf: ProofShelf
    http: HttpClient
    timetable: Timetable

    @property
    def trust_list_uri(self) -> str:
        return f"{self.settings.url_of(Host.EXPLORER)}/trust-list"

    def lane(self) -> Lane:
        """The council's stream."""
        opened = OpenStream(self.ledger.publisher, self.shelf)
        stream = self.ledger.publisher.stream
        return Lane(stream=stream, open=lambda: opened, collect=self._collect)

    async def serve_council(self) -> None:
        """Look at applications again and again."""
        while True:
            try:
                await asyncio.to_thread(self.clerk.work, SystemClock().now())
                await asyncio.to_thread(self.clerk.retire_writers)
            except MrcError as error:
                _log.warning("ledger_council_failed", detail=str(error))
            await asyncio.sleep(CLERK_SECONDS)

    def admits(self, transaction: Transaction) -> bool:
        """Issuers' anchors go before what strangers send: no flood keeps them waiting."""
        is_ours = transaction.to == self.ledger.client.address
        return is_ours and self.clerk.is_writer(transaction.sender)

    async def _collect(self, _: datetime) -> Sequence[Publication]:
        """The trust list. Raises `Unavailable` while nobody is registered."""
        found = self.clerk.trust_list()
        if found is None or not self.clerk.accepted:
            raise Unavailable("trust list", "nobody is registered yet")
        return (publication(self.trust_list_uri, TRUST_LIST_TYPE, found[0], found[1]),)


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
            shelf=role.shelf,
            http=role.http,
            trust_list_uri=role.trust_list_uri,
        )
        limits = limits_of(settings)
        rpc = {settings.ledger_port: make_rpc(role.ledger.chain, limits, admits=role.admits)}
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
                shelf=ProofShelf(ledger.publisher, ledger.trust, SystemClock()),
                http=http,
                timetable=Timetable(period=timedelta(seconds=settings.anchor_seconds)),
            )


@contextlib.asynccontextmanager
async def _ticking(role: LedgerRole) -> AsyncIterator[None]:
    clock = SystemClock()
    metrics = AnchorMetrics(REGISTRY, clock)
    clockwork = Clockwork(role.lane(), clock, role.timetable, metrics)
    async with running("anchors", clockwork.run()), running("council", role.serve_council()):
        yield
