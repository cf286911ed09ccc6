"""The embedded chain's file: blocks, transactions, logs and trie nodes in one SQLite database.

A block, its receipts, its log index, its seal and its new trie nodes are one transaction, with a
write-ahead log and synchronous FULL: what was acknowledged is on the disk. Nodes are named by
their hash and never deleted, so every state ever sealed can be read and proven. One writer holds a
lock file; any number of readers open the same file.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mrc.infra.chain.claims import claim
from mrc.infra.chain.executor import Log
from mrc.infra.chain.machine import BaseDB
from mrc.kernel.errors import Unavailable
from mrc.ledger.headers import Address

CACHED_NODES = 50_000  # about 20 MB
READ_WAIT_S = 5.0
WAL_PAGES = 1_000  # 4 MB, then it is written back: what a killed process leaves is read in 5 ms
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS node (hash BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block (
  number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tx (
  hash BLOB PRIMARY KEY, block INTEGER NOT NULL, position INTEGER NOT NULL, raw BLOB NOT NULL,
  succeeded INTEGER NOT NULL, gas_used INTEGER NOT NULL, cumulative_gas INTEGER NOT NULL,
  contract BLOB, UNIQUE (block, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
  block INTEGER NOT NULL, position INTEGER NOT NULL, tx INTEGER NOT NULL, address BLOB NOT NULL,
  topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
  PRIMARY KEY (block, position)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS log_by_topic ON log (address, topic0, topic1, topic2, block, position);
CREATE INDEX IF NOT EXISTS log_by_transaction ON log (block, tx);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlock:
    number: int
    hash: bytes
    header: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTransaction:
    hash: bytes
    block: int
    position: int
    raw: bytes
    succeeded: bool
    gas_used: int
    cumulative_gas: int
    contract: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLog:
    block: int
    position: int
    transaction: int
    log: Log


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which logs: alternatives per place, an empty place admits anything."""

    first_block: int
    last_block: int
    addresses: Sequence[bytes] = ()
    topics: Sequence[Sequence[bytes]] = ()
    limit: int = 10_000


