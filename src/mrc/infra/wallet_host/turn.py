"""Whose turn it is with one wallet of this machine: the app, or a command, one at a time.

Two programs at once would count a PIN try once where two were made, show one copy twice, or sweep
a key that the other has just made and not yet named.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path

from mrc.infra.files import SECRET_MODE
from mrc.kernel.errors import Unavailable
from mrc.wallet.ports import WALLET_IN_USE

WAIT_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.05


class WalletTurn:
    """A turn taken by this process, with a lock file that ends with it, however it ends.

    Acts of one process share its turn; their own order is the app's business.
    """

    def __init__(self, path: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, SECRET_MODE)
        self._looks = round(wait_seconds / _LOOK_EVERY_SECONDS)
        self._acts = 0

    def close(self) -> None:
        """Give the turn back, if it was taken."""
        os.close(self._descriptor)

    @contextlib.asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Raises `Unavailable` where another process keeps the wallet longer than the wait."""
        for _ in range(self._looks):
            if self._taken():
                break
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        else:
            if not self._taken():
                raise Unavailable(WALLET_IN_USE, "finish there, then try again")
        self._acts += 1
        try:
            yield
        finally:
            self._acts -= 1
            if not self._acts:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
