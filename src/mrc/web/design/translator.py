"""Turns an English master text into the reader's language.

A missing text shows Korean with English under it, never a key and never a silent mix. A message
is a `str` (for attributes, titles, logs of tests) that knows its HTML form, where the fall-back
carries `lang` on each line. Placeholders are `{name}`; their values are escaped in HTML.
"""

from typing import Final

from markupsafe import Markup, escape

from mrc.web.design.catalogues import Catalogue, Key, load_catalogue
from mrc.web.design.languages import Language

_FALL_BACK: Final = Markup(
    '<span class="untranslated"><span lang="ko">{korean}</span> <span lang="en">{english}</span></span>'
)


class Message(str):
    """A translated text: plain as a string, with `lang` marks as HTML."""

    __slots__ = ("_html",)
    _html: Markup

    def __new__(cls, plain: str, html: Markup) -> "Message":
        made = super().__new__(cls, plain)
        made._html = html
        return made

    def __html__(self) -> str:
        return str(self._html)


def plain(value: object) -> str:
    """The text of a message for an attribute: no mark-up, still to be escaped."""
    return str.__str__(value) if isinstance(value, Message) else str(value)


def _filled(text: str, values: dict[str, object]) -> Message:
    if not values:
        return Message(text, escape(text))
    safe = {name: escape(value) for name, value in values.items()}
    simple = {name: plain(value) for name, value in values.items()}
    return Message(text.format_map(simple), Markup(escape(text)).format_map(safe))


class Translator:
    """The texts of one language for one front end. Callable, as `_` in templates."""

    def __init__(self, language: Language, *, domains: tuple[str, ...]) -> None:
        self.language = language
        self._own = load_catalogue(language, domains)
        self._korean = load_catalogue(Language.KO, domains)

    def __call__(self, text: str, **values: object) -> Message:
        """`text` in the reader's language."""
        return self._message("", text, text, None, values)

    def pgettext(self, context: str, text: str, **values: object) -> Message:
        """`text` where the same English words mean different things."""
        return self._message(context, text, text, None, values)

    def ngettext(self, one: str, many: str, number: int, **values: object) -> Message:
        """The form of a text for `number`, which fills the placeholder `{n}`."""
        english = one if number == 1 else many
        return self._message("", one, english, number, {"n": number, **values})

    def knows(self, text: str, context: str = "") -> bool:
        """The language has this text itself."""
        return self.language is Language.EN or (context, text) in self._own.messages

    def _message(
        self, context: str, text: str, english: str, number: int | None, values: dict[str, object]
    ) -> Message:
        key: Key = (context, text)
        if self.language is Language.EN:
            return _filled(english, values)
        if (own := _form(self._own, key, number)) is not None:
            return _filled(own, values)
        korean = _form(self._korean, key, number)
        below = _filled(english, values)
        if korean is None or self.language is Language.KO:
            return Message(below, Markup('<span lang="en">{}</span>').format(below))
        above = _filled(korean, values)
        html = _FALL_BACK.format(korean=above, english=below)
        return Message(f"{plain(above)} ({plain(below)})", html)


def _form(catalogue: Catalogue, key: Key, number: int | None) -> str | None:
    forms = catalogue.messages.get(key)
    if forms is None:
        return None
    index = 0 if number is None else catalogue.plural_form(number)
    return forms[index] if index < len(forms) else forms[-1]
