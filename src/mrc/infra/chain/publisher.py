"""Anchoring what was published, on a fixed timetable, without doubles.

A batch is written to the journal before it is sent; after a crash the same batch is sent again
or found on the chain. The contract accepts each tick once and only the next one, so nothing can
be anchored twice or skipped. Changed or not, every tick anchors: an anchor per event would
publish when somebody lost a phone.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from mrc.infra.chain.client import LedgerWriter, Wanted
from mrc.infra.chain.journal import Journal
from mrc.kernel.errors import MrcError, Rejected, Unavailable
from mrc.kernel.ports import Clock, Entropy
from mrc.ledger.anchors import SALT_BYTES, AnchoredPublication, Batch, Publication
from mrc.ledger.headers import Address
from mrc.ledger.proofs import CLAUSE
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import StreamId

ATTEMPTS = 3
NO_FACTS = Wanted()


class Publisher:
    """The one writer of one stream."""

    def __init__(
        self, writer: LedgerWriter, journal: Journal, stream: StreamId, entropy: Entropy
    ) -> None:
        self._writer = writer
        self._journal = journal
        self.stream = stream
        self.last_seen: datetime | None = None  # the newest anchor's time, for the alarm
        self._entropy = entropy
        self._lock = threading.Lock()  # a tick and a proof never overlap

    def take_stream(self) -> None:
        """Accept the council's nomination; nothing to do where it was accepted before.

        Raises `Unavailable` where the council has given the stream to somebody else, or nobody.
        """
        _, holder, nominee = self._writer.client.read("streams", self.stream)
        mine = "0x" + self._writer.address.hex()
        if holder.lower() == mine:
            return
        if nominee.lower() != mine:
            raise Unavailable("stream", f"the council has not given it to {mine}")
        self._writer.write("take_stream", self.stream)

    def anchor(self, publications: Sequence[Publication]) -> Batch:
        """Anchor the publications at the next tick, after finishing what a crash left open.

        Raises `Unavailable` where the ledger does not answer: call again, nothing doubles.
        Raises `Rejected` where the chain holds another root than the journal.
        """
        if not publications:
            raise ValueError("a tick anchors at least one publication")
        with self._lock:
            self._recover()
            batch = Batch(
                stream=self.stream,
                tick=self._next_tick(),
                entries=tuple((entry, self._entropy.token(SALT_BYTES)) for entry in publications),
            )
            self._journal.put(batch)
            self._settle(batch)
            return batch

    def recover(self) -> None:
        """Bring every batch of the journal onto the chain, or find it there."""
        with self._lock:
            self._recover()

    def anchored_at(self) -> datetime | None:
        """When the stream's newest tick was sealed."""
        head = self._writer.client.stream_head(self.stream)
        if head is not None:
            self.last_seen = head.anchored_at
        return self.last_seen

    def newest(self) -> tuple[Publication, ...]:
        """What the newest tick of the journal anchored."""
        batch = self._journal.find_newest_anchored(self.stream)
        return () if batch is None else tuple(entry for entry, _ in batch.entries)

    @property
    def writer(self) -> Address:
        """The address of the stream's writer key."""
        return self._writer.address

    def bundle_of(self, documents: Sequence[tuple[str, str]], facts: Wanted = NO_FACTS) -> bytes:
        """One bundle of documents (address, media type) and other facts, at the newest block.

        Raises `Unavailable` where a document is not in the newest tick.
        """
        with self._lock:
            proofs = [self._prove(uri, media_type) for uri, media_type in documents]
            return self._writer.client.bundle(replace(facts, publications=proofs))

    def proof_of(self, facts: Wanted) -> bytes:
        """A bundle of `facts` at the newest block. Raises `Unavailable`."""
        with self._lock:
            return self._writer.client.bundle(facts)

    def newest_batch(self) -> Batch | None:
        """The newest tick of the journal that is on the chain."""
        return self._journal.find_newest_anchored(self.stream)

    def _prove(self, uri: str, media_type: str) -> AnchoredPublication:
        batch = self._journal.find_newest_anchored(self.stream)
        for index, (entry, _) in enumerate(batch.entries if batch else ()):
            if batch is not None and (entry.uri, entry.media_type) == (uri, media_type):
                return batch.prove(index)
        raise Unavailable("anchor", "this document is not in the newest tick")

    def _next_tick(self) -> int:
        """The tick after the chain's newest; a node that is behind the journal is no help."""
        head = self._writer.client.stream_head(self.stream)
        tick = 1 if head is None else head.tick + 1
        if self._journal.find(self.stream, tick) is not None:
            raise Unavailable("ledger", f"this node does not know tick {tick} yet")
        return tick

    def _recover(self) -> None:
        for batch in self._journal.open_batches(self.stream):
            self._settle(batch)

    def _settle(self, batch: Batch) -> None:
        """See the batch on the chain, sending it where it is not there yet."""
        last: MrcError | None = None
        for _ in range(ATTEMPTS):
            if self._is_anchored(batch):
                break
            try:
                self._writer.write("anchor", self.stream, batch.tick, batch.root)
            except MrcError as error:
                last = error
        if not self._is_anchored(batch):
            raise last or Unavailable("ledger", "the anchor is not on the chain")
        self._journal.mark_anchored(batch)

    def _is_anchored(self, batch: Batch) -> bool:
        root = self._writer.client.anchor(self.stream, batch.tick)
        if not any(root):
            return False
        if root != batch.root:
            raise Rejected(Reason.CONTRADICTION, CLAUSE, f"another root at tick {batch.tick}")
        return True


class AnchorMetrics:
    """How old each stream's newest anchor is whenever somebody looks, also where no tick comes."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._age = Gauge(
            "mrc_ledger_anchor_age_seconds",
            "Seconds since the newest anchor of a stream",
            ["stream"],
            registry=registry,
        )

    def observe(self, stream: StreamId, *, anchored_at: datetime) -> None:
        def age() -> float:
            return (self._clock.now() - anchored_at).total_seconds()

        self._age.labels(stream=stream.hex()[:16]).set_function(age)
