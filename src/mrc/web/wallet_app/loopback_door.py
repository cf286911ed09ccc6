"""The door of an app that is served on loopback: other users and other sites of this machine stay out.

Loopback has no logins: every local user and every page in the browser can reach the port. The link
that the owner is given carries the door's secret; it is exchanged for a cookie that only same-site
requests carry, and is then no longer in the address. Requests for another host name are refused
(DNS rebinding).
"""

import hmac
import secrets
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "__Host-mobile-id"  # the prefix: https only, this host only, every path
ENTER = "/app/enter"
OPEN = "/app/open"


class LoopbackDoor:
    """ASGI middleware around the whole app. `token` is the secret of the link, `origin` our own."""

    def __init__(self, app: ASGIApp, *, token: str, origin: str) -> None:
        self._app = app
        self._token = token
        self._origin = origin
        self._cookie = secrets.token_urlsafe(32)

    @property
    def link(self) -> str:
        """The address that lets its reader in."""
        return f"{self._origin}{ENTER}?token={quote(self._token)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._judge(scope)
        await (self._app if refusal is None else refusal)(scope, receive, send)

    def _judge(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if f"https://{headers.get('host', '')}" != self._origin:
            return PlainTextResponse("This is another address.", 421)
        origin = headers.get("origin")
        if origin is not None and origin != self._origin:
            return PlainTextResponse("This form was sent from another site.", 403)
        if scope["path"] == ENTER:
            return self._enter(scope)
        given = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if hmac.compare_digest(given.encode(), self._cookie.encode()):
            return None
        if scope["path"] == OPEN and scope["method"] == "GET":
            return _step_inside(scope)
        return PlainTextResponse(
            "Open Mobile ID with the link that `mrc wallet` shows.", 401, headers=_QUIET
        )

    def _enter(self, scope: Scope) -> Response:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return PlainTextResponse("This link is not right.", 403, headers=_QUIET)
        answer = RedirectResponse("/app/", status_code=303, headers=_QUIET)
        answer.set_cookie(
            COOKIE, self._cookie, path="/", secure=True, httponly=True, samesite="strict"
        )
        return answer


_QUIET = {"referrer-policy": "no-referrer", "cache-control": "no-store"}


def _step_inside(scope: Scope) -> Response:
    """A link from an asker's page comes without our cookie (SameSite=Strict): one more click brings it.

    The page tells nothing about the wallet and repeats the link, encoded, to itself.
    """
    query = scope["query_string"].decode("latin-1")
    place = f"{OPEN}?{quote(query, safe='=&%')}"
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Mobile ID</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<p lang="ko"><a href="{place}">모바일 ID에서 계속</a></p>'
        f'<p><a href="{place}">Continue in Mobile ID</a></p></html>'
    )
    policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(page, headers=_QUIET | {"content-security-policy": policy})
