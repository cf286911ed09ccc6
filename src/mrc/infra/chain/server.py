"""JSON-RPC over HTTP and WebSocket, for other processes and ordinary tools.

JSON-RPC 2.0 with batches; `eth_subscribe` for `newHeads` and `logs` over WebSocket. Whoever can
connect can send transactions, which is harmless (the contract decides). There is no login, and the
server is meant for loopback; what one caller may cost is bounded by `RpcLimits`, and the connections
themselves by `rpc_options` (`guarding.py`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from mrc.infra.chain.answering import encode, failure
from mrc.infra.chain.chain import ChainReader
from mrc.infra.chain.limits import Limit, RpcError, RpcLimits, exceeded
from mrc.infra.chain.rpc import DEFAULT_LIMITS, Admits, RpcMethods, nobody
from mrc.infra.chain.sockets import Conversation
from mrc.infra.chain.workers import Workers

_STATUS = {Limit.BODY: 413, Limit.CLIENT_TIME: 408, Limit.REQUESTS: 429, Limit.SOCKETS: 503}
_RETRY_SECONDS = 1


def make_app(
    chain: ChainReader, limits: RpcLimits = DEFAULT_LIMITS, *, admits: Admits = nobody
) -> Starlette:
    """The ASGI application over a chain; one path, HTTP POST and WebSocket.

    Transactions that `admits` knows go before strangers'.
    """
    methods = RpcMethods(chain, limits, admits=admits)
    door = _Door(methods, Workers(methods))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with contextlib.closing(door.workers):
            yield

    return Starlette(
        routes=[
            Route("/", door.over_http, methods=["POST"]),
            WebSocketRoute("/", door.over_websocket),
        ],
        lifespan=lifespan,
    )


class _Door:
    """The two ways in."""

    def __init__(self, methods: RpcMethods, workers: Workers) -> None:
        self.workers = workers
        self._methods = methods
        self._limits = methods.limits
        self._sockets = 0

    async def over_http(self, request: Request) -> Response:
        try:
            body = await self._body(request)
            return Response(await self.workers.answer(body), media_type="application/json")
        except RpcError as error:
            return _refusal(error)
        except ClientDisconnect:
            return Response(status_code=400)

    async def over_websocket(self, websocket: WebSocket) -> None:
        if self._sockets >= self._limits.sockets:
            refusal = _refusal(exceeded(Limit.SOCKETS, self._limits))
            await websocket.send_denial_response(refusal)
            return
        self._sockets += 1
        try:
            await Conversation(websocket, self._methods, self.workers).run()
        finally:
            self._sockets -= 1

    async def _body(self, request: Request) -> bytes:
        """The request's body. One that is too long is read a little further, then given up.

        Answering at once would make the system reset the connection, and the client would never
        read why. Raises `RpcError`.
        """
        most, body, came = self._limits.body_bytes, bytearray(), 0
        try:
            async with asyncio.timeout(self._limits.client_seconds):
                async for chunk in request.stream():
                    came += len(chunk)
                    body += chunk[: max(0, most - len(body))]
                    if came > 2 * most:
                        break
        except TimeoutError as error:
            raise exceeded(Limit.CLIENT_TIME, self._limits) from error
        if came > most:
            raise exceeded(Limit.BODY, self._limits)
        return bytes(body)


def _refusal(error: RpcError) -> Response:
    """A limit's error over HTTP. The connection ends: what is left of the request is not read."""
    status = next((code for limit, code in _STATUS.items() if _names(error, limit)), 200)
    headers = {} if status == 200 else {"connection": "close"}
    if status in (429, 503):
        headers["retry-after"] = str(_RETRY_SECONDS)
    return Response(encode(failure(None, error)), status, headers, "application/json")


def _names(error: RpcError, limit: Limit) -> bool:
    return isinstance(error.data, dict) and error.data.get("limit") == limit.field
