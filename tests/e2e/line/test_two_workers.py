"""Two processes of one issuer on one database: a cheat gets no second try at the other process."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from mrc.formats.status_list.bits import Status
from mrc.infra.http import HttpxClient
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.settings import Host, Settings
from mrc.infra.status_client import StatusListClient
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.ledger.bundle import ANCHORS_PATH, decode_bundle
from mrc.wallet.holdings import Format
from mrc.wallet.mobile_id import OpenWallet
from mrc.wiring.installation import AUTHORITY, LEDGER
from mrc.wiring.wallet_process import tls_roots
from tests import postgres_server
from tests.campaigns.town import ROLES, Town, phone, running_town

CONNECTIONS = 16  # all of them at one process: one chance in 32,768
ENDS_WITHIN = 15.0  # seconds
PROVED_WITHIN = 60  # seconds
ONCE = ("/token", "/credential")

pytestmark = pytest.mark.timeout(300)


@contextlib.contextmanager
def _database(store: str) -> Iterator[str]:
    if store == "sqlite":
        yield ""
    else:
        with postgres_server.own_server("workers") as url:
            yield url


@contextlib.asynccontextmanager
async def _two_workers(home: Path, url: str = "") -> AsyncIterator[Town]:
    async with running_town(home, people=1, database_url=url, issuer_workers=2) as town:
        yield town


def _workers(town: Town) -> list[int]:
    """The process ids of the authority: the first, and those it started."""
    first = town.running["authority"].pid
    started = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, started)]


def _connections(pid: int, port: int) -> int:
    """How many established connections at `port` the process holds (proc(5))."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = {row[9] for row in rows if row[3] == "01" and int(row[1].split(":")[1], 16) == port}
    held = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))
    return len(here & held)


@contextlib.asynccontextmanager
async def _clients(settings: Settings) -> AsyncIterator[list[HttpxClient]]:
    """As many clients, each with a connection of its own that is open already."""
    async with contextlib.AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(HttpxClient(tls_roots(settings)))
            for _ in range(CONNECTIONS)
        ]
        url = f"{settings.url_of(Host.ISSUER)}/.well-known/openid-credential-issuer"
        for client in made:
            answer = await client.send(HttpRequest(method="GET", url=url))
            assert answer.status == 200
        yield made


async def _collect_while_all_try(
    town: Town, wallet: OpenWallet, clients: list[HttpxClient]
) -> dict[str, list[int]]:
    """Collect a card; every request that may count once goes out on all connections at once.

    The statuses that came back; the wallet goes on with the one good answer.
    """
    statuses: dict[str, list[int]] = {}
    send = HttpxClient.send

    async def everywhere(client: HttpxClient, request: HttpRequest) -> HttpResponse:
        path = request.url.removeprefix(town.settings.url_of(Host.ISSUER))
        if path not in ONCE:
            return await send(client, request)
        answers = await asyncio.gather(*(send(one, request) for one in clients))
        statuses.setdefault(path, []).extend(sorted(answer.status for answer in answers))
        return min(answers, key=lambda answer: answer.status)

    link, code = await town.offer(town.people[0])
    with patch.object(HttpxClient, "send", everywhere):
        offered = await wallet.receiving.look_at(link)
        pending = await wallet.receiving.redeem(offered, tx_code=code)
        await wallet.receiving.accept(await wallet.receiving.collect(pending))
    return statuses


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_what_counts_once_counts_once_at_both_processes(store: str, tmp_path: Path) -> None:
    with _database(store) as url:
        async with (
            _two_workers(tmp_path, url) as town,
            phone(town, "phone") as wallet,
            _clients(town.settings) as clients,
        ):
            port = town.settings.port_of(Host.ISSUER)
            workers = _workers(town)
            assert len(workers) == 2
            assert all(_connections(pid, port) for pid in workers)
            statuses = await _collect_while_all_try(town, wallet, clients)
            assert statuses["/token"].count(200) == 1
            assert statuses["/credential"].count(200) == len(Format)
            assert {*statuses["/token"], *statuses["/credential"]} == {200, 400, 401}
            assert await town.show(wallet, Format.MSO_MDOC) == "valid"
            await town.move(town.people[0], "lock")
            assert await _status_at_each(town, wallet, clients) == {Status.LOCKED}


async def _status_at_each(town: Town, wallet: OpenWallet, clients: list[HttpxClient]) -> set[int]:
    """What the list of a copy says on each connection, asked anew."""
    (card,) = await wallet.records.cards()
    reference = card.copies[0].status
    assert reference is not None
    anchors = TrustStore(town.settings.home / "trust").certificates(TrustKind.ISSUER)
    found: set[int] = set()
    for client in clients:
        lists = StatusListClient(client, verifier=OpensslVerifier())
        published = await lists.get_list(reference.uri, anchors=anchors, at=datetime.now(UTC))
        found.add(published.get(reference))
    return found


async def test_what_is_anchored_is_proved_at_both_processes(tmp_path: Path) -> None:
    town = running_town(tmp_path, people=1, roles=(LEDGER, *ROLES), issuer_workers=2)
    async with town as running, _clients(running.settings) as clients:
        url = running.settings.url_of(Host.ISSUER) + ANCHORS_PATH
        proved = [await _proved_soon(client, url) for client in clients]
    assert proved[0]
    assert all(each == proved[0] for each in proved)


async def _proved_soon(client: HttpxClient, url: str) -> list[tuple[str, str]]:
    """The documents that the newest anchor proves, by this connection's process."""
    for _ in range(PROVED_WITHIN):
        answer = await client.send(HttpRequest(method="GET", url=url))
        if answer.status == 200:
            documents = decode_bundle(answer.body).publications
            return [(each.publication.uri, each.publication.media_type) for each in documents]
        await asyncio.sleep(1)
    pytest.fail(f"no proof within {PROVED_WITHIN} seconds")


async def test_the_processes_of_an_issuer_end_together_however_they_end(tmp_path: Path) -> None:
    async with _two_workers(tmp_path) as town:
        os.kill(_workers(town)[1], signal.SIGKILL)
        await asyncio.wait_for(town.running["authority"].ended(), ENDS_WITHIN)
        await town.start(AUTHORITY)
        worker = _workers(town)[1]
        await town.running["authority"].kill()
        await asyncio.wait_for(asyncio.to_thread(_await_end, worker), ENDS_WITHIN)


def _await_end(pid: int) -> None:
    while _lives(pid):
        time.sleep(0.1)


def _lives(pid: int) -> bool:
    """Whether the process runs; one that ended and was not buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
