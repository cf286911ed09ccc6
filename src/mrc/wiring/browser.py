"""The wallet inside a phone's browser: every port to its implementation on WebCrypto and IndexedDB."""

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from mrc.infra.browser.asgi import PhoneRequest, respond
from mrc.infra.browser.bridge import Host
from mrc.infra.browser.storage import BrowserRecordStore
from mrc.infra.browser.web_crypto import BrowserKeyStore
from mrc.kernel.pure_verifier import PureVerifier
from mrc.web.wallet_app.phone_check import PhoneCheck


class Phone:
    """The app and its origin; answers the worker's requests."""

    def __init__(self, app: Starlette, origin: str) -> None:
        self._app = app
        self._origin = origin

    async def answer(self, method: str, path: str, query: str, headers: Any, body: Any) -> Any:
        """The answer as a JavaScript array of status, header pairs and bytes."""
        from pyodide.ffi import to_js

        request = PhoneRequest(
            method=method,
            path=path,
            query=query,
            headers=[(name, value) for name, value in headers.to_py()],
            body=body.to_bytes(),
        )
        status, replied, content = await respond(self._app, request, origin=self._origin)
        return to_js([status, replied, content])


async def wake(host: Host, origin: str) -> Phone:
    """The wallet, ready to answer. Called once by the worker."""
    check = PhoneCheck(
        keys=BrowserKeyStore(host), records=BrowserRecordStore(host), verifier=PureVerifier()
    )
    return Phone(Starlette(routes=[Route("/app/check", check.respond)]), origin)
