"""Renders the pages of one front end: templates, language, looks and the static files together.

Each front end makes one `Pages` with its own package; its templates extend `layout/<audience>.html`
and see what `_context` puts there. README.md lists the macros.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from jinja2.utils import missing
from starlette.requests import Request
from starlette.responses import HTMLResponse

from mrc.web.design.assets import Assets
from mrc.web.design.dates import format_date, format_moment, format_time
from mrc.web.design.headers import NONCE
from mrc.web.design.languages import COOKIE, OFFICE, Language, choose_language
from mrc.web.design.qr import qr_svg
from mrc.web.design.translator import Translator, plain


class Audience(StrEnum):
    """Whom a front end serves; the value is its colour and its layout."""

    OFFICER = "officer"
    HOLDER = "holder"
    CHECKER = "checker"
    ONLINE = "online"

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages offered to this audience, the first one by default."""
        in_office = self in (Audience.OFFICER, Audience.CHECKER)
        return OFFICE if in_office else tuple(Language)

    @property
    def domains(self) -> tuple[str, ...]:
        """The catalogues of this audience; a later one wins."""
        return ("common", *_DOMAINS[self])


_DOMAINS: Final[Mapping[Audience, tuple[str, ...]]] = {
    Audience.OFFICER: ("customer", "officer"),
    Audience.HOLDER: ("holder",),
    Audience.CHECKER: ("result", "checker"),
    Audience.ONLINE: ("online",),
}


class Pages:
    """The templates of one front end. `package` holds its `templates` folder."""

    def __init__(
        self,
        *,
        audience: Audience,
        package: str,
        assets: Assets,
        languages: tuple[Language, ...] | None = None,
        domains: tuple[str, ...] = (),
    ) -> None:
        self.audience = audience
        self.languages = languages or audience.languages
        self._domains = domains or audience.domains
        self._assets = assets
        self._environment = make_environment(package)

    def language(self, request: Request) -> Language:
        """The language of the page: chosen, else the browser's, else the first offered."""
        return choose_language(
            chosen=request.cookies.get(COOKIE),
            accept_language=request.headers.get("accept-language", ""),
            offered=self.languages,
        )

    def translator(self, language: Language) -> Translator:
        """The texts of this front end in a language."""
        return Translator(language, domains=self._domains)

    def render(
        self,
        template: str,
        *,
        language: Language,
        nonce: str = "",
        path: str = "/",
        **values: object,
    ) -> str:
        """The page or fragment `template` as HTML."""
        context = self._context(language, nonce, path) | values
        return self._environment.get_template(template).render(context)

    def respond(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        language: Language | None = None,
        **values: object,
    ) -> HTMLResponse:
        """The answer to `request`: `template` in the reader's language (or the one given)."""
        html = self.render(
            template,
            language=language or self.language(request),
            nonce=request.scope.get(NONCE, ""),
            path=request.url.path,
            **values,
        )
        return HTMLResponse(html, status_code=status)

    def _context(self, language: Language, nonce: str, path: str) -> dict[str, object]:
        translator = self.translator(language)

        def date_words(day: date) -> str:
            return format_date(day, language)

        def moment_words(moment: datetime) -> str:
            return format_moment(moment, language)

        return {
            "_": translator,
            "ngettext": translator.ngettext,
            "pgettext": translator.pgettext,
            "language": language,
            "languages": self.languages,
            "audience": self.audience.value,
            "asset": self._assets.url,
            "nonce": nonce,
            "path": path,
            "date_words": date_words,
            "moment_words": moment_words,
        }


class OptionalMember(StrictUndefined):
    """An undefined name is an error; a member left out of a mapping is false in `if` and `or`."""

    def __bool__(self) -> bool:  # type: ignore[override]  # the base promises to raise always
        """False for a missing member; raises for a missing name."""
        if self._undefined_obj is missing:
            self._fail_with_undefined_error()
        return False


def make_environment(package: str) -> Environment:
    """A Jinja environment over a front end's templates and the shared ones.

    Autoescape is on for every file and an undefined name is an error (see OptionalMember).
    """
    shared = PackageLoader("mrc.web.design", "templates")
    own = PackageLoader(package, "templates")
    environment = Environment(
        loader=ChoiceLoader([own, shared]),
        autoescape=True,
        undefined=OptionalMember,
        auto_reload=False,  # a changed template needs a restart; a phone has no clock to waste
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    environment.filters["time"] = format_time
    environment.globals["qr_svg"] = qr_svg
    return environment
