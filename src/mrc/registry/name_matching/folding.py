"""Names as comparable words: A to Z only, in the ways in which systems lose letters.

A letter with a mark can be lost in more than one way (ü as U or UE, ō as O, OU or OH), so a word
folds to a set of readings; two words are equal where they share one. Nothing here decides.
"""

import itertools
import re
import unicodedata
from functools import lru_cache

MOST_READINGS = 64  # of one word: enough for six marked letters, bounded against hostile input
_SINGLE = {
    "ß": "SS", "ẞ": "SS", "Æ": "AE", "Œ": "OE", "Ø": "O", "Þ": "TH", "Ð": "D", "Đ": "D", "Ł": "L",
    "İ": "I", "ı": "I", "Ə": "A", "Ŋ": "NG", "Ħ": "H",
}  # fmt: skip
_SEVERAL = {
    "Ä": ("A", "AE"), "Ö": ("O", "OE"), "Ü": ("U", "UE"), "Å": ("A", "AA"), "Ø": ("O", "OE"),
    "Ō": ("O", "OU", "OH", "OO"), "Ū": ("U", "UU"), "Ñ": ("N", "NY"),
}  # fmt: skip
_APOSTROPHES = "'’‘`´ʻʼ"
_UZBEK = {"O": ("O", "U"), "G": ("G", "GH")}  # a letter before an apostrophe: O' and G'
_BREAK = re.compile(r"[^A-Z]+")

Readings = frozenset[str]


def words(text: str) -> tuple[str, ...]:
    """The words of a name as they stand: split at spaces; a hyphen does not split."""
    return tuple(part for part in re.split(r"[\s,;/()]+", text) if any(map(str.isalpha, part)))


@lru_cache(maxsize=4096)
def readings(word: str) -> Readings:
    """Every way in which `word` may be written with A to Z, hyphens and points left out."""
    text = unicodedata.normalize("NFC", word)
    text = "".join(c if c in _SINGLE else c.upper() for c in text if c != "\u200b")
    options: list[tuple[str, ...]] = []
    for index, letter in enumerate(text):
        follower = text[index + 1 : index + 2]
        options.append(_options(letter, follower))
    count = 1
    for position, option in enumerate(options):
        count *= len(option)
        if count > MOST_READINGS:
            options[position:] = [option[:1] for option in options[position:]]
            break
    return frozenset("".join(letters) for letters in itertools.product(*options))


def _options(letter: str, follower: str) -> tuple[str, ...]:
    if follower and follower in _APOSTROPHES and letter in _UZBEK:
        return _UZBEK[letter]
    if letter in _SEVERAL:
        return _SEVERAL[letter]
    if letter in _SINGLE:
        return (_SINGLE[letter],)
    bare = unicodedata.normalize("NFKD", letter)
    return (_BREAK.sub("", "".join(_SINGLE.get(c, c.upper()) for c in bare)),)
