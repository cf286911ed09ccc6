"""Phones that fetch and show cards, in one process or in several, with every request timed."""

import asyncio
import contextlib
import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from unittest.mock import patch

from mrc.infra.http import HttpxClient
from mrc.infra.settings import Settings
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.wallet.holdings import Format
from mrc.wallet.mobile_id import OpenWallet
from mrc.wiring.wallet_process import tls_roots
from tests.campaigns.town import Town, phone

WAIT_SECONDS = 120
OFFER, ISSUE, SHOW = "offer", "issue", "show"


@dataclass(kw_only=True)
class Timed:
    """Seconds: of each whole act, of each HTTP request in it; when all began and ended.

    `server_cpu`: what each role used in that time.
    """

    acts: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    phone_cpu: float = 0.0
    server_cpu: dict[str, float] = field(default_factory=dict)


Outcome = dict[str, Timed]
"""By act."""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What one process has to do: each of `people` does each act so often, with an own phone.

    `roles`: the process ids of the roles that serve them.
    """

    settings: Settings
    roles: Mapping[str, Sequence[int]]
    people: Sequence[str]
    times: Mapping[str, int]


def run_errands(errands: Sequence[Errand]) -> Outcome:
    """Each in a process of its own, all at once. Raises `RuntimeError` where one failed."""
    context = multiprocessing.get_context("spawn")
    results: Queue[Outcome | str] = context.Queue()
    together = context.Barrier(len(errands))
    started = [
        context.Process(target=_process, args=(one, together, results), daemon=True)
        for one in errands
    ]
    for process in started:
        process.start()
    try:
        found = [results.get(timeout=WAIT_SECONDS) for _ in errands]
    finally:
        for process in started:
            process.terminate()
            process.join()
    failed = [one for one in found if isinstance(one, str)]
    if failed:
        raise RuntimeError("; ".join(failed))
    outcomes = [one for one in found if not isinstance(one, str)]
    return {act: _merged([one[act] for one in outcomes]) for act in outcomes[0]}


def _merged(parts: Sequence[Timed]) -> Timed:
    """All processes saw the same roles: what these used is the most that one of them saw."""
    return Timed(
        acts=[seconds for one in parts for seconds in one.acts],
        requests=[seconds for one in parts for seconds in one.requests],
        began=min(one.began for one in parts),
        ended=max(one.ended for one in parts),
        phone_cpu=sum(one.phone_cpu for one in parts),
        server_cpu={
            name: max(one.server_cpu[name] for one in parts) for name in parts[0].server_cpu
        },
    )


def _process(errand: Errand, together: Barrier, results: "Queue[Outcome | str]") -> None:
    try:
        results.put(asyncio.run(_do(errand, together)))
    except Exception as error:
        together.abort()
        results.put(f"{type(error).__name__}: {error}")
        raise


async def _do(errand: Errand, together: Barrier) -> Outcome:
    outcome: Outcome = {}
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(HttpxClient(tls_roots(errand.settings)))
        town = Town(settings=errand.settings, http=http)
        wallets: dict[str, OpenWallet] = {}
        for person in errand.people:
            wallets[person] = await stack.enter_async_context(phone(town, person))
            for act in errand.times:  # so that connections are open
                await _once(town, act, person, wallets[person], Format.MSO_MDOC)
        for act in errand.times:
            await asyncio.to_thread(together.wait, WAIT_SECONDS)
            outcome[act] = await _timed(town, errand, act, wallets)
    return outcome


async def _timed(town: Town, errand: Errand, act: str, wallets: Mapping[str, OpenWallet]) -> Timed:
    timed, times = Timed(), errand.times[act]
    with patch.object(HttpxClient, "send", _timing(timed)):
        before, cpu = _cpu(errand), time.process_time()
        timed.began = time.time()
        await asyncio.gather(*(_all(town, act, times, *own, timed) for own in wallets.items()))
        timed.ended, timed.phone_cpu = time.time(), time.process_time() - cpu
        timed.server_cpu = {name: used - before[name] for name, used in _cpu(errand).items()}
    return timed


def _cpu(errand: Errand) -> dict[str, float]:
    return {name: sum(map(cpu_seconds, pids)) for name, pids in errand.roles.items()}


async def _all(
    town: Town, act: str, times: int, person: str, wallet: OpenWallet, timed: Timed
) -> None:
    for _, format_ in zip(range(times), cycle(Format)):
        timed.acts.append(await _once(town, act, person, wallet, format_))


async def _once(town: Town, act: str, person: str, wallet: OpenWallet, format_: Format) -> float:
    """The seconds of one act.

    An issuance needs the officer's offer, an act of its own: it is not in the time of an
    issuance, but it is in its CPU.
    """
    if act == OFFER:
        began = time.perf_counter()
        await town.offer(person)
    elif act == ISSUE:
        link, code = await town.offer(person)
        began = time.perf_counter()
        offered = await wallet.receiving.look_at(link)
        pending = await wallet.receiving.redeem(offered, tx_code=code)
        await wallet.receiving.accept(await wallet.receiving.collect(pending))
    else:
        began = time.perf_counter()
        decision = await town.show(wallet, format_)
        if decision != "valid":
            raise RuntimeError(f"a good card was {decision or 'not shown'}")
    return time.perf_counter() - began


def _timing(timed: Timed) -> object:
    send = HttpxClient.send

    async def timed_send(client: HttpxClient, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        answer = await send(client, request)
        timed.requests.append(time.perf_counter() - began)
        return answer

    return timed_send


def cpu_seconds(pid: int) -> float:
    """What a process has run so far, all its threads together (proc(5), schedstat, field 1)."""
    used = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as schedstat:
            used += int(schedstat.read().split()[0])
    return used / 1e9
