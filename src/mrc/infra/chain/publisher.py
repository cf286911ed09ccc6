"""Anchoring what was published, on a fixed timetable, without doubles.

A batch is written to the journal before it is sent; after a crash the same batch is sent again
or found on the chain. The contract accepts each tick once and only the next one, so nothing can
be anchored twice or skipped. Changed or not, every tick anchors: an anchor per event would
publish when somebody lost a phone.
"""

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from mrc.infra.chain.client import LedgerWriter, Wanted
from mrc.kernel.errors import MrcError, Rejected, Unavailable
from mrc.kernel.ports import Entropy
from mrc.ledger.anchors import SALT_BYTES, AnchoredPublication, Batch, Publication
from mrc.ledger.headers import Address
from mrc.ledger.proofs import CLAUSE
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import StreamId

ATTEMPTS = 3
NO_FACTS = Wanted()
_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
  stream BLOB NOT NULL, tick INTEGER NOT NULL, root BLOB NOT NULL, entries TEXT NOT NULL,
  anchored INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (stream, tick)) WITHOUT ROWID;
"""


class Journal:
    """Every batch of this publisher with its salts, durable before it is sent."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def put(self, batch: Batch) -> None:
        self._db.execute(
            "INSERT INTO batch (stream, tick, root, entries) VALUES (?, ?, ?, ?)",
            (batch.stream, batch.tick, batch.root, _encode_entries(batch)),
        )

    def mark_anchored(self, batch: Batch) -> None:
        self._db.execute(
            "UPDATE batch SET anchored = 1 WHERE stream = ? AND tick = ?",
            (batch.stream, batch.tick),
        )

    def find(self, stream: StreamId, tick: int) -> Batch | None:
        row = self._db.execute(
            "SELECT entries FROM batch WHERE stream = ? AND tick = ?", (stream, tick)
        ).fetchone()
        return None if row is None else _decode_entries(stream, tick, row[0])

    def find_newest_anchored(self, stream: StreamId) -> Batch | None:
        row = self._db.execute(
            "SELECT tick, entries FROM batch WHERE stream = ? AND anchored ORDER BY tick DESC"
            " LIMIT 1",
            (stream,),
        ).fetchone()
        return None if row is None else _decode_entries(stream, row[0], row[1])

    def find_newest_about(self, stream: StreamId, prefix: str) -> Batch | None:
        """The newest anchored batch with a document whose address begins with `prefix`."""
        rows = self._db.execute(
            "SELECT tick, entries FROM batch WHERE stream = ? AND anchored"
            " AND instr(entries, ?) ORDER BY tick DESC",
            (stream, json.dumps(prefix)[:-1]),
        )
        batches = (_decode_entries(stream, tick, entries) for tick, entries in rows)
        found = (b for b in batches if any(e.uri.startswith(prefix) for e, _ in b.entries))
        return next(found, None)

    def open_batches(self, stream: StreamId) -> list[Batch]:
        """The batches that were written here and not yet seen on the chain."""
        rows = self._db.execute(
            "SELECT tick, entries FROM batch WHERE stream = ? AND NOT anchored ORDER BY tick",
            (stream,),
        ).fetchall()
        return [_decode_entries(stream, tick, entries) for tick, entries in rows]


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
        self._bundles: dict[tuple[str, str], bytes] = {}  # of the newest tick

    def take_stream(self) -> None:
        """Accept the council's nomination; nothing to do where it was accepted before."""
        writer = self._writer.client.read("streams", self.stream)[1]
        if bytes.fromhex(str(writer)[2:]) != self._writer.address:
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

    def last_about(self, prefix: str) -> tuple[Publication, ...]:
        """What this stream last anchored of the documents whose address begins with `prefix`."""
        batch = self._journal.find_newest_about(self.stream, prefix)
        entries = () if batch is None else batch.entries
        return tuple(entry for entry, _ in entries if entry.uri.startswith(prefix))

    @property
    def writer(self) -> Address:
        """The address of the stream's writer key."""
        return self._writer.address

    def bundle(self, uri: str, media_type: str, facts: Wanted = NO_FACTS) -> bytes:
        """The proof bundle to be served beside a published document; made once a tick.

        `facts` go with it: the same ones for one document at every call. Raises `Unavailable` where
        the document is not in the newest tick.
        """
        known = self._bundles  # a tick puts a new one in its place
        made = known.get((uri, media_type))
        if made is None:
            made = known[uri, media_type] = self.bundle_of([(uri, media_type)], facts)
        return made

    def bundle_of(self, documents: Sequence[tuple[str, str]], facts: Wanted = NO_FACTS) -> bytes:
        """One bundle of several documents (address, media type) and other facts, for offline use."""
        with self._lock:
            proofs = [self._prove(uri, media_type) for uri, media_type in documents]
            return self._writer.client.bundle(replace(facts, publications=proofs))

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
        self._bundles = {}

    def _is_anchored(self, batch: Batch) -> bool:
        root = self._writer.client.anchor(self.stream, batch.tick)
        if not any(root):
            return False
        if root != batch.root:
            raise Rejected(Reason.CONTRADICTION, CLAUSE, f"another root at tick {batch.tick}")
        return True


class AnchorMetrics:
    """How old each stream's newest anchor is, for the alarm."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._age = Gauge(
            "mrc_ledger_anchor_age_seconds",
            "Seconds since the newest anchor of a stream",
            ["stream"],
            registry=registry,
        )

    def observe(self, stream: StreamId, *, anchored_at: datetime, now: datetime) -> None:
        self._age.labels(stream=stream.hex()[:16]).set((now - anchored_at).total_seconds())


def _encode_entries(batch: Batch) -> str:
    return json.dumps(
        [
            [entry.uri, entry.media_type, entry.iat, entry.digest.hex(), salt.hex()]
            for entry, salt in batch.entries
        ]
    )


def _decode_entries(stream: StreamId, tick: int, text: str) -> Batch:
    return Batch(
        stream=stream,
        tick=tick,
        entries=tuple(
            (
                Publication(uri=uri, media_type=media_type, iat=iat, digest=bytes.fromhex(digest)),
                bytes.fromhex(salt),
            )
            for uri, media_type, iat, digest, salt in json.loads(text)
        ),
    )
