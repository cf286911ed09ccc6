"""Refuses writes that another site's page started (cross-site request forgery).

Fetch Metadata (`Sec-Fetch-Site`), and for browsers without it the `Origin` header compared with
`Host`. Needs no token in forms. It does not stop a cross-site *read*: reads must change nothing.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_same_origin(headers: Headers) -> bool:
    """The request comes from our own page, or from no page at all (a client without a browser)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


class SameOriginWrites:
    """ASGI middleware: a write from another origin gets 403 before any handler sees it.

    `open_paths` names prefixes meant for other parties (a protocol endpoint with its own proof).
    """

    def __init__(self, app: ASGIApp, open_paths: tuple[str, ...] = ()) -> None:
        self._app = app
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        guarded = scope["type"] == "http" and scope["method"] not in _READS
        if (
            guarded
            and not scope["path"].startswith(self._open_paths or ("\0",))
            and not is_same_origin(Headers(scope=scope))
        ):
            refusal = PlainTextResponse("This form was sent from another site.", status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)
