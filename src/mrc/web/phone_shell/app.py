"""The phone shell's origin: static files only, with the version that the service worker keeps.

No cookie, no form, no query is read: the wallet's requests are answered inside the phone and this
server could not see a card if it wanted to. Pages below ``/app/`` do not exist here.
"""

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.web.phone_shell.bundle import make_bundle

STATIC = Path(__file__).parent / "static"
NOT_SERVED = {".md"}
NOT_KEPT = {"/sw.js"}
TYPES = {
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; "
    "connect-src 'self' https:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


class ShellFiles:
    """Every file the shell serves, as ready bytes by path, gzip beside plain."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        plain = dict(files)
        digest = hashlib.sha256()
        for path in sorted(plain):
            digest.update(path.encode() + b"\0" + hashlib.sha256(plain[path]).digest())
        self.version = digest.hexdigest()[:16]
        plain["/sw.js"] = self._service_worker(plain)
        self._plain = plain
        self._gzip = {path: gzip.compress(data, 9, mtime=0) for path, data in plain.items()}

    def _service_worker(self, files: Mapping[str, bytes]) -> bytes:
        kept = sorted(path for path in files if path not in NOT_KEPT)
        text = files["/sw.js"].decode()
        text = text.replace("__VERSION__", self.version).replace("__FILES__", json.dumps(kept))
        return text.encode()

    def find(self, path: str, *, compressed: bool) -> bytes | None:
        return (self._gzip if compressed else self._plain).get(path)


def load_files() -> ShellFiles:
    """Read the static files and make the bundle. Takes about a second; once per process."""
    files = {
        "/" + path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in STATIC.rglob("*")
        if path.is_file() and path.suffix not in NOT_SERVED
    }
    files["/"] = files.pop("/index.html")
    files["/bundle.zip"] = make_bundle()
    return ShellFiles(files)


def make_app(files: ShellFiles) -> Starlette:
    async def serve(request: Request) -> Response:
        path = request.url.path
        compressed = "gzip" in request.headers.get("accept-encoding", "")
        body = files.find(path, compressed=compressed)
        if body is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        headers = _headers(path, compressed=compressed)
        if request.headers.get("if-none-match") == f'"{files.version}"':
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers | {"etag": f'"{files.version}"'})

    return Starlette(routes=[Route("/{path:path}", serve, methods=["GET", "HEAD"])])


def _headers(path: str, *, compressed: bool) -> dict[str, str]:
    suffix = Path(path).suffix or ".html"
    kind = TYPES.get(suffix) or mimetypes.guess_type("x" + suffix)[0] or "application/octet-stream"
    headers = {
        "content-type": kind,
        "content-security-policy": POLICY,
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-cache",
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
    }
    return headers | ({"content-encoding": "gzip"} if compressed else {})
