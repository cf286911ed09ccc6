"""The route behind the language switch: remembers the choice and goes back to the page."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrc.web.design.forms import read_form
from mrc.web.design.languages import COOKIE, find_language

_A_YEAR: Final = 365 * 24 * 3600  # seconds


def is_own_path(path: str) -> bool:
    """`path` is a path of this site: an open redirect would lend our name to another site."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path


async def choose(request: Request) -> Response:
    """Set the language cookie from the posted `language`, then see `back`."""
    form = await read_form(request)
    back = form.text("back")
    response = RedirectResponse(back if is_own_path(back) else "/", status_code=303)
    language = find_language(form.text("language"))
    if language is not None:
        response.set_cookie(
            COOKIE,
            language.value,
            max_age=_A_YEAR,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return response


def language_route(path: str = "/language") -> Route:
    """The route; the macro `ui.language_switch` posts to it."""
    return Route(path, choose, methods=["POST"])
