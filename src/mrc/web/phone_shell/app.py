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
SERVICE_WORKER = "/sw.js"
TRUST = "/trust.json"
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
    """Every file the shell serves, as ready bytes by path, gzip beside plain.

    The version covers all but `trust.json`: whom to trust may change without a new app, so phones
    ask for it at every start and keep the last one for when nobody answers.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        plain = dict(files)
        digest = hashlib.sha256()
        for path in sorted(plain.keys() - {TRUST}):
            digest.update(path.encode() + b"\0" + hashlib.sha256(plain[path]).digest())
        self.version = digest.hexdigest()[:16]
        plain[SERVICE_WORKER] = self._service_worker(plain)
        self._plain = plain
        self._gzip = {path: gzip.compress(data, 9, mtime=0) for path, data in plain.items()}
        self._tags = {
            path: f'"{hashlib.sha256(data).hexdigest()[:16]}"' for path, data in plain.items()
        }

    def _service_worker(self, files: Mapping[str, bytes]) -> bytes:
        kept = sorted(files.keys() - {SERVICE_WORKER})
        text = files[SERVICE_WORKER].decode()
        text = text.replace("__VERSION__", self.version).replace("__FILES__", json.dumps(kept))
        return text.encode()

    def find(self, path: str, *, compressed: bool) -> bytes | None:
        return (self._gzip if compressed else self._plain).get(path)

    def tag(self, path: str) -> str:
        """The entity tag of a file that `find` found."""
        return self._tags[path]


def load_files(trust_json: bytes) -> ShellFiles:
    """Read the static files and make the bundle. Takes about a second; once per process.

    `trust_json` is what `encode_trust` of `trust_file` makes: whom the phones believe.
    """
    files = {
        "/" + path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in STATIC.rglob("*")
        if path.is_file() and path.suffix not in NOT_SERVED
    }
    files["/"] = files.pop("/index.html")
    files["/bundle.zip"] = make_bundle()
    files[TRUST] = trust_json
    return ShellFiles(files)


def make_app(files: ShellFiles) -> Starlette:
    async def serve(request: Request) -> Response:
        path = request.url.path
        compressed = "gzip" in request.headers.get("accept-encoding", "")
        body = files.find(path, compressed=compressed)
        if body is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        headers = _headers(path, compressed=compressed) | {"etag": files.tag(path)}
        if request.headers.get("if-none-match") == files.tag(path):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)

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
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
    }
    return headers | ({"content-encoding": "gzip"} if compressed else {})
