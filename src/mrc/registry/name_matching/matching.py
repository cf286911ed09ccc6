"""The decision: is the name on file the registrant's? Every step that was tried is told.

Steps, from the surest on; the first that holds decides:
1. the Hangul forms are the same syllables, in either order;
2. the Latin letters are the same, whatever the order, case, spaces, hyphens and marks;
3. each word is a spelling of the other's (transcription rules, strict for short words);
4. instead of 3 for Korean names whose Hangul is known: the Latin letters are a spelling of it;
5. the carrier's name is cut, has initials, or leaves middle names out, and enough is left.
Where none holds, a name that shares its words is near: for an officer, never a match.
A name alone never proves a person: the birth date is compared apart from it.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from mrc.registry.name_matching.arrangement import (
    Words,
    arrangements,
    read,
    same_reading,
    same_words,
    without_title,
)
from mrc.registry.name_matching.korean import bare_hangul, has_hangul, latin_fits, split_korean
from mrc.registry.name_matching.shortening import cut_off, shortened_given
from mrc.registry.names import MAX_NAME, PersonName

REPEATED_FROM = 5  # letters: a system without an empty family name writes a single name twice


class Verdict(StrEnum):
    SAME = "same"
    NEAR = "near"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameDecision:
    """The verdict and, in order, what was tried; no step repeats a name."""

    verdict: Verdict
    steps: tuple[str, ...] = field(default=())


def compare(registered: PersonName, on_file: str) -> NameDecision:
    """Compare the registered name with `on_file`. Never raises; too long a text is different."""
    if not on_file.strip() or len(on_file) > 2 * MAX_NAME:
        return NameDecision(verdict=Verdict.DIFFERENT, steps=("nothing to compare",))
    if not has_hangul(on_file):
        return _compare_latin(registered, on_file)
    hangul = _compare_hangul(registered, on_file)
    latin_text = "".join(" " if has_hangul(letter) else letter for letter in on_file)
    if not any(letter.isalpha() for letter in latin_text):
        return hangul
    latin = _compare_latin(registered, latin_text)
    both = hangul.verdict is latin.verdict is Verdict.SAME
    steps = (*hangul.steps, *latin.steps, f"both scripts on file: {'agree' if both else 'no'}")
    return NameDecision(verdict=Verdict.SAME if both else Verdict.NEAR, steps=steps)


def _compare_hangul(registered: PersonName, on_file: str) -> NameDecision:
    kept = bare_hangul(on_file)
    family, given = bare_hangul(registered.family_hangul), bare_hangul(registered.given_hangul)
    if not (family or given):
        return _compare_unregistered_hangul(registered, on_file)
    if bool(family) != bool(registered.family) or bool(given) != bool(registered.given):
        return NameDecision(verdict=Verdict.NEAR, steps=("1 the registered Hangul is not whole",))
    same = kept in (family + given, given + family)
    step = f"1 Hangul syllables {'equal' if same else 'differ'}"
    return NameDecision(verdict=Verdict.SAME if same else Verdict.DIFFERENT, steps=(step,))


def _compare_unregistered_hangul(registered: PersonName, on_file: str) -> NameDecision:
    steps = ["1 no Hangul form is registered"]
    parts = split_korean(on_file)
    if parts is None:
        steps.append("4 the Hangul is a transcription: not decided by rule")
        return NameDecision(verdict=Verdict.NEAR, steps=tuple(steps))
    spelled = any(latin_fits(*parts, text) for text in read(registered.latin).joined)
    steps.append(f"4 the Latin letters are {'a' if spelled else 'no'} spelling of the Hangul")
    verdict = Verdict.SAME if spelled else Verdict.DIFFERENT
    return NameDecision(verdict=verdict, steps=tuple(steps))


def _compare_latin(registered: PersonName, on_file: str) -> NameDecision:
    family, given = read(registered.family), read(registered.given)
    carrier = without_title(read(on_file), family.then(given))
    if not carrier.words:
        return NameDecision(verdict=Verdict.DIFFERENT, steps=("nothing to compare",))
    steps: list[str] = []
    if (family.suffixes | given.suffixes) != carrier.suffixes:
        steps.append("2 one has a suffix (junior, senior) that the other has not")
        return NameDecision(verdict=_shared(family, given, carrier), steps=tuple(steps))
    korean = _korean(registered)
    spelling = (
        ("3 each word is a spelling of the other", _same_spelling(family, given, carrier))
        if korean is None
        else (
            "4 a spelling of the registered Hangul",
            any(latin_fits(*korean, text) for text in carrier.joined),
        )
    )
    for step, holds in (
        ("2 the same letters", _same_letters(family, given, carrier)),
        spelling,
        ("5 cut by a field's length", _cut(family, given, carrier, len(on_file.strip()))),
    ):
        steps.append(f"{step}: {'yes' if holds else 'no'}")
        if holds:
            return NameDecision(verdict=Verdict.SAME, steps=tuple(steps))
    rule = shortened_given(family, given, carrier)
    steps.append(f"5 {rule or 'initials or middle names left out'}: {'yes' if rule else 'no'}")
    verdict = Verdict.SAME if rule else _shared(family, given, carrier)
    return NameDecision(verdict=verdict, steps=tuple(steps))


def _same_letters(family: Words, given: Words, carrier: Words) -> bool:
    kept = carrier.joined
    if any(order.joined & kept for order in arrangements(family, given)):
        return True
    if family.words and given.words:
        return False
    single = family.then(given).joined
    return any(text + text in kept for text in single if len(text) >= REPEATED_FROM)


def _same_spelling(family: Words, given: Words, carrier: Words) -> bool:
    return any(same_words(order.words, carrier.words) for order in arrangements(family, given))


def _korean(registered: PersonName) -> tuple[str, str] | None:
    """The registered Korean name; None for a transcribed one, even if it looks like one."""
    written = (bare_hangul(registered.family_hangul), bare_hangul(registered.given_hangul))
    return written if split_korean("".join(written)) == written else None


def _cut(family: Words, given: Words, carrier: Words, length: int) -> bool:
    """Family first: the whole family name must be left; given first: the whole given name."""
    if not family.words or not given.words:
        return False
    return cut_off(family.then(given), len(family.words), carrier, length) or cut_off(
        given.then(family), len(given.words), carrier, length
    )


def _shared(family: Words, given: Words, carrier: Words) -> Verdict:
    """Near: all words of one side stand on the other, two of them at least."""
    ours, theirs = (*family.words, *given.words), carrier.words
    fewer, more = (ours, theirs) if len(ours) <= len(theirs) else (theirs, ours)
    found = sum(any(same_reading(item, other) for other in more) for item in fewer)
    return Verdict.NEAR if found == len(fewer) and found > 1 else Verdict.DIFFERENT
