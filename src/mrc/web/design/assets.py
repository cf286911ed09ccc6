"""Static files as bytes, under a URL that changes when any of them does.

No StaticFiles or FileResponse: the browser host has no threads. One version covers the whole set,
so that relative references between style sheets and modules stay inside it. RFC 9110, 8.8.3 (ETag)
and RFC 8246 (immutable).
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "wasm": "application/wasm",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
}
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One static file."""

    content: bytes
    media_type: str
    etag: str


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()[:12]).decode()


def _files(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            found |= _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.rpartition(".")[2] in _TYPES:
            found[prefix + entry.name] = entry.read_bytes()
    return found


class Assets:
    """The static files of the design system and of the front ends that joined theirs.

    A front end's files stand under its own name: `Assets(desk="mrc.web.front_desk")` serves
    `static/x.js` of that package as `desk/x.js`.
    """

    def __init__(self, *, prefix: str = "/static", **packages: str) -> None:
        contents = _files(resources.files("mrc.web.design").joinpath("static"))
        for name, package in packages.items():
            contents |= _files(resources.files(package).joinpath("static"), f"{name}/")
        self._assets = {
            name: Asset(
                content=content,
                media_type=_TYPES[name.rpartition(".")[2]],
                etag=f'"{_digest(content)}"',
            )
            for name, content in contents.items()
        }
        listing = "\n".join(f"{name} {asset.etag}" for name, asset in self._assets.items())
        self.version = _digest(listing.encode())
        self._prefix = prefix

    def __iter__(self) -> Iterator[tuple[str, Asset]]:
        return iter(self._assets.items())

    def url(self, name: str) -> str:
        """The address of a file; an unknown name is our own mistake."""
        if name not in self._assets:
            raise ValueError(f"no static file {name!r}")
        return f"{self._prefix}/{self.version}/{name}"

    def route(self) -> Route:
        """The route that serves the files."""
        return Route(self._prefix + "/{version}/{name:path}", self._serve, methods=["GET"])

    async def _serve(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return Response("not found", status_code=404, media_type="text/plain")
        current = request.path_params["version"] == self.version
        headers = {
            "etag": asset.etag,
            "cache-control": _FOR_A_YEAR if current else "no-cache",
            "x-content-type-options": "nosniff",
        }
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)
