"""Korean names between Hangul and Latin: every common way to write a syllable, not one system.

Revised Romanization (2000), McCune-Reischauer and what people put into passports. A Hangul name
becomes a pattern that its Latin spellings fit. ㅡ is EU alone, because U is what people write for
ㅓ: so 성호 (SUNGHO) and 승호 (SEUNGHO) stay apart. ㅓ and ㅜ may both be U: SUN JA fits 선자 and 순자.
"""

import re

_ONSETS = ("[KG]", "KK?|GG?", "N", "[DT]", "TT?|DD?", "[RL]", "M", "[BP]", "PP?|BB?", "SH?", "SS?",
           "", "J|CH", "JJ?|CH", "CH", "K", "T", "P", "H")  # fmt: skip
_VOWELS = ("A|AH", "AE|AI", "YA", "YAE", "EO|U|OU|UH", "E", "YEO|YOU|YU", "YE", "O|OH", "WA", "WAE",
           "OE|OI", "YO", "U|OO|WOO|WU", "WO|WEO", "WE", "WI", "YU|YOO|YOU", "EU", "UI|EUI|EE|I",
           "I|EE|YI")  # fmt: skip
_CODAS = {
    0: "", 1: "[KGC]", 2: "KK?", 4: "N", 7: "[TD]", 8: "[LR]", 16: "M", 17: "[PB]", 19: "T", 20: "T",
    21: "NG", 22: "[TJ]", 23: "T", 24: "K", 25: "T", 26: "P", 27: "",
}  # fmt: skip
_NO_SPELLING = "(?!)"  # clusters stand in no name
_FAMILIES = {
    "김": "KIM|GIM", "이": "LEE|YI|I|RHEE|LI|YEE", "리": "LEE|RI|LI", "박": "PARK|PAK|BAK|BARK",
    "최": "CHOI|CHOE", "정": "JEONG|JUNG|CHUNG|JOUNG|CHONG", "조": "CHO|JO|JOE", "강": "KANG|GANG",
    "윤": "YUN|YOON|YOUN", "장": "JANG|CHANG", "임": "LIM|IM|RIM|YIM", "오": "OH|O",
    "서": "SEO|SUH|SEOH", "신": "SHIN|SIN", "안": "AN|AHN", "유": "YU|YOO|RYU|YOU",
    "류": "RYU|RYOO|YU|YOO", "전": "JEON|JUN|CHUN|CHON", "허": "HEO|HUH|HUR", "우": "WOO|U|WU",
    "구": "KOO|GU|KU|GOO", "고": "KO|GO|KOH", "노": "NO|NOH|ROH", "남궁": "NAMGUNG|NAMKUNG|NAMGOONG",
}  # fmt: skip
_DOUBLE_FAMILIES = ("남궁", "황보", "선우", "제갈", "독고", "사공", "서문")
_GIVEN_SYLLABLES = range(1, 4)
_FIRST, _LAST = 0xAC00, 0xD7A3


def has_hangul(text: str) -> bool:
    return any(_FIRST <= ord(letter) <= _LAST for letter in text)


def bare_hangul(text: str) -> str:
    """The syllables alone, without the spaces that people write or not."""
    return "".join(letter for letter in text if _FIRST <= ord(letter) <= _LAST)


def split_korean(text: str) -> tuple[str, str] | None:
    """Family and given name of a Korean-looking Hangul name; None for transcribed ones."""
    bare = bare_hangul(text)
    size = 2 if bare.startswith(_DOUBLE_FAMILIES) else 1
    family, given = bare[:size], bare[size:]
    return (family, given) if family and len(given) in _GIVEN_SYLLABLES else None


def latin_fits(family: str, given: str, latin: str) -> bool:
    """Whether `latin` (A to Z, no spaces) is a spelling of this Korean name, in either order."""
    first, second = _family_pattern(family), "".join(map(_syllable, given))
    return any(re.fullmatch(p, latin) for p in (first + second, second + first))


def _family_pattern(family: str) -> str:
    if family in _FAMILIES:
        return f"(?:{_FAMILIES[family]})"
    return "".join(map(_syllable, family))


def _syllable(letter: str) -> str:
    """One syllable by the arithmetic of Unicode 3.12: onset, vowel, coda."""
    code = ord(letter) - _FIRST
    onset, vowel, coda = code // 588, code % 588 // 28, code % 28
    return f"(?:{_ONSETS[onset]})(?:{_VOWELS[vowel]}){_CODAS.get(coda, _NO_SPELLING)}"
