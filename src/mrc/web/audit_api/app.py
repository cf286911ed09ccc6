"""Hands the audit log's newest published head to the ledger's role, which shows a token (RFC 6750).

The head is a root and a count; it is not public, because a count at every moment would tell how busy an
office is.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

HEAD_PATH = "/audit/head"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedHead:
    published_at: datetime
    size: int
    root: bytes


def head_route(head: Callable[[], PublishedHead | None], token: str) -> Route:
    """404 before the first head, 401 without the token."""

    async def answer(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        found = head()
        if found is None:
            return Response(status_code=404)
        members = {
            "iat": int(found.published_at.timestamp()),
            "size": found.size,
            "root": found.root.hex(),
        }
        return JSONResponse(members, headers={"cache-control": "no-store"})

    return Route(HEAD_PATH, answer, methods=["GET"])
