"""Advice on FD-6: a picture taken at the counter beside the register's. Nothing of it is kept."""

from starlette.responses import JSONResponse, Response

from mrc.authority.face_matching.advice import advise
from mrc.kernel.errors import Malformed
from mrc.protocols.ic_issuance.face import FaceProblem
from mrc.web.front_desk.desk import NoAdvice
from mrc.web.front_desk.face_words import PORTRAIT, key_of
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.record import open_visit

MOST_BYTES = 8 * 1024 * 1024  # a telephone's photograph has about 3 MB


async def person_advice(page: Page) -> Response:
    """The key of what the page is to say. The picture ends with the request.

    Raises `Malformed` where no matcher advises here.
    """
    found = await open_visit(page)
    reader = page.desk.advice
    if isinstance(reader, NoAdvice):
        raise Malformed("advice", "no matcher advises here")
    picture = await _picture(page)
    if picture is None:
        return JSONResponse({"says": FaceProblem.PICTURE_TOO_LARGE.value})
    portrait = await page.desk.registry.find_portrait(found.person.id)
    if portrait is None:
        return JSONResponse({"says": PORTRAIT})
    return JSONResponse({"says": key_of(await advise(reader, picture, portrait))})


async def _picture(page: Page) -> bytes | None:
    """The body; None beyond `MOST_BYTES`, without reading on."""
    body = bytearray()
    async for part in page.request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
