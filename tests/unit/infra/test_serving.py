"""Serving: answers leave at once, and a port is shared only where that is meant."""

import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mrc.infra.free_ports import find_free_ports
from mrc.infra.http import HttpxClient
from mrc.infra.serving import serving
from mrc.kernel.ports import HttpRequest

HERE = "127.0.0.1"


def _app() -> Starlette:
    async def greet(_: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    return Starlette(routes=[Route("/", greet)])


async def test_no_part_of_an_answer_waits_for_an_acknowledgement() -> None:
    port = find_free_ports(1)
    async with serving({port: _app()}, bind=HERE, tls=None) as server, HttpxClient() as client:
        answer = await client.send(HttpRequest(method="GET", url=f"http://{HERE}:{port}/"))
        assert answer.body == b"hello"
        (connection,) = server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_processes_share_a_port_that_is_meant_to_be_shared() -> None:
    port = find_free_ports(1)
    async with (
        serving({port: _app()}, bind=HERE, tls=None, shared={port}),
        serving({port: _app()}, bind=HERE, tls=None, shared={port}),
    ):
        pass


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False), (False, False)])
async def test_a_taken_port_is_refused(first: bool, second: bool) -> None:
    port = find_free_ports(1)
    async with serving({port: _app()}, bind=HERE, tls=None, shared={port} if first else ()):
        with pytest.raises(OSError, match="in use"):
            async with serving(
                {port: _app()}, bind=HERE, tls=None, shared={port} if second else ()
            ):
                pass
