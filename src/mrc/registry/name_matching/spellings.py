"""The forms in which a carrier may have a registered name on file, to be asked one after another.

A carrier that compares letter by letter says "false" to a name in another order or without its
marks. These forms are what its clerks and systems write; each is the registered name by
`matching.compare`, so that asking in several forms never asks about another name.
"""

from dataclasses import dataclass, field

from mrc.registry.name_matching.arrangement import read
from mrc.registry.name_matching.folding import readings, words
from mrc.registry.names import PersonName

MOST_FORMS = 6  # questions to a carrier about one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One form: the whole name, and its parts where there are two."""

    name: str = field(repr=False)
    family: str = field(repr=False)
    given: str = field(repr=False)


def spellings(name: PersonName) -> tuple[Spelling, ...]:
    """At most `MOST_FORMS`, the likeliest first, none twice (case and spaces aside)."""
    found: dict[str, Spelling] = {}
    for family, given, text in _forms(name):
        if text:
            key = " ".join(text.casefold().split())
            found.setdefault(key, Spelling(name=text, family=family, given=given))
    return tuple(found.values())[:MOST_FORMS]


def _forms(name: PersonName) -> list[tuple[str, str, str]]:
    family, given = name.family, name.given
    forms = [(family, given, name.latin)]
    if bool(name.family_hangul) == bool(family) and bool(name.given_hangul) == bool(given):
        forms.append((name.family_hangul, name.given_hangul, name.hangul))
    short, long = (_plain(family, 0), _plain(given, 0)), (_plain(family, -1), _plain(given, -1))
    for parts in (short, long):
        forms.append((*parts, " ".join(parts).strip()))
    forms.append((*short, " ".join(reversed(short)).strip()))
    if not read(given).suffixes:  # JR written together with a name is not seen as a suffix
        forms.append((*short, "".join(short).replace(" ", "")))
    return forms


def _plain(text: str, index: int) -> str:
    """A to Z alone; marked letters by their shortest (0) or longest (-1) reading."""
    return " ".join(
        sorted(readings(word), key=lambda r: (len(r), r))[index] for word in words(text)
    )
