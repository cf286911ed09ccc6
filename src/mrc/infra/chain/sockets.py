"""One WebSocket of the ledger's JSON-RPC: requests in their order, and what was subscribed.

A subscriber that does not read falls behind; beyond `unsent_blocks` its socket is closed with the
reason, and so it is before a notice longer than an answer may be: a subscription with a silent gap
would lie.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from mrc.infra.chain import views
from mrc.infra.chain.answering import Json, encode, failure, read_request, read_text, success
from mrc.infra.chain.chain import EmbeddedChain
from mrc.infra.chain.limits import Limit, RpcError, exceeded
from mrc.infra.chain.rpc import RpcMethods
from mrc.infra.chain.store import StoredBlock
from mrc.infra.chain.workers import Workers
from mrc.kernel.errors import Malformed

_INVALID, _TRY_AGAIN_LATER = -32600, 1013  # RFC 6455's registry of close codes


class _NewsEnd(Exception):
    """The client cannot have all that it subscribed to; `error` says why."""

    def __init__(self, error: RpcError) -> None:
        super().__init__(error.message)
        self.error = error


class Conversation:
    """Served by `run` until either side ends it."""

    def __init__(self, websocket: WebSocket, methods: RpcMethods, workers: Workers) -> None:
        self._websocket = websocket
        self._methods = methods
        self._limits = methods.limits
        self._workers = workers
        self._subscriptions: dict[str, tuple[str, object]] = {}
        self._blocks: asyncio.Queue[StoredBlock] = asyncio.Queue(self._limits.unsent_blocks)
        self._behind = asyncio.Event()

    async def run(self) -> None:
        await self._websocket.accept()
        stop = self._listen()
        tasks = [asyncio.create_task(act()) for act in (self._converse, self._tell, self._give_up)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with contextlib.suppress(WebSocketDisconnect):
                    task.result()
        except _NewsEnd as end:
            await self._close(end.error)
        finally:
            stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _converse(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            sent = text.encode() if text is not None else message.get("bytes") or b""
            await self._websocket.send_text((await self._reply(sent)).decode())

    async def _give_up(self) -> None:
        await self._behind.wait()
        raise _NewsEnd(exceeded(Limit.UNSENT, self._limits))

    async def _close(self, error: RpcError) -> None:
        with contextlib.suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(self._limits.client_seconds):
                await self._websocket.close(_TRY_AGAIN_LATER, error.message)

    def _listen(self) -> Callable[[], None]:
        """Blocks are sealed on another thread: hand them to this loop."""
        chain, loop = self._methods.chain, asyncio.get_running_loop()
        if not isinstance(chain, EmbeddedChain):
            return lambda: None

        def put(block: StoredBlock) -> None:
            if not self._subscriptions:
                return
            if self._blocks.full():
                self._behind.set()
            else:
                self._blocks.put_nowait(block)

        def hand_over(block: StoredBlock) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(put, block)

        return chain.listen(hand_over)

    async def _reply(self, text: bytes) -> bytes:
        try:
            request = read_text(text, self._limits)
        except RpcError as error:
            return encode(failure(None, error))
        method = request.get("method") if isinstance(request, dict) else None
        identifier = request.get("id") if isinstance(request, dict) else None
        try:
            if method == "eth_subscribe":
                return encode(success(identifier, self._subscribe(request)))
            if method == "eth_unsubscribe":
                return encode(success(identifier, self._unsubscribe(request)))
            return await self._workers.answer(text)
        except RpcError as error:
            return encode(failure(identifier, error))

    def _subscribe(self, request: object) -> str:
        _, _, params = read_request(request)
        kind = params[0] if params else None
        if kind not in ("newHeads", "logs"):
            raise RpcError(_INVALID, "newHeads or logs")
        if len(self._subscriptions) >= self._limits.subscriptions:
            raise exceeded(Limit.SUBSCRIPTIONS, self._limits)
        name = "0x" + secrets.token_hex(16)
        self._subscriptions[name] = (str(kind), params[1] if len(params) > 1 else {})
        return name

    def _unsubscribe(self, request: object) -> bool:
        _, _, params = read_request(request)
        name = params[0] if params else None
        return isinstance(name, str) and self._subscriptions.pop(name, None) is not None

    async def _tell(self) -> None:
        while True:
            block = await self._blocks.get()
            for name, (kind, wanted) in list(self._subscriptions.items()):
                for result in await self._news(kind, wanted, block):
                    params: Json = {"subscription": name, "result": result}
                    notice = {"jsonrpc": "2.0", "method": "eth_subscription", "params": params}
                    message = encode(notice)
                    if len(message) > self._limits.answer_bytes:
                        raise _NewsEnd(exceeded(Limit.ANSWER, self._limits))
                    await self._websocket.send_text(message.decode())

    async def _news(self, kind: str, wanted: object, block: StoredBlock) -> list[views.Json]:
        if kind == "newHeads":
            return [views.header(block)]
        try:
            return await self._workers.run(lambda: self._methods.logs_of(block, wanted))
        except (Malformed, RpcError):
            return []
