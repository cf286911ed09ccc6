"""A practice ledger of an installation in this process, and its explorer as an app that can fall silent."""

import asyncio
import contextlib
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.chain.shelf import ProofShelf
from mrc.infra.clock import SystemClock
from mrc.infra.files import write_atomic
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.settings import Settings
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.ledger.timetable import Timetable
from mrc.ledger.trust_file import encode_trust
from mrc.web.explorer.app import make_app
from mrc.wiring.explored import ExploredLedger
from mrc.wiring.ledger_files import LedgerFiles


class Nowhere:
    """A network on which nobody answers."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        raise Unavailable(request.url, "nobody answers")


@dataclass
class Explorer:
    """The explorer's app; `silent` answers nothing useful."""

    app: ASGIApp
    ledger: PracticeLedger
    clerk: PracticeClerk
    silent: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = Response(status_code=503) if self.silent else self.app
        await app(scope, receive, send)


@contextlib.asynccontextmanager
async def explored_ledger(settings: Settings) -> AsyncIterator[Explorer]:
    """The ledger of `settings`' home with everybody who applied so far; its trust file is written.

    Its issuers' own sites are not reached.
    """
    files = LedgerFiles(settings.home)
    files.folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "for practice only", which this is
        ledger = open_practice_ledger(files.folder, clock=SystemClock(), entropy=SystemEntropy())
    with contextlib.closing(ledger):
        clerk = PracticeClerk(ledger, files.applications, files.trust_list)
        await asyncio.to_thread(clerk.work, SystemClock().now())
        write_atomic(files.trust, encode_trust(ledger.trust))
        explored = ExploredLedger(
            ledger=ledger,
            clerk=clerk,
            shelf=ProofShelf(ledger.publisher, ledger.trust, SystemClock()),
            http=Nowhere(),
            timetable=Timetable(),
            clock=SystemClock(),
            trust_list_uri="https://explorer.example/trust-list",
        )
        yield Explorer(app=make_app(explored), ledger=ledger, clerk=clerk)
