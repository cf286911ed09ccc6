"""Answers that are the same for everybody: ready bytes with a strong ETag (RFC 9110, 8.8.3)."""

import hashlib
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A body with its media type, its tag and how long it may be kept."""

    body: bytes = field(repr=False)
    media_type: str
    etag: str
    max_age: int

    def answer(self, request: Request) -> Response:
        """200, or 304 where the asker has these bytes."""
        headers = {
            "etag": self.etag,
            "cache-control": f"public, max-age={self.max_age}",
            "vary": "Accept",
        }
        tags = request.headers.get("if-none-match", "")
        if tags == "*" or self.etag in [tag.strip() for tag in tags.split(",")]:
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type=self.media_type)


def ready(body: bytes, media_type: str, *, max_age: int) -> Ready:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Ready(body=body, media_type=media_type, etag=etag, max_age=max_age)
