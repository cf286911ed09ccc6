"""The publisher's journal: every batch with its salts, durable before it is sent.

One file for each publisher. Whoever checks what was anchored (`audit_check`) reads it too.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mrc.kernel.errors import Unavailable
from mrc.ledger.anchors import Batch, Publication
from mrc.ledger.statements import StreamId

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
  stream BLOB NOT NULL, tick INTEGER NOT NULL, root BLOB NOT NULL, entries TEXT NOT NULL,
  anchored INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (stream, tick)) WITHOUT ROWID;
"""


class Journal:
    """The batches of one or several streams. Raises `Unavailable` where the file does not serve."""

    def __init__(self, path: Path) -> None:
        with _translated():
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def take_over(self, former: Path, stream: StreamId) -> None:
        """Copy a stream's batches from another publisher's file, all or none, where here is none."""
        self._run("ATTACH DATABASE ? AS former", str(former))
        try:
            self._run(
                "INSERT INTO main.batch SELECT * FROM former.batch WHERE stream = ?"
                " AND NOT EXISTS (SELECT 1 FROM main.batch WHERE stream = ?)",
                *(stream, stream),
            )
        finally:
            self._run("DETACH DATABASE former")

    def put(self, batch: Batch) -> None:
        self._run(
            "INSERT INTO batch (stream, tick, root, entries) VALUES (?, ?, ?, ?)",
            *(batch.stream, batch.tick, batch.root, _encode_entries(batch)),
        )

    def mark_anchored(self, batch: Batch) -> None:
        self._run(
            "UPDATE batch SET anchored = 1 WHERE stream = ? AND tick = ?", batch.stream, batch.tick
        )

    def find(self, stream: StreamId, tick: int) -> Batch | None:
        rows = self._run(
            "SELECT tick, entries FROM batch WHERE stream = ? AND tick = ?", stream, tick
        )
        return _first(stream, rows)

    def find_newest_anchored(self, stream: StreamId) -> Batch | None:
        rows = self._run(
            "SELECT tick, entries FROM batch WHERE stream = ? AND anchored ORDER BY tick DESC"
            " LIMIT 1",
            stream,
        )
        return _first(stream, rows)

    def last_about(self, stream: StreamId, prefix: str) -> tuple[Publication, ...]:
        """What a stream last anchored of the documents whose address begins with `prefix`."""
        rows = self._run(
            "SELECT tick, entries FROM batch WHERE stream = ? AND anchored"
            " AND instr(entries, ?) ORDER BY tick DESC",
            *(stream, json.dumps(prefix)[:-1]),
        )
        batches = (_decode_entries(stream, tick, entries) for tick, entries in rows)
        about = (
            tuple(entry for entry, _ in batch.entries if entry.uri.startswith(prefix))
            for batch in batches
        )
        return next((found for found in about if found), ())

    def open_batches(self, stream: StreamId) -> list[Batch]:
        """The batches that were written here and not yet seen on the chain."""
        rows = self._run(
            "SELECT tick, entries FROM batch WHERE stream = ? AND NOT anchored ORDER BY tick",
            stream,
        )
        return [_decode_entries(stream, tick, entries) for tick, entries in rows]

    def _run(self, statement: str, *values: object) -> list[tuple[int, str]]:
        with _translated():
            return self._db.execute(statement, values).fetchall()


@contextmanager
def _translated() -> Iterator[None]:
    """A full disk or a damaged file ends a tick, not the process."""
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable("journal", str(error)) from error


def _first(stream: StreamId, rows: list[tuple[int, str]]) -> Batch | None:
    return _decode_entries(stream, *rows[0]) if rows else None


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
