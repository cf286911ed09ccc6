"""The audit log's file: entries, subtree hashes, published heads, and the salts apart.

Append-only: nothing here changes or deletes an entry. An act is appended by the number its own
store gave it (`source`), so whoever pumps acts into the log may repeat itself after a crash.
Salts can be destroyed (`forget`): the entry stays, and nobody can tell any more whom it means.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mrc.kernel.ports import Entropy
from mrc.ledger.anchors import Publication, audit_publication
from mrc.ledger.audit import SALT_BYTES, AuditEntry, commit
from mrc.ledger.merkle_log import MerkleLog

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
  place INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, leaf BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS node (
  level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (level, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS head (
  iat INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS salt (
  place INTEGER PRIMARY KEY, actor BLOB NOT NULL, subject BLOB NOT NULL, detail BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedAct:
    """What happened, in clear: only commitments to the last three reach the log."""

    source: str
    kind: str
    at: datetime
    actor: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """A head of the log as it was published."""

    published_at: datetime
    size: int
    root: bytes

    @property
    def publication(self) -> Publication:
        return audit_publication(self.published_at, self.size, self.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Salts:
    actor: bytes
    subject: bytes
    detail: bytes


class AuditLog:
    """The log's one writer, or any reader."""

    def __init__(self, path: Path, entropy: Entropy) -> None:
        self._entropy = entropy
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.executescript(_SCHEMA)
        self._log = MerkleLog(self._node)

    def close(self) -> None:
        self._db.close()

    def append(self, *acts: AuditedAct) -> None:
        """Append the acts whose source is not in the log yet, all or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for act in acts:
                self._append(act)
            self._db.execute("COMMIT")
        except BaseException:  # a cancelled act is undone too
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def size(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(place) + 1, 0) FROM entry").fetchone()[0])

    def sources(self, kind: str) -> list[str]:
        """Every source that begins with `kind` and a colon, in the order of appending."""
        rows = self._db.execute(
            "SELECT source FROM entry WHERE source GLOB ? ORDER BY place", (f"{kind}:*",)
        )
        return [source for (source,) in rows]

    def last_number(self, kind: str) -> int:
        """The highest number among the sources ``kind:number``; 0 where there is none."""
        row = self._db.execute(
            "SELECT max(CAST(substr(source, ?) AS INTEGER)) FROM entry WHERE source GLOB ?",
            (len(kind) + 2, f"{kind}:*"),
        ).fetchone()
        return int(row[0] or 0)

    def publish(self, now: datetime) -> LogHead:
        """The head to be anchored at this tick; the same again where the second is the same."""
        iat = int(now.timestamp())
        row = self._db.execute("SELECT size, root FROM head WHERE iat = ?", (iat,)).fetchone()
        if row is None:
            size = self.size()
            row = (size, self._log.root(size))
            self._db.execute("INSERT INTO head VALUES (?, ?, ?)", (iat, *row))
        return LogHead(published_at=datetime.fromtimestamp(iat, UTC), size=row[0], root=row[1])

    def heads(self) -> list[LogHead]:
        """Every published head, oldest first."""
        rows = self._db.execute("SELECT iat, size, root FROM head ORDER BY iat").fetchall()
        return [
            LogHead(published_at=datetime.fromtimestamp(iat, UTC), size=size, root=root)
            for iat, size, root in rows
        ]

    def leaves(self) -> Iterator[bytes]:
        """Every entry as it was hashed, in order."""
        for (leaf,) in self._db.execute("SELECT leaf FROM entry ORDER BY place"):
            yield leaf

    def leaf(self, place: int) -> bytes:
        row = self._db.execute("SELECT leaf FROM entry WHERE place = ?", (place,)).fetchone()
        if row is None:
            raise ValueError("no such entry")
        leaf: bytes = row[0]
        return leaf

    def prove_inclusion(self, place: int, size: int) -> tuple[bytes, ...]:
        return self._log.inclusion(place, size)

    def prove_consistency(self, earlier: int, size: int) -> tuple[bytes, ...]:
        return self._log.consistency(earlier, size)

    def find_salts(self, place: int) -> Salts | None:
        """What opens the entry's commitments; None once forgotten."""
        row = self._db.execute(
            "SELECT actor, subject, detail FROM salt WHERE place = ?", (place,)
        ).fetchone()
        return None if row is None else Salts(actor=row[0], subject=row[1], detail=row[2])

    def forget(self, place: int) -> None:
        """Destroy the salts: from now on the entry speaks of nobody."""
        self._db.execute("DELETE FROM salt WHERE place = ?", (place,))

    def _append(self, act: AuditedAct) -> None:
        known = self._db.execute("SELECT 1 FROM entry WHERE source = ?", (act.source,))
        if known.fetchone() is not None:
            return
        place = self.size()
        salts = [self._entropy.token(SALT_BYTES) for _ in range(3)]
        leaf = AuditEntry(
            kind=act.kind,
            at=act.at,
            actor=commit(act.actor, salts[0]),
            subject=commit(act.subject, salts[1]),
            detail=commit(act.detail, salts[2]),
        ).encode()
        self._db.execute("INSERT INTO entry VALUES (?, ?, ?)", (place, act.source, leaf))
        self._db.execute("INSERT INTO salt VALUES (?, ?, ?, ?)", (place, *salts))
        for node in self._log.nodes_for(place, leaf):
            self._db.execute(
                "INSERT INTO node VALUES (?, ?, ?)", (node.level, node.place, node.hash)
            )

    def _node(self, level: int, place: int) -> bytes:
        row = self._db.execute(
            "SELECT hash FROM node WHERE level = ? AND place = ?", (level, place)
        ).fetchone()
        if row is None:
            raise ValueError("the log lacks a subtree")
        digest: bytes = row[0]
        return digest
