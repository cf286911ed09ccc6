"""Catalogues, translator, languages, dates: what a reader gets, and what a broken file must not do."""

import re
from datetime import UTC, date, datetime

import pytest
from babel.dates import format_date as babel_date
from markupsafe import escape

from mrc.kernel.errors import Malformed
from mrc.web.design.catalogues import decode_catalogue, decode_entries, find_text, load_catalogue
from mrc.web.design.dates import format_date, format_moment
from mrc.web.design.gallery.app import DOMAINS
from mrc.web.design.languages import COMPLETE, OFFICE, Language, choose_language, find_language
from mrc.web.design.missing import main, missing_texts
from mrc.web.design.pages import Audience
from mrc.web.design.translator import Translator, plain

_RUSSIAN = """
msgid ""
msgstr "Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\\n"

#. W-1
msgid "{n} try left"
msgid_plural "{n} tries left"
msgstr[0] "{n} попытка"
msgstr[1] "{n} попытки"
msgstr[2] "{n} попыток"

#, fuzzy
msgid "Stop"
msgstr "Стоп"

msgid "Long "
"text"
msgstr "Длинный "
"текст"
"""


@pytest.mark.parametrize(
    "text",
    [
        'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"',
        'msgstr "b"',
        '"stray"',
        'msgid "a',
        'msgid "a"\nmsgid "b"\nmsgstr "c"',
        "nonsense here",
        'msgid 5\nmsgstr "b"',
    ],
)
def test_a_broken_catalogue_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        decode_entries(text)


def test_plural_forms_follow_the_catalogues_rule() -> None:
    read = decode_catalogue(_RUSSIAN)
    forms = read.messages[("", "{n} try left")]
    assert [forms[read.plural_form(n)] for n in (1, 3, 11, 21)] == [
        "{n} попытка",
        "{n} попытки",
        "{n} попыток",
        "{n} попытка",
    ]


def test_fuzzy_texts_are_left_out_and_long_ones_joined() -> None:
    read = decode_catalogue(_RUSSIAN)
    assert ("", "Stop") not in read.messages
    assert read.messages[("", "Long text")] == ("Длинный текст",)


def test_a_missing_text_shows_korean_with_english_under_it() -> None:
    translator = Translator(Language.TH, domains=("officer",))  # officers' texts: Korean, English
    message = translator("Search")
    assert plain(message) == "검색 (Search)"
    assert 'lang="ko">검색<' in str(escape(message))
    assert 'lang="en">Search<' in str(escape(message))


def test_a_text_without_korean_is_marked_as_english() -> None:
    message = Translator(Language.KO, domains=("common",))("Never written down")
    assert str(escape(message)) == '<span lang="en">Never written down</span>'


def test_values_cannot_bring_markup_into_a_page() -> None:
    for language in Language:
        message = Translator(language, domains=DOMAINS)("Last used {when}", when="<script>")
        assert "<script>" not in str(escape(message))
        assert "<script>" in plain(message)  # escaped by the attribute it stands in


def test_ngettext_counts_in_english_and_korean() -> None:
    english = Translator(Language.EN, domains=DOMAINS)
    korean = Translator(Language.KO, domains=DOMAINS)
    assert english.ngettext("{n} day", "{n} days", 1) == "1 day"
    assert english.ngettext("{n} day", "{n} days", 2) == "2 days"
    assert korean.ngettext("{n} day", "{n} days", 1) == "1일"


@pytest.mark.parametrize("language", COMPLETE)
def test_no_text_of_the_shared_parts_is_missing_in_the_complete_languages(
    language: Language,
) -> None:
    parts = "mrc.web.design"
    lacking = missing_texts(parts, language=language, domains=DOMAINS)
    office = set(_texts("officer")) | set(_texts("checker"))
    assert [key for key in lacking if language in OFFICE or key[1] not in office] == []


