"""Reads gettext catalogues (`.po`) with the standard library alone, so that every host can.

GNU gettext manual, "The Format of PO Files". The catalogues are read as they are written: there
is no compiled copy that could be older than its source. Fuzzy entries are left out, as gettext
does; obsolete entries (`#~`) are comments.
"""

import ast
import gettext
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from mrc.kernel.errors import Malformed
from mrc.web.design.languages import Language

Key = tuple[str, str]  # context (empty when there is none), English master text
_KEYWORDS = ("msgctxt", "msgid_plural", "msgid", "msgstr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message: its master text and its forms in the catalogue's language."""

    context: str
    text: str
    plural: str | None
    forms: tuple[str, ...]
    comments: tuple[str, ...]
    fuzzy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The messages of one language and the rule that picks a plural form."""

    messages: dict[Key, tuple[str, ...]]
    plural_form: Callable[[int], int]


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.splitlines():
        if line.strip():
            block.append(line.strip())
        elif block:
            yield block
            block = []
    if block:
        yield block


def _string(literal: str, line: str) -> str:
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError) as broken:
        raise Malformed("catalogue string", line) from broken
    if not isinstance(value, str):
        raise Malformed("catalogue string", line)
    return value


def _fields(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line.startswith('"'):
            if not name:
                raise Malformed("catalogue entry", line)
            fields[name] += _string(line, line)
            continue
        name, _, literal = line.partition(" ")
        if not name.startswith(_KEYWORDS) or name in fields:
            raise Malformed("catalogue entry", line)
        fields[name] = _string(literal.strip(), line)
    return fields


def _entry(block: list[str]) -> Entry | None:
    comments = tuple(line for line in block if line.startswith("#"))
    fields = _fields([line for line in block if not line.startswith("#")])
    if not fields:
        return None
    if "msgid" not in fields:
        raise Malformed("catalogue entry", "msgid is missing")
    forms = tuple(value for name, value in fields.items() if name.startswith("msgstr"))
    return Entry(
        context=fields.get("msgctxt", ""),
        text=fields["msgid"],
        plural=fields.get("msgid_plural"),
        forms=forms,
        comments=comments,
        fuzzy=any(line.startswith("#,") and "fuzzy" in line for line in comments),
    )


def decode_entries(text: str) -> list[Entry]:
    """Every entry of a `.po` file in order, the header (empty master text) first."""
    entries = [entry for block in _blocks(text) if (entry := _entry(block)) is not None]
    keys = [(entry.context, entry.text) for entry in entries]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Malformed("catalogue", f"message stands twice: {twice[1]!r}")
    return entries


def _plural_rule(header: str) -> Callable[[int], int]:
    for line in header.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "plural-forms":
            return gettext.c2py(value.partition("plural=")[2].rstrip("; "))
    return lambda number: int(number != 1)


def decode_catalogue(text: str) -> Catalogue:
    """The usable messages of a `.po` file: translated and not fuzzy."""
    entries = decode_entries(text)
    header = next((entry.forms[0] for entry in entries if entry.text == ""), "")
    messages = {
        (entry.context, entry.text): entry.forms
        for entry in entries
        if entry.text and entry.forms and all(entry.forms) and not entry.fuzzy
    }
    return Catalogue(messages=messages, plural_form=_plural_rule(header))


def find_text(language: Language, domain: str) -> str | None:
    """The `.po` file of a language and domain, if there is one."""
    folder = resources.files("mrc.web.locales")
    file = folder.joinpath(language.value, "LC_MESSAGES", f"{domain}.po")
    return file.read_text(encoding="utf-8") if file.is_file() else None


@lru_cache(maxsize=128)
def load_catalogue(language: Language, domains: tuple[str, ...]) -> Catalogue:
    """The catalogue of a language over several domains; a later domain wins."""
    merged = Catalogue(messages={}, plural_form=lambda number: int(number != 1))
    for domain in domains:
        text = find_text(language, domain)
        if text is not None:
            read = decode_catalogue(text)
            messages = merged.messages | read.messages
            merged = Catalogue(messages=messages, plural_form=read.plural_form)
    return merged
