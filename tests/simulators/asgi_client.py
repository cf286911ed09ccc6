"""An `HttpClient` that calls an ASGI application in this process, whatever the host name."""

import httpx2
from starlette.types import ASGIApp

from mrc.kernel.ports import HttpRequest, HttpResponse


class AsgiClient:
    def __init__(self, app: ASGIApp) -> None:
        self._client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))

    async def send(self, request: HttpRequest) -> HttpResponse:
        said = {name: value.encode("latin-1") for name, value in request.headers.items()}
        answer = await self._client.request(
            request.method, request.url, headers=said, content=request.body or None
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(status=answer.status_code, headers=headers, body=answer.content)