def _texts(domain: str) -> dict[str, str]:
    source = find_text(Language.KO, domain) or ""
    return {
        entry.text: next(line for line in entry.comments if line.startswith("#."))[3:]
        for entry in decode_entries(source)
        if entry.text
    }


def test_the_list_of_missing_texts_fails_for_a_complete_language_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["common,holder", "mrc.web.design"]) == 1  # the gallery also uses officers' texts
    assert "ko\tmrc.web.design\tApprovals\n" in capsys.readouterr().out
    assert main(["common,checker", "mrc.web.design.templates"]) == 0  # Korean is all it needs


_EVERYONES = ("common", "customer")
_FIRST_RELEASE = (Language.KO, Language.ZH_HANS, Language.VI)  # UX 8
_REQUIRED = {f"W-{n}" for n in (*range(1, 19), 22)} | {"FD-17", "errors"}


@pytest.mark.parametrize("language", [each for each in Language if each is not Language.EN])
def test_every_language_has_the_texts_that_must_be_complete(language: Language) -> None:
    domains = (*_EVERYONES, *(("online", "result") if language in _FIRST_RELEASE else ()))
    everyone = {text for domain in domains for text in _texts(domain)}
    holder = {text for text, screen in _texts("holder").items() if screen in _REQUIRED}
    translator = Translator(language, domains=(*domains, "holder"))
    assert [text for text in sorted(everyone | holder) if not translator.knows(text)] == []


@pytest.mark.parametrize("language", [each for each in Language if each is not Language.EN])
@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_keeps_every_placeholder(language: Language, domain: str) -> None:
    holes = re.compile(r"\{\w+\}")
    for (_context, text), forms in load_catalogue(language, (domain,)).messages.items():
        for form in forms:
            assert set(holes.findall(form)) == set(holes.findall(text)), (text, form)


@pytest.mark.parametrize("language", list(Language))
def test_every_language_speaks_without_exclamation_marks_or_upper_case(language: Language) -> None:
    for forms in load_catalogue(language, DOMAINS).messages.values():
        for form in forms:
            assert "!" not in form
            assert "！" not in form


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("language", [each for each in Language if each is not Language.MN])
def test_dates_are_written_as_cldr_says(language: Language, month: int) -> None:
    locale = {"en": "en_GB"}.get(language.value, language.value.replace("-", "_"))
    day = date(2027, month, 3)
    expected = babel_date(day, "long", locale=locale).replace("\u202f", " ")
    assert format_date(day, language) == expected


def test_mongolian_dates_join_the_month_to_the_year() -> None:
    assert format_date(date(2027, 5, 3), Language.MN) == "2027 оны тавдугаар сарын 3"


def test_moments_are_korean_time_and_know_their_zone() -> None:
    moment = datetime(2026, 11, 22, 20, 2, tzinfo=UTC)
    assert format_moment(moment, Language.EN) == "23 November 2026 05:02"
    with pytest.raises(ValueError, match="time zone"):
        format_moment(moment.replace(tzinfo=None), Language.EN)


@pytest.mark.parametrize(
    ("chosen", "header", "expected"),
    [
        ("vi", "ko", Language.VI),
        (None, "fr, zh-CN;q=0.9, en;q=0.8", Language.ZH_HANS),
        (None, "tl-PH", Language.FIL),
        (None, "", Language.KO),
        (None, "en;q=0, ru;q=0.1", Language.RU),
        (None, "en;q=nonsense, ja", Language.JA),
        ("../../etc", "en", Language.EN),
    ],
)
def test_language_is_chosen_asked_for_or_korean(
    chosen: str | None, header: str, expected: Language
) -> None:
    assert choose_language(chosen=chosen, accept_language=header) is expected


def test_an_office_screen_stays_in_the_offices_languages() -> None:
    offered = Audience.OFFICER.languages
    assert choose_language(chosen="vi", accept_language="vi", offered=offered) is Language.KO


def test_an_unknown_language_is_not_found() -> None:
    assert find_language("xx") is None
