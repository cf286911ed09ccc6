"""What the wallet core asks of its host: keys, sealed storage, and a secret of the device.

Three hosts implement them (process, phone's browser, native shell); the core is the same in all.
Private keys never leave the host: the core names them and asks for signatures.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NewType, Protocol

from mrc.kernel.ports import Signer

KeyId = NewType("KeyId", str)

# Held during an act, it keeps other programs out that can open the same wallet. Raises
# `Unavailable(WALLET_IN_USE)` where one of them does not end.
Turn = Callable[[], AbstractAsyncContextManager[None]]
WALLET_IN_USE = "wallet, open in another program"


class KeyStore(Protocol):
    """Private keys that outlive the process, each P-256, reached by name only."""

    async def create(self, count: int) -> Sequence[KeyId]:
        """Make `count` new signing keys; they are durable when this returns."""

    async def signer(self, key_id: KeyId) -> Signer:
        """The signer of one key. Raises `Unavailable` where there is no such key."""

    async def forget(self, key_ids: Sequence[KeyId]) -> None:
        """Destroy keys; names that do not exist are passed over."""

    async def known(self) -> Sequence[KeyId]:
        """Every key there is, so that keys without a record can be swept after a crash."""


class RecordStore(Protocol):
    """Sealed records by name. What is stored is opaque to the host."""

    async def read(self, name: str) -> bytes | None: ...

    async def names(self, prefix: str) -> Sequence[str]:
        """The names that start with `prefix`, sorted."""

    async def commit(self, writes: Mapping[str, bytes | None]) -> None:
        """Write (or, for None, delete) all of `writes` or none; durable when this returns."""


class DeviceSecret(Protocol):
    """A secret that the host's hardware or browser will use but not hand out."""

    async def mix(self, data: bytes) -> bytes:
        """32 bytes: a keyed pseudo-random function of `data` under the device's secret."""
