"""The HTTP client of every process: `HttpClient` on httpx2.

Names below ``.localhost`` go to 127.0.0.1 (RFC 6761, 6.3), which many resolvers do not know.
Redirects are not followed, proxies of the environment are ignored, and an answer has a size limit.
"""

import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx2

from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse

MAX_ANSWER_BYTES = 32 * 1024 * 1024  # a status list of ten million two-bit entries is 2.5 MB
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 15.0


class HttpxClient:
    """An `HttpClient`. Close it, or use it as an async context manager."""

    def __init__(self, extra_cas: Sequence[Path] = ()) -> None:
        context = ssl.create_default_context()
        for path in extra_cas:
            context.load_verify_locations(cafile=str(path))
        timeout = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        self._client = httpx2.AsyncClient(
            verify=context, timeout=timeout, trust_env=False, follow_redirects=False
        )

    async def __aenter__(self) -> "HttpxClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, request: HttpRequest) -> HttpResponse:
        built = self._build(request)
        try:
            answer = await self._client.send(built, stream=True)
            try:
                body = await _bounded_body(answer)
            finally:
                await answer.aclose()
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise Unavailable(request.url, type(error).__name__) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(status=answer.status_code, headers=headers, body=body)

    def _build(self, request: HttpRequest) -> httpx2.Request:
        try:
            url = httpx2.URL(request.url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise Unavailable(request.url, "not a URL") from error
        headers = dict(request.headers)
        extensions: dict[str, object] = {}
        if url.host.endswith(".localhost"):
            headers["host"] = url.netloc.decode("ascii")
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host="127.0.0.1")
        return self._client.build_request(
            request.method,
            url,
            headers=headers,
            content=request.body or None,
            extensions=extensions,
        )


async def _bounded_body(answer: httpx2.Response) -> bytes:
    parts, size = [], 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise Unavailable(str(answer.url), f"the answer is larger than {MAX_ANSWER_BYTES}")
        parts.append(part)
    return b"".join(parts)
