"""Servers run on uvloop where it is there, and as well without it."""

import asyncio
import importlib.util
import sys

import pytest

from mrc.infra import event_loop


async def _loop_of_a_served_request() -> tuple[str, bytes]:
    """The module of the loop that a request is answered on, and the answer."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"question\n")
        got = await reader.read()
        writer.close()
    return type(asyncio.get_running_loop()).__module__, got


def test_uvloop_serves_where_it_is_installed() -> None:
    pytest.importorskip("uvloop")
    assert event_loop.run_server(_loop_of_a_served_request()) == ("uvloop", b"QUESTION\n")


def test_asyncio_serves_without_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert event_loop.__file__ is not None
    spec = importlib.util.spec_from_file_location("plain_event_loop", event_loop.__file__)
    assert spec is not None
    assert spec.loader is not None
    plain = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plain)
    module, got = plain.run_server(_loop_of_a_served_request())
    assert module.startswith("asyncio")
    assert got == b"QUESTION\n"
