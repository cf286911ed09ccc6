"""Cards fetched and shown end to end: real role processes, https on real sockets, real databases.

Phones in two processes, first with one worker of the issuer and then with two. An officer makes
offers; each phone fetches its card anew (an issuance is two formats with eight copies each) and
shows it to the online verifier in turn. The number of acts is bounded by the issuer's own limit of
sixty tokens a minute, address and process.
"""

import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.phones import ISSUE, OFFER, SHOW, Errand, Outcome, Timed, run_errands
from tests import postgres_server
from tests.campaigns.town import Town, running_town

PHONES = 4
PHONE_PROCESSES = 2
TIMES = {OFFER: 5, ISSUE: 5, SHOW: 7}  # for each phone; each once before the clock starts
WORKERS = (1, 2)
STORES = ("sqlite", "postgresql")
DURABLE = ("synchronous_commit=on",)

Row = dict[str, object]


def end_to_end() -> dict[str, Row]:
    """A row for each store, act and number of the issuer's workers."""
    rows: dict[str, Row] = {}
    for store in STORES:
        for workers in WORKERS:
            with _database(store) as url:
                outcome = asyncio.run(_measured(url, workers))
            for act, timed in outcome.items():
                rows[f"{act}, {store}, {workers}"] = _row(timed)
    return rows


@contextlib.contextmanager
def _database(store: str) -> Iterator[str]:
    """Settings' `database_url`; each role has a file of its own on SQLite."""
    if store == "sqlite":
        yield ""
    else:
        with postgres_server.own_server("bench", settings=DURABLE) as url:
            yield url


async def _measured(url: str, workers: int) -> Outcome:
    """On a new installation: the issuer counts an address's requests from the beginning."""
    with tempfile.TemporaryDirectory(prefix="mrc-bench-") as home:
        chosen = {"people": PHONES, "database_url": url, "issuer_workers": workers}
        async with running_town(Path(home), **chosen) as town:
            return await asyncio.to_thread(run_errands, _errands(town, PHONE_PROCESSES))


def _errands(town: Town, processes: int) -> list[Errand]:
    roles = {name: _with_workers(running.pid) for name, running in town.running.items()}
    return [
        Errand(
            settings=town.settings,
            roles=roles,
            people=town.people[n::processes],
            times=TIMES,
        )
        for n in range(processes)
    ]


def _with_workers(pid: int) -> list[int]:
    """A role's process and those that it started (proc(5))."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, started)]


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
