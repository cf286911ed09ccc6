"""Where the holder's browser comes back to on this machine (RFC 8252, 7.3 and 8.3).

A listener on 127.0.0.1 at a port of the system's choice, with a path that nobody can guess, for one
answer. It answers every other address with 404 and speaks as little HTTP as it can.
"""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from mrc.formats import base64url
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Entropy

HOST = "127.0.0.1"
PATH_BYTES = 16
MAX_HEAD = 16_384  # of a request's line and fields; a code is some hundred bytes
READ_SECONDS = 10.0
_PAGE = (
    '<!doctype html><html lang="ko"><meta charset="utf-8"><title>Mobile ID</title>'
    "<main><p>지갑으로 돌아가세요. 이 창은 닫아도 됩니다.</p>"
    '<p lang="en">Go back to the wallet. You can close this window.</p></main></html>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackRedirect:
    """`uri` is the redirect URI of one request."""

    uri: str
    came: asyncio.Future[str] = field(repr=False)

    async def answer(self, *, seconds: float) -> str:
        """The whole address that the browser came with. Raises `Unavailable` where none came."""
        try:
            return await asyncio.wait_for(asyncio.shield(self.came), seconds)
        except TimeoutError as error:
            raise Unavailable("the browser", f"no answer within {seconds:.0f} seconds") from error


@contextlib.asynccontextmanager
async def loopback_redirect(entropy: Entropy) -> AsyncIterator[LoopbackRedirect]:
    """Listening until the context ends."""
    path = f"/{base64url.encode(entropy.token(PATH_BYTES))}"
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, TimeoutError, ValueError):
            head = await asyncio.wait_for(_read_head(reader), READ_SECONDS)
            target = _target(head, host=f"{HOST}:{port}", path=path)
            if target is None or came.done():
                await _write(writer, "404 Not Found", "")
                return
            came.set_result(f"http://{HOST}:{port}{target}")
            await _write(writer, "200 OK", _PAGE)

    server = await asyncio.start_server(serve, HOST, 0, limit=MAX_HEAD)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield LoopbackRedirect(uri=f"http://{HOST}:{port}{path}", came=came)


async def _read_head(reader: asyncio.StreamReader) -> str:
    """Raises `ValueError` for what is too long, cut off or no text."""
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ValueError("no request") from error


def _target(head: str, *, host: str, path: str) -> str | None:
    """The request's target where it is a GET of our path under our own name, else None.

    The name is compared so that a page elsewhere cannot reach this port by a name of its own.
    """
    line, *fields = head.split("\r\n")
    method, _, rest = line.partition(" ")
    target, _, version = rest.partition(" ")
    hosts = [value.strip() for name, _, value in _split(fields) if name.lower() == "host"]
    if method != "GET" or not version.startswith("HTTP/1.") or hosts != [host]:
        return None
    found, _, query = target.partition("?")
    return target if query and hmac.compare_digest(found.encode(), path.encode()) else None


def _split(fields: list[str]) -> list[tuple[str, str, str]]:
    return [one.partition(":") for one in fields if one]


async def _write(writer: asyncio.StreamWriter, status: str, page: str) -> None:
    body = page.encode()
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n"
        "content-security-policy: default-src 'none'\r\nreferrer-policy: no-referrer\r\n"
        "x-content-type-options: nosniff\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
