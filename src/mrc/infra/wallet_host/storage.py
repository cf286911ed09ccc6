"""Records and keys of one wallet in one SQLite file of mode 600.

Software keys (practice only) are stored sealed under the host's device secret, a file beside the
database; a production desktop would hold them in a TPM behind the same ports.
"""

import contextlib
import hashlib
import hmac
import os
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mrc.infra.files import SECRET_MODE, read_secret, write_secret
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Signer
from mrc.wallet.ports import KeyId

_SCHEMA = """
create table if not exists record (name text primary key, value blob not null);
create table if not exists key (id text primary key, sealed blob not null);
"""
_IV_BYTES = 12


class FileDeviceSecret:
    """A `DeviceSecret` in a file: what a host without secure hardware can offer."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            write_secret(path, os.urandom(32))
        self._key = read_secret(path)

    def __repr__(self) -> str:
        return "FileDeviceSecret()"

    async def mix(self, data: bytes) -> bytes:
        return self.mix_now(data)

    def mix_now(self, data: bytes) -> bytes:
        return hmac.digest(self._key, data, hashlib.sha256)


class WalletFile:
    """The wallet's SQLite file. A write waits at most five seconds for another process's.

    A file that is there is opened by SQLite alone: closing any other descriptor of it would end
    this process's POSIX locks, and the next program to leave would take the log away under it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.touch(mode=SECRET_MODE, exist_ok=False)
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        self.connection.execute("pragma journal_mode = wal")
        self.connection.execute("pragma synchronous = full")
        self.connection.execute("pragma secure_delete = on")
        self.connection.executescript(_SCHEMA)

    def close(self) -> None:
        self.connection.close()


class FileRecordStore:
    """The wallet's `RecordStore`."""

    def __init__(self, file: WalletFile) -> None:
        self._file = file

    async def read(self, name: str) -> bytes | None:
        row = self._file.connection.execute(
            "select value from record where name = ?", (name,)
        ).fetchone()
        return None if row is None else bytes(row[0])

    async def names(self, prefix: str) -> Sequence[str]:
        rows = self._file.connection.execute(
            "select name from record where substr(name, 1, ?) = ? order by name",
            (len(prefix), prefix),
        )
        return [row[0] for row in rows]

    async def commit(self, writes: Mapping[str, bytes | None]) -> None:
        connection = self._file.connection
        connection.execute("begin immediate")
        try:
            for name, value in writes.items():
                if value is None:
                    connection.execute("delete from record where name = ?", (name,))
                else:
                    connection.execute("insert or replace into record values (?, ?)", (name, value))
        except sqlite3.Error:
            connection.execute("rollback")
            raise
        connection.execute("commit")


class FileKeyStore:
    """The wallet's `KeyStore`: software keys, sealed under the device secret."""

    def __init__(self, file: WalletFile, device: FileDeviceSecret) -> None:
        self._file = file
        self._cipher = AESGCM(device.mix_now(b"wallet keys"))

    async def create(self, count: int) -> Sequence[KeyId]:
        made = [(str(uuid.uuid4()), SoftwareSigner.generate()) for _ in range(count)]
        rows = [(key_id, self._seal(key_id, signer.to_pem())) for key_id, signer in made]
        connection = self._file.connection
        connection.execute("begin immediate")
        connection.executemany("insert into key values (?, ?)", rows)
        connection.execute("commit")
        return [KeyId(key_id) for key_id, _ in made]

    async def signer(self, key_id: KeyId) -> Signer:
        row = self._file.connection.execute(
            "select sealed from key where id = ?", (key_id,)
        ).fetchone()
        if row is None:
            raise Unavailable("signing key", "there is no such key in this wallet")
        iv, sealed = row[0][:_IV_BYTES], row[0][_IV_BYTES:]
        return SoftwareSigner.from_pem(self._cipher.decrypt(iv, sealed, key_id.encode()))

    async def forget(self, key_ids: Sequence[KeyId]) -> None:
        connection = self._file.connection
        connection.execute("begin immediate")
        connection.executemany("delete from key where id = ?", [(key,) for key in key_ids])
        connection.execute("commit")

    async def known(self) -> Sequence[KeyId]:
        return [KeyId(row[0]) for row in self._file.connection.execute("select id from key")]

    def _seal(self, key_id: str, pem: bytes) -> bytes:
        iv = os.urandom(_IV_BYTES)
        return iv + self._cipher.encrypt(iv, pem, key_id.encode())
