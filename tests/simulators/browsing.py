"""A browser without scripts: cookies, forms and redirects over an application in this process."""

import re

import httpx2
from starlette.types import ASGIApp


class Browsing:
    """`page` is the text of the last page, `path` where it stands."""

    def __init__(self, app: ASGIApp, origin: str, *, language: str = "en") -> None:
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url=origin,
            follow_redirects=True,
            headers={"accept-language": language},
        )
        self.page = ""
        self.path = ""
        self.status = 0

    async def get(self, path: str, **headers: str) -> str:
        return self._keep(await self._client.get(path, headers=headers))

    async def post(self, path: str, **fields: str) -> str:
        headers = {"sec-fetch-site": "same-origin"}
        return self._keep(await self._client.post(path, data=fields, headers=headers))

    async def post_from_elsewhere(self, path: str, **fields: str) -> str:
        headers = {"sec-fetch-site": "cross-site"}
        return self._keep(await self._client.post(path, data=fields, headers=headers))

    def cookie(self, name: str) -> str | None:
        return self._client.cookies.get(name)

    def set_cookie(self, name: str, value: str) -> None:
        self._client.cookies.delete(name)
        self._client.cookies.set(name, value)

    def link(self, pattern: str) -> str:
        """The first address on the page that matches."""
        found = re.search(pattern, self.page)
        assert found is not None, f"no {pattern} on the page"
        return found[0].replace("&amp;", "&")

    def _keep(self, answer: httpx2.Response) -> str:
        self.page, self.path, self.status = answer.text, answer.url.path, answer.status_code
        return self.page
