"""Kills a publishing process again and again and counts what was lost.

`python -m tests.simulators.ledger_kills DIRECTORY KILLS` forks a child that anchors as fast as it
can and reports each acknowledged tick through a pipe; the parent kills it with SIGKILL at a random
moment, opens the files and compares. Prints one JSON object.

Reopening is what the chain and the journal do before they serve again: the write-ahead logs are read
back. It is told by the wall and by the CPU: on a loaded machine the first is mostly waiting for a turn.
The last life is long, so that its log is as long as logs get.
"""

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mrc.infra.chain.chain import EmbeddedChain
from mrc.infra.chain.client import LedgerClient, LedgerWriter
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.provider import EmbeddedProvider
from mrc.infra.chain.publisher import Publisher
from mrc.infra.keys.software import SystemEntropy
from mrc.ledger.anchors import publication
from mrc.ledger.headers import Address
from tests.simulators.ledger_world import (
    CHAIN_ID,
    JWT,
    NOW,
    STREAM,
    TOKEN,
    URI,
    VALIDATORS,
    StillClock,
    make_world,
    secret,
)

LONGEST_LIFE_S = 0.12
LAST_LIFE_S = 4.0


@dataclass
class Toll:
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    gaps: int = 0
    doubles: int = 0
    roots_that_differ: int = 0
    largest_wal_bytes: int = 0
    slowest_reopening_ms: float = 0.0
    slowest_reopening_cpu_ms: float = 0.0


def main() -> None:
    directory, kills = Path(sys.argv[1]), int(sys.argv[2])
    world = make_world(directory)
    contract = world.client.address
    world.close()
    toll, chance = Toll(), random.Random(8230)
    for number in range(kills):
        last_one = number == kills - 1
        life = LAST_LIFE_S if last_one else chance.uniform(0.0, LONGEST_LIFE_S)
        last = run_and_kill(directory, contract, life, anchors=number % 2)
        toll.kills += 1
        toll.acknowledged = max(toll.acknowledged, last)
        inspect(directory, contract, last, toll)
    sys.stdout.write(json.dumps(vars(toll)) + "\n")


def run_and_kill(directory: Path, contract: Address, life: float, *, anchors: int) -> int:
    """The last tick that the child acknowledged; killed `life` seconds after `anchors` of them."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        publish(directory, contract, writing)
        os._exit(1)
    os.close(writing)
    first = b"".join(os.read(reading, 8) for _ in range(1 + anchors))  # it is at work
    time.sleep(life)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    said = first
    while more := os.read(reading, 65_536):
        said += more
    os.close(reading)
    whole = len(said) // 8 * 8
    return int.from_bytes(said[whole - 8 : whole])


def publish(directory: Path, contract: Address, pipe: int) -> None:
    chain, journal = open_files(directory)
    publisher = publisher_of(chain, journal, contract)
    publisher.recover()
    head = publisher_tick(chain, contract)
    os.write(pipe, head.to_bytes(8))
    while True:
        batch = publisher.anchor([publication(URI, JWT, NOW, TOKEN)])
        os.write(pipe, batch.tick.to_bytes(8))


def open_files(directory: Path) -> tuple[EmbeddedChain, Journal]:
    chain = EmbeddedChain.open(
        directory / "ledger.sqlite",
        sealer=VALIDATORS[0],
        clock=StillClock(NOW),
        chain_id=CHAIN_ID,
    )
    return chain, Journal(directory / "journal.sqlite")


def publisher_of(chain: EmbeddedChain, journal: Journal, contract: Address) -> Publisher:
    client = LedgerClient(EmbeddedProvider(chain), contract)
    return Publisher(LedgerWriter(client, secret("writer")), journal, STREAM, SystemEntropy())


def publisher_tick(chain: EmbeddedChain, contract: Address) -> int:
    head = LedgerClient(EmbeddedProvider(chain), contract).stream_head(STREAM)
    return 0 if head is None else head.tick


def inspect(directory: Path, contract: Address, last: int, toll: Toll) -> None:
    """Open what the kill left and count every fault."""
    logs = [path.stat().st_size for path in directory.glob("*.sqlite-wal")]
    toll.largest_wal_bytes = max(toll.largest_wal_bytes, *logs)
    began, began_cpu = time.perf_counter(), time.process_time()
    chain, journal = open_files(directory)
    chain.head()
    journal.open_batches(STREAM)
    elapsed, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    toll.slowest_reopening_ms = max(toll.slowest_reopening_ms, round(elapsed * 1000, 1))
    toll.slowest_reopening_cpu_ms = max(toll.slowest_reopening_cpu_ms, round(cpu * 1000, 1))
    client = LedgerClient(EmbeddedProvider(chain), contract)
    newest = publisher_tick(chain, contract)
    toll.lost += newest < last
    recent = client.anchors(STREAM, max(1, newest - 50), newest)
    ticks = [tick for tick, _ in recent]
    toll.doubles += len(ticks) - len(set(ticks))
    toll.gaps += ticks != list(range(max(1, newest - 50), newest + 1)) if newest else 0
    for tick, root in recent:
        batch = journal.find(STREAM, tick)
        toll.roots_that_differ += batch is None or batch.root != root
    journal.close()
    chain.close()


if __name__ == "__main__":
    main()
