"""Names as sequences of words, and which of them may stand where, be short or be missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from mrc.registry.name_matching.folding import Readings, readings, words
from mrc.registry.name_matching.romanisation import same_word

TITLES = frozenset({"MR", "MRS", "MS", "MISS", "DAW"})
SUFFIXES = frozenset({"JR", "SR", "II", "III", "IV"})
PARTICLES = frozenset(
    {"VON", "VAN", "DER", "DEN", "ZU", "DE", "LA", "DA", "DI", "DO", "DOS", "DAS", "DEL", "DELA"}
)
ARTICLES = frozenset({"AL", "EL"})
MAX_WORDS = 30  # of 150 characters; a longer row is not a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a name, each with its readings; `suffixes` (JR, SR) are kept apart."""

    words: tuple[Readings, ...]
    suffixes: frozenset[str] = frozenset()

    @property
    def joined(self) -> frozenset[str]:
        """All words without spaces; only where the readings are few."""
        count = 1
        for item in self.words:
            count *= len(item)
        if count > 512:
            return frozenset({"".join(min(item, key=len) for item in self.words)})
        return frozenset("".join(parts) for parts in product(*self.words))

    def then(self, other: "Words") -> "Words":
        return Words(words=self.words + other.words, suffixes=self.suffixes | other.suffixes)


def read(text: str) -> Words:
    """`text` as words. Arabic articles belong to the word after them, ABD to what it serves."""
    found = [readings(word) for word in words(text)[:MAX_WORDS]]
    suffixes = frozenset(word for item in found for word in item & SUFFIXES)
    kept = [item for item in found if item and not item & SUFFIXES]
    return Words(words=tuple(_with_articles(kept)), suffixes=suffixes)


def _with_articles(found: Sequence[Readings]) -> list[Readings]:
    joined: list[Readings] = []
    waiting = ""
    for item in found:
        first = min(item)
        if item & ARTICLES:
            waiting += "UL" if waiting.startswith("ABD") else first
        elif first in ("ABD", "ABDEL", "ABDUL", "ABDAL"):
            waiting += "ABD" if first == "ABD" else "ABDUL"
        else:
            joined.append(frozenset(_article(waiting + text) for text in item))
            waiting = ""
    return [*joined, frozenset({waiting})] if waiting else joined


def _article(word: str) -> str:
    """EL and AL are one article in two dialects; only before five letters or more."""
    return "AL" + word[2:] if word.startswith("EL") and len(word) >= 7 else word


def without_title(name: Words, registered: Words) -> Words:
    """A title in front is no name, unless the register has it too; U stands before two or more."""
    first = name.words[0] if name.words else frozenset()
    if registered.words and registered.words[0] & first:
        return name
    if (len(name.words) > 1 and first & TITLES) or (len(name.words) > 2 and first == {"U"}):
        return Words(words=name.words[1:], suffixes=name.suffixes)
    return name


def arrangements(family: Words, given: Words) -> list[Words]:
    """Family first, given first, and particles of the family name at the end (HEIDE, VON DER)."""
    orders = [family.then(given), given.then(family)]
    count = 0
    while count < len(family.words) - 1 and family.words[count] & PARTICLES:
        count += 1
    if count:
        core, particles = Words(words=family.words[count:]), Words(words=family.words[:count])
        orders.append(core.then(given).then(particles))
    return orders


def same_words(left: Sequence[Readings], right: Sequence[Readings]) -> bool:
    """Word by word, in order, each a spelling of the other."""
    return len(left) == len(right) and all(map(same_reading, left, right))


def same_reading(left: Readings, right: Readings) -> bool:
    return any(same_word(a, b) for a in left for b in right)
