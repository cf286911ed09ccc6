"""Calls to the carrier with a time limit: a counter does not wait for a carrier that hangs."""

import asyncio

from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest, HttpResponse

DEFAULT_SECONDS = 5.0


class BoundedHttp:
    """An `HttpClient` whose answers come in time or not at all."""

    def __init__(self, http: HttpClient, seconds: float = DEFAULT_SECONDS) -> None:
        self._http = http
        self._seconds = seconds

    async def send(self, request: HttpRequest) -> HttpResponse:
        try:
            return await asyncio.wait_for(self._http.send(request), self._seconds)
        except TimeoutError as error:
            raise Unavailable("the carrier", f"no answer in {self._seconds:g} s") from error
