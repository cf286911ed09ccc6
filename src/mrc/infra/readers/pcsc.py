"""Genuine readers through PC/SC (pyscard, an optional extra: `pip install mrc[pcsc]`)."""

import asyncio
import time
from contextlib import suppress

from mrc.ic_card.terminal.transport import TagLost
from mrc.kernel.errors import Unavailable

_POLL_SECONDS = 0.1


def list_readers() -> list[str]:
    """Names of all readers. Raises `Unavailable` without pyscard or without a daemon."""
    return [str(reader) for reader in _readers()]


def _readers() -> list[object]:
    try:
        from smartcard.Exceptions import SmartcardException
        from smartcard.System import readers
    except ImportError as error:
        raise Unavailable("PC/SC", "pyscard is not installed (pip install mrc[pcsc])") from error
    try:
        return list(readers())
    except SmartcardException as error:
        raise Unavailable("PC/SC", "the daemon does not answer") from error


class PcscTransport:
    """A card in a reader. PC/SC blocks, so each call has a thread: a wallet serves pages meanwhile."""

    def __init__(
        self, reader: str | None = None, *, wait_seconds: float = 10.0, extended_length: bool = True
    ) -> None:
        self._wanted = reader
        self._wait = wait_seconds
        self._extended = extended_length
        self._connection: object | None = None

    @property
    def extended_length(self) -> bool:
        return self._extended

    async def connect(self) -> bytes:
        """The first reader of the wanted name that has a card; its answer to reset."""
        self.close()
        deadline = time.monotonic() + self._wait
        while True:
            atr = await asyncio.to_thread(self._try_readers)
            if atr is not None:
                return atr
            if time.monotonic() >= deadline:
                raise Unavailable("card", "no card in a reader")
            await asyncio.sleep(_POLL_SECONDS)

    def _try_readers(self) -> bytes | None:
        from smartcard.Exceptions import SmartcardException
        from smartcard.scard import SCARD_UNPOWER_CARD

        for reader in _readers():
            if self._wanted is not None and self._wanted not in str(reader):
                continue
            connection = reader.createConnection()  # type: ignore[attr-defined]  # pyscard has no types
            try:
                connection.connect(disposition=SCARD_UNPOWER_CARD)
            except SmartcardException:
                continue
            self._connection = connection
            return bytes(connection.getATR())
        return None

    async def transceive(self, command: bytes) -> bytes:
        return await asyncio.to_thread(self._transmit, command)

    def _transmit(self, command: bytes) -> bytes:
        from smartcard.Exceptions import SmartcardException

        if self._connection is None:
            raise TagLost("not connected")
        try:
            data, sw1, sw2 = self._connection.transmit(list(command))  # type: ignore[attr-defined]  # pyscard has no types
        except SmartcardException as error:
            self.close()
            raise TagLost(str(error)) from error
        return bytes((*data, sw1, sw2))

    def close(self) -> None:
        """Power the card off and let it go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            from smartcard.Exceptions import SmartcardException

            with suppress(SmartcardException):  # the card may be gone already
                connection.disconnect()  # type: ignore[attr-defined]  # pyscard has no types