class ChainStore:
    """The file, opened for reading by many or for writing by one."""

    def __init__(self, path: Path, *, writing: bool) -> None:
        self._lock = threading.RLock()
        self._lock_file = claim(path) if writing else None
        if not writing and not path.exists():
            raise Unavailable("ledger file", "there is none yet")
        self._db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=READ_WAIT_S
        )
        if writing:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
            self._db.executescript(_SCHEMA)
        else:
            self._db.execute("PRAGMA query_only=ON")

    def close(self) -> None:
        with self._lock:
            self._db.close()
            if self._lock_file is not None:
                self._lock_file.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside, or none."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException as error:  # a cancelled act is undone too
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise Unavailable("ledger file", str(error)) from error
                raise

    def find_meta(self, name: str) -> bytes | None:
        row = self._one("SELECT value FROM meta WHERE name = ?", name)
        return None if row is None else _blob(row[0])

    def put_meta(self, name: str, value: bytes) -> None:
        self._db.execute("INSERT INTO meta VALUES (?, ?)", (name, value))

    def find_node(self, digest: bytes) -> bytes | None:
        row = self._one("SELECT value FROM node WHERE hash = ?", digest)
        return None if row is None else _blob(row[0])

    def put_nodes(self, nodes: dict[bytes, bytes]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO node VALUES (?, ?)", nodes.items())

    def put_block(self, block: StoredBlock) -> None:
        self._db.execute(
            "INSERT INTO block VALUES (?, ?, ?)", (block.number, block.hash, block.header)
        )

    def put_transaction(self, entry: StoredTransaction) -> None:
        self._db.execute(
            "INSERT INTO tx VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.hash,
                entry.block,
                entry.position,
                entry.raw,
                entry.succeeded,
                entry.gas_used,
                entry.cumulative_gas,
                entry.contract,
            ),
        )

    def put_log(self, entry: StoredLog) -> None:
        topics = [*entry.log.topics, None, None, None, None][:4]
        place = (entry.block, entry.position, entry.transaction, entry.log.address)
        self._db.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*place, *topics, entry.log.data)
        )

    def find_newest_block(self) -> StoredBlock | None:
        return _block(
            self._one("SELECT number, hash, header FROM block ORDER BY number DESC LIMIT 1")
        )

    def find_block(self, number: int) -> StoredBlock | None:
        return _block(self._one("SELECT number, hash, header FROM block WHERE number = ?", number))

    def find_block_by_hash(self, digest: bytes) -> StoredBlock | None:
        return _block(self._one("SELECT number, hash, header FROM block WHERE hash = ?", digest))

    def find_transaction(self, digest: bytes) -> StoredTransaction | None:
        row = self._one("SELECT * FROM tx WHERE hash = ?", digest)
        return None if row is None else _transaction(row)

    def transactions_of(self, block: int) -> list[StoredTransaction]:
        rows = self._all("SELECT * FROM tx WHERE block = ? ORDER BY position", block)
        return [_transaction(row) for row in rows]

    def logs_of(self, block: int, transaction: int) -> list[StoredLog]:
        rows = self._all(
            "SELECT * FROM log WHERE block = ? AND tx = ? ORDER BY position", block, transaction
        )
        return [_log(row) for row in rows]

    def find_logs(self, wanted: LogFilter) -> list[StoredLog]:
        """The logs that a filter admits, in order, by the index where it names an address."""
        clauses, values = ["block BETWEEN ? AND ?"], [wanted.first_block, wanted.last_block]
        parameters: list[object] = list(values)
        places = [("address", wanted.addresses)]
        places += [(f"topic{place}", choices) for place, choices in enumerate(wanted.topics[:4])]
        for column, choices in places:
            if choices:
                clauses.append(f"{column} IN ({','.join('?' * len(choices))})")
                parameters.extend(choices)
        where = " AND ".join(clauses)  # built from our own column names only
        rows = self._all(
            f"SELECT * FROM log WHERE {where} ORDER BY block, position LIMIT ?",  # noqa: S608
            *parameters,
            wanted.limit,
        )
        return [_log(row) for row in rows]

    def _one(self, statement: str, *parameters: object) -> tuple[object, ...] | None:
        with self._lock:
            row: tuple[object, ...] | None = self._db.execute(statement, parameters).fetchone()
            return row

    def _all(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        with self._lock:
            return self._db.execute(statement, parameters).fetchall()


class StoredNodes(BaseDB):
    """The trie nodes as py-evm wants them: new ones wait in memory for the block's commit."""

    def __init__(self, store: ChainStore) -> None:
        self._store = store
        self._cache: dict[bytes, bytes] = {}
        self._new: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self._new.get(key) or self._cache.get(key)
        if value is None:
            value = self._store.find_node(key)
            if value is None:
                raise KeyError(key)
            self._remember({key: value})
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        if key not in self._cache:
            self._new[key] = value

    def __delitem__(self, key: bytes) -> None:
        raise ValueError("a node is never deleted")

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def write(self) -> None:
        """Put the new nodes into the store's running transaction."""
        self._store.put_nodes(self._new)

    def settle(self) -> None:
        """After the commit: the new nodes are the store's."""
        self._remember(self._new)
        self._new = {}

    def forget(self) -> None:
        """After a failure: the new nodes never were."""
        self._new = {}

    def _remember(self, nodes: dict[bytes, bytes]) -> None:
        if len(self._cache) + len(nodes) > CACHED_NODES:
            self._cache.clear()
        self._cache.update(nodes)


def _block(row: tuple[object, ...] | None) -> StoredBlock | None:
    if row is None:
        return None
    number, digest, header = row
    return StoredBlock(number=int(str(number)), hash=_blob(digest), header=_blob(header))


def _transaction(row: tuple[object, ...]) -> StoredTransaction:
    digest, block, position, raw, succeeded, gas_used, cumulative_gas, contract = row
    return StoredTransaction(
        hash=_blob(digest),
        block=int(str(block)),
        position=int(str(position)),
        raw=_blob(raw),
        succeeded=bool(succeeded),
        gas_used=int(str(gas_used)),
        cumulative_gas=int(str(cumulative_gas)),
        contract=None if contract is None else Address(_blob(contract)),
    )


def _log(row: tuple[object, ...]) -> StoredLog:
    block, position, transaction, address, *topics, data = row
    return StoredLog(
        block=int(str(block)),
        position=int(str(position)),
        transaction=int(str(transaction)),
        log=Log(
            address=Address(_blob(address)),
            topics=tuple(_blob(topic) for topic in topics if topic is not None),
            data=_blob(data),
        ),
    )


def _blob(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("the ledger file holds something that is not bytes")
    return value
