"""The card side of vsmartcard's vpcd: our software card in a PC/SC reader slot.

Wire: two bytes of length, then the body, both ways. One-byte bodies are control: 00 power off,
01 power on, 02 reset, 04 "send the ATR". vpcd writes length and body apart, without TCP_NODELAY;
unless TCP_QUICKACK is set again after every recv, Nagle's algorithm waits 40 ms for our delayed
acknowledgement.
"""

import socket
from collections.abc import Callable
from contextlib import suppress

from mrc.ic_card.chip.card import Card
from mrc.kernel.errors import Unavailable
from mrc.kernel.inline import run_inline

DEFAULT_PORT = 35963
_OFF, _ON, _RESET, _ATR = 0, 1, 2, 4
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux only


class VpcdSlot:
    """One connection to vpcd: the card is in the reader while it lasts."""

    def __init__(self, address: tuple[str, int], *, connect_seconds: float = 5.0) -> None:
        try:
            self._socket = socket.create_connection(address, timeout=connect_seconds)
        except OSError as error:
            raise Unavailable("vpcd", f"{address[0]}:{address[1]}: {error.strerror}") from error
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._acknowledge()

    def close(self) -> None:
        """Take the card out of the reader. May be called from another thread."""
        with suppress(OSError):  # the other side may have been faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _acknowledge(self) -> None:
        if _QUICKACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def _receive(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            try:
                part = self._socket.recv(size - len(data))
                if part:
                    self._acknowledge()
            except OSError:
                part = b""
            if not part:
                return None
            data += part
        return data

    def _send(self, body: bytes) -> bool:
        try:
            self._socket.sendall(len(body).to_bytes(2) + body)
        except OSError:
            return False
        return True

    def serve(
        self,
        card: Card,
        *,
        before: Callable[[bytes], None] = lambda _: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """Answer until the reader goes away. Faults are made in `before` and `after` a command."""
        while True:
            head = self._receive(2)
            body = None if head is None else self._receive(int.from_bytes(head))
            if body is None:
                return
            if len(body) == 1:
                answer = self._control(card, body[0])
            else:
                before(body)
                answer = run_inline(card.process(body))
                after()
            if answer is not None and not self._send(answer):
                return

    def _control(self, card: Card, code: int) -> bytes | None:
        if code in (_OFF, _ON, _RESET):
            card.reset()
            return None
        # vpcd polls the ATR to see whether the card is still there: no reset
        return card.atr if code == _ATR else b"\x67\x00"
