"""The address on this machine that a browser comes back to: one answer, to one path, on loopback."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from mrc.infra.keys.software import SystemEntropy
from mrc.infra.wallet_host.loopback_redirect import (
    MAX_HEAD,
    LoopbackRedirect,
    loopback_redirect,
)
from mrc.kernel.errors import Unavailable


async def said(back: LoopbackRedirect, request: str) -> str:
    """What a program that speaks to the port gets back."""
    parts = urlsplit(back.uri)
    reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
    try:
        writer.write(request.encode())
        await writer.drain()
        return (await reader.read()).decode()
    finally:
        writer.close()


def get(back: LoopbackRedirect, target: str, *, host: str | None = None, method="GET") -> str:
    name = urlsplit(back.uri).netloc if host is None else host
    return f"{method} {target} HTTP/1.1\r\nHost: {name}\r\n\r\n"


def path_of(back: LoopbackRedirect) -> str:
    return urlsplit(back.uri).path


async def test_the_whole_address_comes_back_once() -> None:
    async with loopback_redirect(SystemEntropy()) as back:
        target = f"{path_of(back)}?code=c&state=s&iss=https%3A%2F%2Fi.example"
        assert (await said(back, get(back, target))).startswith("HTTP/1.1 200 OK")
        again = await said(back, get(back, f"{path_of(back)}?code=other"))
        assert again.startswith("HTTP/1.1 404")
        assert await back.answer(seconds=1) == f"http://{urlsplit(back.uri).netloc}{target}"


async def test_it_is_on_the_loopback_address_with_a_path_nobody_guesses() -> None:
    async with (
        loopback_redirect(SystemEntropy()) as one,
        loopback_redirect(SystemEntropy()) as other,
    ):
        assert one.uri.startswith("http://127.0.0.1:")
        assert len(path_of(one)) >= 22
        assert (one.uri, path_of(one)) != (other.uri, path_of(other))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda back: get(back, "/?code=c&state=s"),
        lambda back: get(back, "/favicon.ico"),
        lambda back: get(back, f"{path_of(back)}x?code=c"),
        lambda back: get(back, path_of(back)),
        lambda back: get(back, f"{path_of(back)}?code=c", method="POST"),
        lambda back: get(back, f"{path_of(back)}?code=c", host="evil.example"),
        lambda back: get(back, f"{path_of(back)}?code=c", host="localhost"),
        lambda back: f"GET {path_of(back)}?code=c HTTP/1.1\r\n\r\n",
        lambda back: f"GET {path_of(back)}?code=c\r\n\r\n",
        lambda back: "\r\n\r\n",
    ],
)
async def test_everything_else_is_not_found_and_changes_nothing(wrong) -> None:
    async with loopback_redirect(SystemEntropy()) as back:
        assert (await said(back, wrong(back))).startswith("HTTP/1.1 404")
        assert not back.came.done()
        target = f"{path_of(back)}?code=c"
        assert (await said(back, get(back, target))).startswith("HTTP/1.1 200")


@pytest.mark.parametrize("sent", ["A" * (MAX_HEAD + 10), "\xff\xfe\r\n\r\n"])
async def test_what_is_no_request_gets_no_answer(sent: str) -> None:
    async with loopback_redirect(SystemEntropy()) as back:
        with contextlib.suppress(ConnectionError):  # closed while we still wrote
            assert await said(back, sent) == ""
        assert not back.came.done()


async def test_an_answer_that_does_not_come_is_said() -> None:
    async with loopback_redirect(SystemEntropy()) as back:
        with pytest.raises(Unavailable):
            await back.answer(seconds=0.01)


async def test_the_page_runs_nothing_and_says_nothing_of_the_answer() -> None:
    async with loopback_redirect(SystemEntropy()) as back:
        page = await said(back, get(back, f"{path_of(back)}?code=secret-code&state=s"))
    assert "content-security-policy: default-src 'none'" in page
    assert "cache-control: no-store" in page
    assert "secret-code" not in page
