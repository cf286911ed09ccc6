"""Kills an issuer's publisher and the ledger it sends to, again and again, and counts what was lost.

`python -m tests.simulators.publisher_kills DIRECTORY KILLS`: the ledger is a process of its own behind
its JSON-RPC, a child anchors over it as fast as it can, with its own key and journal, and
reports each acknowledged tick through a pipe. In turns the publisher, the ledger, or both at once
are killed with SIGKILL at a random moment. A publisher that lost its ledger must go on by itself
when it is back. After each round the chain is compared with the journal. Prints one JSON object.
"""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from mrc.infra.chain.client import LedgerClient
from mrc.infra.chain.ethereum import http_provider
from mrc.infra.chain.issuer_stream import IssuerStream
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.stream_files import StreamFiles
from mrc.infra.clock import SystemClock
from mrc.infra.files import write_secret
from mrc.infra.free_ports import find_free_ports
from mrc.infra.keys.software import SystemEntropy
from mrc.kernel.errors import MrcError
from mrc.ledger.anchors import publication
from mrc.ledger.proofs import LedgerTrust
from tests.simulators.ledger_server import start_ledger
from tests.simulators.ledger_world import ISSUER, JWT, NOW, STREAM, TOKEN, URI, make_world, secret

LONGEST_LIFE_S = 0.3
PATIENCE_S = 60.0
RETRY_S = 0.02


class Victim(Enum):
    PUBLISHER = "publisher"
    LEDGER = "ledger"
    BOTH = "both"


@dataclass
class Toll:
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    gaps: int = 0
    doubles: int = 0
    roots_that_differ: int = 0
    unsettled: int = 0
    publishers_that_did_not_go_on: int = 0


class Campaign:
    """The two processes and what they left behind."""

    def __init__(self, directory: Path) -> None:
        world = make_world(directory)
        self.trust: LedgerTrust = world.trust
        world.close()
        self._directory = directory
        self._port = find_free_ports(1)
        self._files = StreamFiles(
            key=directory / "writer.key",
            journal=directory / "anchors.sqlite",
            former=directory / "journal.sqlite",
        )
        write_secret(self._files.key, secret("writer").hex().encode())
        write_secret(directory / "validator", secret("validator 0").hex().encode())
        self._ledger = self._start()
        self.toll = Toll()

    def close(self) -> None:
        self._ledger.terminate()
        self._ledger.wait(10)

    def round(self, victim: Victim, life: float) -> None:
        """Kill `life` seconds after the first acknowledgement, look, and count."""
        child, pipe = self._publish()
        said = _Acknowledged(pipe)
        self.toll.publishers_that_did_not_go_on += not said.another()
        time.sleep(life)
        if victim is not Victim.PUBLISHER:
            self._kill_ledger()
        if victim is Victim.LEDGER:
            self._ledger = self._start()
            said.drain()
            self.toll.publishers_that_did_not_go_on += not said.another()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if victim is Victim.BOTH:
            self._ledger = self._start()
        said.drain()
        os.close(pipe)
        self.toll.kills += 1
        self._inspect(said.last)

    def _start(self) -> "subprocess.Popen[bytes]":
        key = str(self._directory / "validator")
        return start_ledger(self._directory, self._port, "--key-file", key)

    def _kill_ledger(self) -> None:
        self._ledger.kill()
        self._ledger.wait()

    def _publish(self) -> tuple[int, int]:
        """A child that anchors until it is killed; its process and the pipe it reports through."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._anchor_for_ever(writing)
            os._exit(1)
        os.close(writing)
        return child, reading

    def _anchor_for_ever(self, pipe: int) -> None:
        stream = IssuerStream(
            ISSUER,
            self._files,
            http_provider(f"http://127.0.0.1:{self._port}"),
            trust=self.trust,
            clock=SystemClock(),
            entropy=SystemEntropy(),
        )
        while True:
            try:
                batch = stream.open().publisher.anchor([publication(URI, JWT, NOW, TOKEN)])
            except MrcError:
                time.sleep(RETRY_S)
            else:
                os.write(pipe, batch.tick.to_bytes(8))

    def _inspect(self, last: int) -> None:
        url = f"http://127.0.0.1:{self._port}"
        client = LedgerClient(http_provider(url), self.trust.contract)
        head = client.stream_head(STREAM)
        newest = 0 if head is None else head.tick
        first = max(1, newest - 200)
        ticks = client.anchors(STREAM, first, newest)
        numbers, toll = [tick for tick, _ in ticks], self.toll
        toll.acknowledged = max(toll.acknowledged, last)
        toll.lost += newest < last
        toll.doubles += len(numbers) - len(set(numbers))
        toll.gaps += numbers != list(range(first, newest + 1))
        with closing(Journal(self._files.journal)) as journal:
            batches = ((journal.find(STREAM, tick), root) for tick, root in ticks)
            toll.roots_that_differ += sum(b is None or b.root != root for b, root in batches)
            toll.unsettled += len(journal.open_batches(STREAM)) > 1


class _Acknowledged:
    """The ticks that came through a pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._bytes = b""

    @property
    def last(self) -> int:
        whole = len(self._bytes) // 8 * 8
        return int.from_bytes(self._bytes[whole - 8 : whole]) if whole else 0

    def another(self) -> bool:
        """Whether one more comes in time."""
        ready, _, _ = select.select([self._pipe], [], [], PATIENCE_S)
        self._bytes += os.read(self._pipe, 8) if ready else b""
        return bool(ready)

    def drain(self) -> None:
        """Everything that was said so far."""
        while select.select([self._pipe], [], [], 0)[0]:
            more = os.read(self._pipe, 65_536)
            if not more:
                return
            self._bytes += more


def main() -> None:
    directory, kills = Path(sys.argv[1]), int(sys.argv[2])
    victims, chance = list(Victim), random.Random(8230)
    with closing(Campaign(directory)) as campaign:
        for number in range(kills):
            life = chance.uniform(0.0, LONGEST_LIFE_S)
            campaign.round(victims[number % len(victims)], life)
    sys.stdout.write(json.dumps(vars(campaign.toll)) + "\n")


if __name__ == "__main__":
    main()
