"""JSON-RPC over HTTP and WebSocket, for other processes and ordinary tools.

JSON-RPC 2.0 with batches; `eth_subscribe` for `newHeads` and `logs` over WebSocket. Whoever can
connect can send transactions, which is harmless (the contract decides), but the server is meant
for loopback: it has no login and no rate limit.
"""

import asyncio
import json
import secrets
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from mrc.formats import json_text
from mrc.infra.chain import views
from mrc.infra.chain.chain import ChainReader, EmbeddedChain
from mrc.infra.chain.rpc import RpcError, RpcMethods
from mrc.infra.chain.store import StoredBlock
from mrc.kernel.errors import Malformed

MAX_REQUEST_BYTES = 2_000_000
MAX_BATCH = 1_000
MAX_SUBSCRIPTIONS = 64
MAX_UNSENT_BLOCKS = 1_000
_PARSE, _INVALID = -32700, -32600
Json = dict[str, object]


def make_app(chain: ChainReader) -> Starlette:
    """The ASGI application over a chain; one path, HTTP POST and WebSocket."""
    methods = RpcMethods(chain)

    async def over_http(request: Request) -> Response:
        body = await request.body()
        answer = await asyncio.to_thread(answer_text, methods, body)
        return Response(answer, media_type="application/json")

    async def over_websocket(websocket: WebSocket) -> None:
        await _Conversation(websocket, methods).run()

    return Starlette(
        routes=[
            Route("/", over_http, methods=["POST"]),
            WebSocketRoute("/", over_websocket),
        ]
    )


def answer_text(methods: RpcMethods, body: bytes) -> bytes:
    """The answer to one request or a batch."""
    request = _parse(body)
    if isinstance(request, list):
        if not 0 < len(request) <= MAX_BATCH:
            return _encode(_failure(None, RpcError(_INVALID, f"1 to {MAX_BATCH} requests")))
        return _encode(_answer_all(methods, request))
    return _encode(_answer(methods, request))


def _answer_all(methods: RpcMethods, requests: list[object]) -> list[Json]:
    """A batch; one of transactions alone is sealed together."""
    try:
        read = [_read(request) for request in requests]
        if any(method != "eth_sendRawTransaction" for _, method, _ in read):
            return [_answer(methods, request) for request in requests]
        results = methods.send_many([params for _, _, params in read])
    except (RpcError, Malformed):
        return [_answer(methods, request) for request in requests]
    return [
        _failure(identifier, result)
        if isinstance(result, RpcError)
        else _success(identifier, result)
        for (identifier, _, _), result in zip(read, results, strict=True)
    ]


def _parse(body: bytes | str) -> object:
    if len(body) > MAX_REQUEST_BYTES:
        return None
    try:
        return json_text.decode(body)
    except Malformed:
        return None


def _answer(methods: RpcMethods, request: object) -> Json:
    try:
        identifier, method, params = _read(request)
    except RpcError as error:
        return _failure(None, error)
    try:
        return _success(identifier, methods.answer(method, params))
    except RpcError as error:
        return _failure(identifier, error)


def _read(request: object) -> tuple[object, str, list[object]]:
    if request is None:
        raise RpcError(_PARSE, "not JSON, or too long")
    if not isinstance(request, dict):
        raise RpcError(_INVALID, "not a request")
    method, params = request.get("method"), request.get("params", [])
    if not isinstance(method, str) or not isinstance(params, list):
        raise RpcError(_INVALID, "method is a string, params an array")
    return request.get("id"), method, params


def _success(identifier: object, result: object) -> Json:
    return {"jsonrpc": "2.0", "id": identifier, "result": result}


def _failure(identifier: object, error: RpcError) -> Json:
    body: Json = {"code": error.code, "message": error.message}
    if error.data is not None:
        body["data"] = error.data
    return {"jsonrpc": "2.0", "id": identifier, "error": body}


def _encode(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


class _Conversation:
    """One WebSocket: requests in their order, and what was subscribed."""

    def __init__(self, websocket: WebSocket, methods: RpcMethods) -> None:
        self._websocket = websocket
        self._methods = methods
        self._subscriptions: dict[str, tuple[str, object]] = {}
        self._blocks: asyncio.Queue[StoredBlock] = asyncio.Queue(MAX_UNSENT_BLOCKS)

    async def run(self) -> None:
        await self._websocket.accept()
        stop = self._listen()
        teller = asyncio.create_task(self._tell())
        try:
            while True:
                text = await self._websocket.receive_text()
                await self._websocket.send_text((await self._reply(text)).decode())
        except WebSocketDisconnect:
            pass
        finally:
            stop()
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)

    def _listen(self) -> Callable[[], None]:
        """Blocks are sealed on another thread: hand them to this loop, drop what is not read."""
        chain, loop = self._methods.chain, asyncio.get_running_loop()
        if not isinstance(chain, EmbeddedChain):
            return lambda: None

        def put(block: StoredBlock) -> None:
            if not self._blocks.full():
                self._blocks.put_nowait(block)

        def hand_over(block: StoredBlock) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(put, block)

        return chain.listen(hand_over)

    async def _reply(self, text: str) -> bytes:
        request = _parse(text)
        if isinstance(request, dict) and request.get("method") == "eth_subscribe":
            return _encode(self._subscribe(request))
        if isinstance(request, dict) and request.get("method") == "eth_unsubscribe":
            return _encode(self._unsubscribe(request))
        return await asyncio.to_thread(answer_text, self._methods, text.encode())

    def _subscribe(self, request: Json) -> Json:
        try:
            identifier, _, params = _read(request)
        except RpcError as error:
            return _failure(None, error)
        kind = params[0] if params else None
        wanted = params[1] if len(params) > 1 else {}
        if kind not in ("newHeads", "logs") or len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            return _failure(identifier, RpcError(_INVALID, "newHeads or logs, and not too many"))
        name = "0x" + secrets.token_hex(16)
        self._subscriptions[name] = (str(kind), wanted)
        return _success(identifier, name)

    def _unsubscribe(self, request: Json) -> Json:
        params = request.get("params")
        name = params[0] if isinstance(params, list) and params else None
        found = isinstance(name, str) and self._subscriptions.pop(name, None) is not None
        return _success(request.get("id"), found)

    async def _tell(self) -> None:
        while True:
            block = await self._blocks.get()
            for name, (kind, wanted) in list(self._subscriptions.items()):
                for result in await asyncio.to_thread(self._news, kind, wanted, block):
                    params: Json = {"subscription": name, "result": result}
                    message = {"jsonrpc": "2.0", "method": "eth_subscription", "params": params}
                    await self._websocket.send_text(_encode(message).decode())

    def _news(self, kind: str, wanted: object, block: StoredBlock) -> list[views.Json]:
        if kind == "newHeads":
            return [views.header(block)]
        try:
            return self._methods.logs_of(block, wanted)
        except (Malformed, RpcError):
            return []
