"""Names that a carrier's system made shorter: cut at a length, initials, middle names left out.

Each rule asks for enough of the name to be left that another person's is not meant. Given names
of two short words (Vietnamese, Chinese, Khmer, Korean) are one name and lose no part.
"""

import re
from collections.abc import Sequence

from mrc.registry.name_matching.arrangement import Words, same_reading, same_words
from mrc.registry.name_matching.folding import Readings

CUT_FROM = 20  # characters: no carrier's field for names is shorter
CUT_GIVEN = 3  # letters of the given name that must be left
CUT_MISSING = 2  # letters: a single last letter is a grammatical ending, not a cut
WHOLE_NAME = 5  # letters that make a first given name telling by itself
_COMMON_FIRST = frozenset(
    {"MARIA", "MARIE", "MUHAMMAD", "MOHAMMAD", "MOHAMED", "MOHAMMED", "MD", "ABDUL", "ABDULLAH"}
    | {"PRINCESS", "NAGA", "MOST", "MARY"}
)
_VIETNAMESE = frozenset(
    {"NGUYEN", "TRAN", "LE", "PHAM", "HOANG", "HUYNH", "PHAN", "VU", "VO", "DANG", "BUI", "DO"}
    | {"HO", "NGO", "DUONG", "LY", "TRUONG", "DINH", "DOAN", "LAM", "TON", "CAO", "LUONG"}
)


def cut_off(order: Words, fixed: int, carrier: Words, length: int) -> bool:
    """Whether `carrier` is `order` cut in the middle of a word after `length` characters.

    `fixed` words must be whole; beyond them some letters must be left, and some missing: two of
    the last word, or one where two more words are whole and others follow.
    """
    if length < CUT_FROM or not fixed < len(carrier.words) <= len(order.words):
        return False
    whole, last = carrier.words[:-1], carrier.words[-1]
    if not all(left & right for left, right in zip(order.words, whole, strict=False)):
        return False
    more = len(order.words) > len(carrier.words) and len(whole) >= fixed + 2
    missing = 1 if more else CUT_MISSING
    return any(
        text.startswith(part) and len(part) + missing <= len(text)
        for text in order.words[len(whole)]
        for part in last
        if len(whole) > fixed or len(part) >= CUT_GIVEN
    )


def shortened_given(family: Words, given: Words, carrier: Words) -> str | None:
    """The rule by which `carrier` has the whole family name and a shorter given name, or None."""
    size = len(family.words)
    if not size or len(carrier.words) <= size or len(given.words) < 2:
        return None
    if any(item & _VIETNAMESE for item in family.words):
        return None
    for kept, ends in (
        (carrier.words[size:], carrier.words[:size]),
        (carrier.words[:-size], carrier.words[-size:]),
    ):
        if same_words(family.words, ends):
            rule = _given_rule(given.words, kept)
            if rule is not None:
                return rule
    return None


def _given_rule(given: Sequence[Readings], kept: Sequence[Readings]) -> str | None:
    if len(kept) == len(given) and all(map(_same_or_initial, given, kept)):
        telling = any(
            not _is_initial(part) and not item & _COMMON_FIRST and max(map(len, part)) > 1
            for item, part in zip(given, kept, strict=True)
        )
        first_whole = not _is_initial(kept[0]) or bool(given[0] & _COMMON_FIRST)
        return "initials" if telling and first_whole else None
    if len(kept) < len(given) and same_words(given[: len(kept)], kept):
        return "middle names left out" if _telling(kept) else None
    return None


def _same_or_initial(item: Readings, part: Readings) -> bool:
    if _is_initial(part):
        return any(text[:1] in part for text in item)
    return same_reading(item, part)


def _is_initial(part: Readings) -> bool:
    return all(len(text) == 1 for text in part)


def _telling(kept: Sequence[Readings]) -> bool:
    """Two words of the given name, or a first one of two syllables that few share."""
    if len(kept) > 1:
        return sum(max(map(len, item)) for item in kept) > WHOLE_NAME + 3
    first = max(kept[0], key=len)
    return not kept[0] & _COMMON_FIRST and len(first) >= WHOLE_NAME and _syllables(first) > 1


def _syllables(word: str) -> int:
    return len(re.findall("[AEIOUY]+", word))
