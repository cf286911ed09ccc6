"""The validator's key: seals block hashes with a recoverable secp256k1 signature.

Development and one-operator use: the key is a file with mode 600. A Besu network keeps its
validators' keys itself. Coincurve is not optional here: pure Python takes ten times as long.
"""

from pathlib import Path
from typing import Protocol

import coincurve

from mrc.infra.files import read_secret, write_secret
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import Address


class Sealer(Protocol):
    @property
    def address(self) -> Address: ...

    def seal(self, digest: bytes) -> bytes:
        """r||s||v over the 32-byte digest."""


class SoftwareSealer:
    """A secp256k1 key in memory; never shown by `repr`."""

    def __init__(self, secret: bytes) -> None:
        self._key = coincurve.PrivateKey(secret)
        public = self._key.public_key.format(compressed=False)
        self._address = Address(keccak256(public[1:])[-20:])

    @property
    def address(self) -> Address:
        return self._address

    def seal(self, digest: bytes) -> bytes:
        signature: bytes = self._key.sign_recoverable(digest, hasher=None)
        return signature


def read_or_make_secret(path: Path) -> bytes:
    """The 32-byte key at `path`, made with mode 600 where there is none.

    Raises `PermissionError` where others may read it.
    """
    if not path.exists():
        write_secret(path, coincurve.PrivateKey().secret.hex().encode() + b"\n")
    return bytes.fromhex(read_secret(path).decode().strip().removeprefix("0x"))
