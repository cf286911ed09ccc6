"""Answering one request by an ASGI app, without a server: the worker's side of the service worker."""

import traceback
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp


@dataclass(slots=True)
class _Answer:
    status: int = 500
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRequest:
    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes


async def respond(
    app: ASGIApp, request: PhoneRequest, *, origin: str
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of the app's answer (ASGI 3.0, HTTP connection scope).

    A fault of the app goes to the console and is answered: nobody else could tell the page.
    """
    answer, sent = _Answer(), False

    async def receive() -> MutableMapping[str, Any]:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [
                (k.decode("latin-1"), v.decode("latin-1")) for k, v in message["headers"]
            ]
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    try:
        await app(_scope(request, origin), receive, send)
    except Exception:  # noqa: BLE001 - the door: a page that never ends is worse than one that says so
        traceback.print_exc()
        if not answer.body:
            answer.status, answer.headers = 500, [("content-type", "text/plain")]
            answer.body += b"Something went wrong inside the phone."
    return answer.status, answer.headers, bytes(answer.body)


def _scope(request: PhoneRequest, origin: str) -> dict[str, Any]:
    scheme, _, host = origin.partition("://")
    name, _, port = host.partition(":")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in request.headers],
        "client": None,
        "server": (name, int(port or 443)),
        "state": {},
    }
