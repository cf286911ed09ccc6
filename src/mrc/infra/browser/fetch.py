"""HTTP by the browser's `fetch`: an `HttpClient` without redirects, cookies or referrer."""

from mrc.infra.browser.bridge import Host, js_bytes, js_headers
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse


class BrowserHttpClient:
    """An `HttpClient` in the phone's browser.

    A peer that does not allow this origin (CORS) cannot be told from one that does not answer;
    the error names both, and no relay is ever used: it would see cards.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    async def send(self, request: HttpRequest) -> HttpResponse:
        from pyodide.ffi import JsException

        headers = js_headers(dict(request.headers))
        try:
            answer = await self._host.send(
                request.method, request.url, headers, js_bytes(request.body)
            )
        except JsException as error:
            what = f"{request.url} did not answer, or does not allow this browser (CORS)"
            raise Unavailable(what, str(error)) from error
        pairs = {name.lower(): value for name, value in answer.headers.to_py()}
        return HttpResponse(status=answer.status, headers=pairs, body=answer.body.to_bytes())
