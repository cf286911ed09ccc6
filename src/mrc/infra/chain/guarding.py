"""The RPC server's connections: how many, how slow, and how much of a head they may send.

uvicorn's own protocols with three timers that it has not: a request's head must arrive within
`client_seconds` of its first byte, a connection that sends nothing ends after as long, and so does
one that leaves an answer unread. h11 bounds the head's size.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from mrc.infra.chain.answering import encode, failure
from mrc.infra.chain.limits import Limit, RpcLimits, exceeded

_LINGER_SECONDS = 1.0

if TYPE_CHECKING:
    _Base = asyncio.Protocol
else:
    _Base = object


class _Unread(_Base):
    """Ends a connection whose answer stays unread: a closed one would keep it for ever."""

    limits: RpcLimits
    transport: asyncio.Transport
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).set_write_buffer_limits(high=0)  # tell of every wait
        super().connection_made(transport)

    def pause_writing(self) -> None:
        super().pause_writing()
        loop = asyncio.get_running_loop()
        self._unread = loop.call_later(self.limits.client_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class GuardedHttp(_Unread, H11Protocol):
    """One HTTP connection. `limits` are set by `rpc_options`."""

    _head: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse()
        else:
            self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        upgraded = self.transport.get_protocol() is not self
        if upgraded or (self.cycle is not None and not self.cycle.response_complete):
            self._stop_head()
        elif self._head is None:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._head = self.loop.call_later(self.limits.client_seconds, self.transport.abort)

    def _stop_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _refuse(self) -> None:
        """Say why, then let the client end the connection: a reset could overtake the answer."""
        self._refused = True
        body = encode(failure(None, exceeded(Limit.CONNECTIONS, self.limits)))
        head = (
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nretry-after: 1\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.write_eof()
        self._head = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)


class GuardedWebSocket(_Unread, WebSocketsSansIOProtocol):
    """One WebSocket. `limits` are set by `rpc_options`."""


def rpc_options(limits: RpcLimits) -> Mapping[str, Any]:
    """What uvicorn is to be told (`mrc.infra.serving`). `Any`: its options have many types.

    A WebSocket message up to twice the limit is answered by an error; a longer one ends the socket
    (RFC 6455, 1009). Compression is off: a short message could unpack to a long one.
    """
    bound = {"limits": limits}
    return {
        "http": type("BoundHttp", (GuardedHttp,), bound),
        "ws": type("BoundWebSocket", (GuardedWebSocket,), bound),
        "ws_max_size": 2 * limits.body_bytes,
        "ws_per_message_deflate": False,
    }
