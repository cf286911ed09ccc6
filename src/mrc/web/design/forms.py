"""Reads a posted form with the standard library (the browser host has no multipart parser).

WHATWG URL, 5.1 (application/x-www-form-urlencoded). Files are not forms: a picture is posted as
its own body.
"""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from mrc.kernel.errors import Malformed

MOST_BYTES: Final = 64 * 1024  # every form of ours is text that a person types
_MOST_FIELDS: Final = 200


class Form:
    """The fields of a form; a name may come several times (check boxes)."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def text(self, name: str) -> str:
        """The trimmed value of a field, empty if it was not sent."""
        return next((value.strip() for key, value in self._pairs if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field in the order sent."""
        return tuple(value for key, value in self._pairs if key == name)


async def read_form(request: Request) -> Form:
    """The form in the request's body; raises Malformed if it is no form or too large."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Malformed("form", "content type is not a form's")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Malformed("form", f"longer than {MOST_BYTES} bytes")
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as broken:
        raise Malformed("form", "not UTF-8 or too many fields") from broken
    return Form(pairs)
