"""Cards fetched and shown end to end: real role processes, https on real sockets, real databases.

Phones run in one process and then in two. Each of them fetches its card anew (an issuance is two
formats with eight copies each) and shows it to the online verifier in turn. A role is one process
with one event loop, so two processes here mean two of phones, never two of an issuer. The number
of acts is bounded by the issuer's own limit of sixty tokens a minute and address.
"""

import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.phones import ISSUE, SHOW, Errand, Outcome, Timed, run_errands
from tests import postgres_server
from tests.campaigns.town import Town, running_town

PHONES = 4
TIMES = {ISSUE: 5, SHOW: 7}  # for each phone; it does each once before the clock starts
STORES = ("sqlite", "postgresql")
DURABLE = ("synchronous_commit=on",)

Row = dict[str, object]


def end_to_end() -> dict[str, Row]:
    """A row for each store, act and number of processes of phones."""
    rows: dict[str, Row] = {}
    for store in STORES:
        for processes in (1, 2):
            with _database(store) as url:
                outcome = asyncio.run(_measured(url, processes))
            for act, timed in outcome.items():
                rows[f"{act}, {store}, {processes}"] = _row(timed)
    return rows


@contextlib.contextmanager
def _database(store: str) -> Iterator[str]:
    """Settings' `database_url`; each role has a file of its own on SQLite."""
    if store == "sqlite":
        yield ""
    else:
        with postgres_server.own_server("bench", settings=DURABLE) as url:
            yield url


async def _measured(url: str, processes: int) -> Outcome:
    """On a new installation: the issuer counts an address's requests from the beginning."""
    with tempfile.TemporaryDirectory(prefix="mrc-bench-") as home:
        async with running_town(Path(home), people=PHONES, database_url=url) as town:
            return await asyncio.to_thread(run_errands, _errands(town, processes))


def _errands(town: Town, processes: int) -> list[Errand]:
    roles = {name: running.pid for name, running in town.running.items()}
    return [
        Errand(
            settings=town.settings,
            roles=roles,
            people=town.people[n::processes],
            times=TIMES,
        )
        for n in range(processes)
    ]


def _row(timed: Timed) -> Row:
    seconds, count = timed.ended - timed.began, len(timed.acts)
    return {
        "acts": count,
        "acts/s": round(count / seconds, 1),
        "act ms": _spread(timed.acts),
        "requests": len(timed.requests),
        "requests/s": round(len(timed.requests) / seconds, 1),
        "request ms": _spread(timed.requests),
        "server cpu ms an act": {
            name: round(used / count * 1000, 1) for name, used in timed.server_cpu.items() if used
        },
        "phone cpu ms an act": round(timed.phone_cpu / count * 1000, 1),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(one * 1000 for one in seconds)
    return {
        "p50": round(statistics.median(ordered), 1),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
    }
