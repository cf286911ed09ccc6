"""Serving ASGI apps over https: one process, one event loop, one port per web origin."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from mrc.infra.local_ca import ServerTls

BACKLOG = 512
NO_OPTIONS: Mapping[str, Any] = {}


class PortDispatcher:
    """Sends each request to the app of the port it came in by, and lifespan events to nobody.

    Apps of different audiences share a process, never a session: each has an origin of its own.
    """

    def __init__(self, apps: Mapping[int, ASGIApp]) -> None:
        self._apps = dict(apps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            raise ValueError(f"a {scope['type']} event has no port")
        await self._apps[scope["server"][1]](scope, receive, send)


@contextlib.asynccontextmanager
async def serving(
    apps: Mapping[int, ASGIApp],
    *,
    bind: str,
    tls: ServerTls | None,
    options: Mapping[str, Any] = NO_OPTIONS,
    shared: Collection[int] = (),
) -> AsyncIterator[uvicorn.Server]:
    """Serve `apps` (port → app) until the context ends. Raises `OSError` where a port is taken.

    On the ports of `shared` other processes of this account listen too, which do the same.
    Apps of Starlette have their lifespan entered before the first request. `options` are further
    ones of uvicorn, whose types are its own (`Any`).
    """
    sockets = [_listen(bind, port, shared=port in shared) for port in apps]
    config = uvicorn.Config(
        PortDispatcher(apps),
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        ssl_certfile=str(tls.chain) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
        timeout_graceful_shutdown=3,
        **options,
    )
    server = uvicorn.Server(config)
    async with contextlib.AsyncExitStack() as stack:
        for listening in sockets:
            stack.enter_context(contextlib.closing(listening))
        for app in apps.values():
            if isinstance(app, Starlette):
                await stack.enter_async_context(app.router.lifespan_context(app))
        task = asyncio.create_task(server.serve(sockets=sockets))
        try:
            yield server
        finally:
            server.should_exit = True
            await task


def _listen(bind: str, port: int, *, shared: bool) -> socket.socket:
    """asyncio turns Nagle's algorithm off only where the protocol is named: otherwise the second
    part of each answer waits for the reader's delayed acknowledgement, 40 ms."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((bind, port))
    except OSError:
        listening.close()
        raise
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening
