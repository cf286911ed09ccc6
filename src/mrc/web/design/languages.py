"""The fourteen languages of the front ends, and how one is chosen for a page.

BCP 47 tags (RFC 5646); `Accept-Language` by RFC 9110, 12.5.4 with RFC 4647 lookup. Names of
languages stand in their own script. A right-to-left language needs only its line here: the style
sheets use logical properties throughout.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

COOKIE: Final = "mrc_language"


class Language(StrEnum):
    """A language with a catalogue. The value is its BCP 47 tag and the catalogue's folder."""

    KO = "ko"
    EN = "en"
    ZH_HANS = "zh-Hans"
    VI = "vi"
    TH = "th"
    UZ = "uz-Latn"
    NE = "ne"
    ID = "id"
    KM = "km"
    MN = "mn"
    RU = "ru"
    MY = "my"
    JA = "ja"
    FIL = "fil"

    @property
    def own_name(self) -> str:
        """The language's name in its own script."""
        return _OWN_NAMES[self]

    @property
    def direction(self) -> str:
        """The value of `dir`: every one of the fourteen runs left to right."""
        return "ltr"


_OWN_NAMES: Final[Mapping[Language, str]] = {
    Language.KO: "한국어",
    Language.EN: "English",
    Language.ZH_HANS: "简体中文",
    Language.VI: "Tiếng Việt",
    Language.TH: "ไทย",
    Language.UZ: "Oʻzbekcha",
    Language.NE: "नेपाली",
    Language.ID: "Bahasa Indonesia",
    Language.KM: "ភាសាខ្មែរ",
    Language.MN: "Монгол",
    Language.RU: "Русский",
    Language.MY: "မြန်မာ",
    Language.JA: "日本語",
    Language.FIL: "Filipino",
}
COMPLETE: Final = (Language.KO, Language.EN, Language.ZH_HANS, Language.VI)
OFFICE: Final = (Language.KO, Language.EN)
_ALIASES: Final = {"tl": Language.FIL, "zh": Language.ZH_HANS, "uz": Language.UZ, "in": Language.ID}
_MOST_RANGES: Final = 20  # a header with more is cut: nobody reads twenty languages


def find_language(tag: str) -> Language | None:
    """The language that serves `tag`: exact, then by its primary subtag (RFC 4647, 3.4)."""
    wanted = tag.strip().lower().replace("_", "-")
    primary = wanted.split("-", 1)[0]
    for language in Language:
        if language.value.lower() in (wanted, primary):
            return language
    return _ALIASES.get(primary)


def _weighed(part: str) -> tuple[float, str]:
    tag, _, parameter = part.partition(";")
    _, _, quality = parameter.partition("q=")
    try:
        return (float(quality) if quality else 1.0, tag)
    except ValueError:
        return (0.0, tag)


def choose_language(
    *, chosen: str | None, accept_language: str, offered: tuple[Language, ...] = tuple(Language)
) -> Language:
    """The language a person chose, else the best their browser asks for, else Korean."""
    if chosen is not None and (found := find_language(chosen)) in offered and found is not None:
        return found
    parts = accept_language.split(",")[:_MOST_RANGES]
    for quality, tag in sorted(map(_weighed, parts), key=lambda each: -each[0]):
        found = find_language(tag)
        if quality > 0 and found is not None and found in offered:
            return found
    return offered[0]
