"""Names as the register keeps them: whole, in the order and case in which they were given.

A name has a Latin form, as in the passport, and may have a Hangul form. Either Latin part may be
empty, because many people have one name only; never both. Nothing here cuts, re-orders or folds a
name; the search key is a copy for finding only. Text is NFC, so that equal names are equal.
"""

import re
import unicodedata
from dataclasses import dataclass

from mrc.kernel.errors import Malformed

MAX_NAME = 150  # characters of a whole name, the longest that the register accepts

_LATIN_LETTER = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff"
_LATIN = re.compile(rf"[{_LATIN_LETTER}\u02bb\u02bc\u0300-\u036f'’‘`´.,/\- ()]*")
_HAS_LATIN = re.compile(rf"[{_LATIN_LETTER}]")
_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ·\-. ]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A name in its forms. Raises `Malformed` naming the part that is not one."""

    family: str
    given: str
    family_hangul: str = ""
    given_hangul: str = ""

    def __post_init__(self) -> None:
        if not (_HAS_LATIN.search(self.family) or _HAS_LATIN.search(self.given)):
            raise Malformed("family_name", "neither part of the name has a letter")
        _check("family_name", self.family, _LATIN)
        _check("given_name", self.given, _LATIN)
        _check("family_name_hangul", self.family_hangul, _HANGUL)
        _check("given_name_hangul", self.given_hangul, _HANGUL)
        if len(self.latin) > MAX_NAME:
            raise Malformed("family_name", f"a name of more than {MAX_NAME} characters")
        if len(self.hangul) > MAX_NAME:
            raise Malformed("family_name_hangul", f"a name of more than {MAX_NAME} characters")

    def __repr__(self) -> str:
        return "PersonName(hidden)"

    @property
    def latin(self) -> str:
        """Family name first, as the residence card prints it."""
        return " ".join(part for part in (self.family, self.given) if part)

    @property
    def hangul(self) -> str:
        """Korean names are written together, transcribed ones with a space."""
        parts = [part for part in (self.family_hangul, self.given_hangul) if part]
        korean = len(parts) == 2 and len(parts[0]) == 1 and len(parts[1]) <= 3
        return ("" if korean else " ").join(parts)


def search_key(text: str) -> str:
    """`text` for finding: no case, no diacritics, no punctuation. Never shown, never compared."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = (c for c in folded if not _ignored(c))
    return unicodedata.normalize("NFC", " ".join("".join(bare).split()))


def _ignored(character: str) -> bool:
    return unicodedata.category(character)[0] in "MP" and character not in "-"


def _check(part: str, text: str, allowed: re.Pattern[str]) -> None:
    if not text:
        return
    if not allowed.fullmatch(text):
        raise Malformed(part, "a character that this form of a name cannot have")
    if text != " ".join(text.split(" ")).strip() or "  " in text:
        raise Malformed(part, "spaces at an end or next to each other")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise Malformed(part, "not in Unicode normalization form C")
