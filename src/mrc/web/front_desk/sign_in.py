"""FD-1: signing in with a passkey, enrolling one by a link, signing out."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse, Response

from mrc.authority.staff.records import Role
from mrc.formats import json_text
from mrc.kernel.errors import Forbidden, Malformed, MrcError, Rejected, Unavailable
from mrc.web.front_desk.page import COOKIE, Page
from mrc.web.front_desk.words import SUPPORT, refusal_words

MOST_BYTES: Final = 32 * 1024  # a passkey's answer is about 2 kB


async def sign_in(page: Page) -> Response:
    return await page.show("sign_in.html", support=SUPPORT)


async def options(page: Page) -> Response:
    try:
        return _json(await page.desk.signing_in.begin_sign_in(now=page.now))
    except Unavailable as error:
        return _refused(page, error)


async def finish(page: Page) -> Response:
    """Answers with the next page, or with the words to show."""
    try:
        made = await page.desk.signing_in.finish_sign_in(await _answer(page), now=page.now)
    except (Forbidden, Rejected, Malformed) as error:
        return _refused(page, error)
    at_counter = made.signed_in.member.role is not Role.AUDITOR
    response = JSONResponse({"next": "/counter" if at_counter else "/"})
    response.set_cookie(
        COOKIE,
        made.cookie,
        max_age=int(page.desk.signing_in.rules.longest.total_seconds()),
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return response


async def sign_out(page: Page) -> Response:
    await page.desk.signing_in.sign_out(page.who, now=page.now)
    response = page.go("/sign-in")
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")
    return response


async def enrol(page: Page) -> Response:
    member = await page.desk.signing_in.enrolment_of(_link(page), now=page.now)
    return await page.show("enrol.html", member=member, link=_link(page))


async def enrol_options(page: Page) -> Response:
    try:
        return _json(await page.desk.signing_in.begin_enrolment(_link(page), now=page.now))
    except Forbidden as error:
        return _refused(page, error)


async def enrol_finish(page: Page) -> Response:
    try:
        await page.desk.signing_in.finish_enrolment(_link(page), await _answer(page), now=page.now)
    except (Forbidden, Rejected, Malformed) as error:
        return _refused(page, error)
    return JSONResponse({"next": "/sign-in"})


def _link(page: Page) -> str:
    return str(page.request.path_params["link"])


async def _answer(page: Page) -> Mapping[str, object]:
    body = bytearray()
    async for chunk in page.request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Malformed("passkey", f"longer than {MOST_BYTES} bytes")
    answer = json_text.decode(bytes(body))
    if not isinstance(answer, dict):
        raise Malformed("passkey", "not an object")
    return answer


def _refused(page: Page, error: MrcError) -> Response:
    words = refusal_words(page.words, error)
    told = {"title": str(words.title), "next": str(words.next), "code": words.code}
    return JSONResponse(told, status_code=403)


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
