"""What every server process has in common: certificates, an HTTP client, a database, serving."""

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.types import ASGIApp

from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.http import HttpxClient
from mrc.infra.local_ca import ServerTls, prepare_tls
from mrc.infra.processes import run_until_stopped
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Settings
from mrc.kernel.ports import HttpClient
from mrc.wiring.wallet_process import tls_roots


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerParts:
    """`at` is the time of the start."""

    settings: Settings
    database: Database
    http: HttpClient
    tls: ServerTls
    at: datetime


@contextlib.asynccontextmanager
async def server_parts(settings: Settings, role: str, *rooms: str) -> AsyncIterator[ServerParts]:
    """The parts of `role`, its tables of `rooms` brought up to date."""
    at = SystemClock().now()
    tls = practice_tls(settings, at)
    url = settings.database_of(role)
    upgrade(url, *rooms)
    async with open_database(url) as database, HttpxClient(tls_roots(settings)) as http:
        yield ServerParts(settings=settings, database=database, http=http, tls=tls, at=at)


def practice_tls(settings: Settings, at: datetime) -> ServerTls:
    """One certificate for every origin of this installation."""
    return prepare_tls(settings.home / "tls", [settings.name_of(host) for host in Host], at=at)


async def serve_role(
    parts: ServerParts, apps: Mapping[Host, ASGIApp], *, shared: Collection[Host] = ()
) -> None:
    """Serve until the process is told to stop; says that it is ready.

    `shared`: the origins that further processes of this role serve as well.
    """
    settings = parts.settings
    ports = {settings.port_of(host): app for host, app in apps.items()}
    together = {settings.port_of(host) for host in shared}
    async with serving(ports, bind=settings.address, tls=parts.tls, shared=together):
        await run_until_stopped()
