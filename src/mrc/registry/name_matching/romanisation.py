"""Whether two words are spellings of one: transcription rules, strict for short words.

The shorter a word, the more names lie one letter away (LI NA and LI NAN, SHIN and SIN), so rules
hold from a length on. A last letter is never touched: it tells men from women in many languages.
"""

import os.path
import re
from functools import lru_cache

SHORT, LONG, VERY_LONG = 4, 5, 11  # letters of both words from which a rule holds

_ONE_NAME = {
    variant: group[0]
    for group in (
        ("MUHAMMAD", "MOHAMMAD", "MOHAMED", "MOHAMMED", "MUHAMMED", "MOHAMAD", "MUHAMAD")
        + ("MD", "MOHD"),
        ("UGLI", "OGLI", "OGHLI", "UGHLI", "OGLU"),
        ("QIZI", "KIZI"),
        ("KHALED", "KHALID"),
        ("RAHMAN", "REHMAN"),
        ("LAKSHMI", "LAXMI"),
        ("MARIA", "MA"),
        ("LYU", "LV"),
        ("NYU", "NV"),
    )
    for variant in group
}
_FROM_SHORT = (
    (re.compile(r"OO"), "U"),
    (re.compile(r"EE"), "I"),
    (re.compile(r"(?<=[AEOU])Y$"), "I"),
)
_FROM_LONG = (
    (re.compile(r"^AB(D|DA|DE|DU)L(?=[A-Z]{4})"), "ABDUL"),
    (re.compile(r"^MONKH"), "MUNKH"),
    (re.compile(r"ZH"), "J"),
    (re.compile(r"KH"), "H"),
    (re.compile(r"^YE"), "E"),
    (re.compile(r"[IY]+"), "I"),
    (re.compile(r"(?<=[AEOU])IE"), "E"),
    (re.compile(r"M(?=[BMP])"), "N"),
    (re.compile(r"([AEIOU])\1"), r"\1"),
    (re.compile(r"(?<=[AEIOU])([^AEIOU])\1"), r"\1"),  # YEONGGIL has two syllables there
)
_PUFFS = re.compile(r"(?<=[PT])H")  # Thai: PH and TH are P and T with a breath
_PUFFS_FROM = 8
_JAPANESE = re.compile(r"(?:(?:SH|CH|TS|[KGSZTDNHBPMR]Y?|[FJWY])?[AIUEO]|N(?![AIUEO]))+")
_KUNREI = (("TSU", "TU"), ("SHI", "SI"), ("CHI", "TI"), ("JI", "ZI"), ("FU", "HU"))
_VOWELS = frozenset("AEIOUY")


@lru_cache(maxsize=16384)
def same_word(left: str, right: str) -> bool:
    """Whether two folded words are spellings of one name."""
    left, right = _ONE_NAME.get(left, left), _ONE_NAME.get(right, right)
    if left == right:
        return True
    shorter = min(len(left), len(right))
    if shorter < SHORT:
        return False
    if _changed(left, _FROM_SHORT) == _changed(right, _FROM_SHORT):
        return True
    if shorter < LONG:
        return False
    keys = _keys(left) & _keys(right)
    return bool(keys) or _kunrei(left) == _kunrei(right) or _one_vowel_apart(left, right)


def _keys(word: str) -> frozenset[str]:
    """X is KS in one system and KH in another."""
    written = (word,) if "X" not in word else (word.replace("X", "KS"), word.replace("X", "KH"))
    keys = (_changed(_changed(text, _FROM_SHORT), _FROM_LONG) for text in written)
    if len(word) < _PUFFS_FROM:
        return frozenset(keys)
    return frozenset(_PUFFS.sub("", key) for key in keys)


def _changed(word: str, rules: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for pattern, replacement in rules:
        word = pattern.sub(replacement, word)
    return word


def _kunrei(word: str) -> str:
    """Japanese words by the official system, from the passports' (ISO 3602 and Hepburn)."""
    if not _JAPANESE.fullmatch(word):
        return word
    for hepburn, official in _KUNREI:
        word = word.replace(hepburn, official)
    return word


def _one_vowel_apart(left: str, right: str) -> bool:
    """Very long words that differ in one vowel, another or left out, between two consonants.

    Beside a vowel it would be another sound: SEONG and SEUNG are two names.
    """
    if min(len(left), len(right)) < VERY_LONG or abs(len(left) - len(right)) > 1:
        return False
    start = len(os.path.commonprefix([left, right]))
    end = len(os.path.commonprefix([left[start:][::-1], right[start:][::-1]]))
    middle = (left[start : len(left) - end], right[start : len(right) - end])
    if start < 2 or end < 3 or not all(len(m) <= 1 and set(m) <= _VOWELS for m in middle):
        return False
    return not {left[start - 1], left[len(left) - end]} & _VOWELS
