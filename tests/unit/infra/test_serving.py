"""Serving: an answer is sent at once, also on a connection that stays open."""

import asyncio
import http.client
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mrc.infra.free_ports import find_free_ports
from mrc.infra.serving import serving

REQUESTS = 30
NAGLE_S = 0.04  # what a delayed acknowledgement costs


async def test_no_answer_waits_for_an_acknowledgement() -> None:
    async def hello(_: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    app, port = Starlette(routes=[Route("/", hello)]), find_free_ports(1)
    async with serving({port: app}, bind="127.0.0.1", tls=None):
        times = await asyncio.to_thread(ask, port)
    assert min(times[1:]) < NAGLE_S / 2


def ask(port: int) -> list[float]:
    """How long each of several requests took, all on one connection."""
    connection, times = http.client.HTTPConnection("127.0.0.1", port), []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        times.append(time.perf_counter() - began)
    connection.close()
    return times
