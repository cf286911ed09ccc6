"""The matcher's rules one by one, and names that nobody has."""

import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrc.registry.name_matching.matching import Verdict, compare
from mrc.registry.name_matching.romanisation import same_word
from mrc.registry.names import PersonName
from mrc.registry.practice.people import practice_people


def name(family: str, given_name: str, hangul: str = "") -> PersonName:
    family_hangul, _, given_hangul = hangul.partition(" ")
    return PersonName(
        family=family, given=given_name, family_hangul=family_hangul, given_hangul=given_hangul
    )


DECISIONS = [
    # on file in both scripts: both must agree
    (name("KIM", "MINSU", "김 민수"), "김민수 KIM MINSU", Verdict.SAME),
    (name("KIM", "MINSU", "김 민수"), "김민수 KIM MINSEO", Verdict.NEAR),
    (name("KIM", "MINSU", "김 민수"), "김 MINSU", Verdict.NEAR),
    # half a Hangul form decides nothing
    (name("NGUYỄN", "ÁNH", "응우옌"), "응우옌", Verdict.NEAR),
    # syllables written with one vowel or the other are different names
    (name("LEE", "SEUNGHO", "이 승호"), "LEE SUNGHO", Verdict.DIFFERENT),
    (name("KIM", "SEUNGHYUNGMIN"), "KIM SEONGHYUNGMIN", Verdict.DIFFERENT),
    # a first name of one syllable is half a Korean or Chinese name
    (name("KIM", "SEUNG HO"), "KIM SEUNG", Verdict.NEAR),
    (name("WANG", "XIANG YU"), "WANG XIANG", Verdict.NEAR),
    (name("AUNG", "NAING LIN"), "AUNG NAING", Verdict.NEAR),
    # a title is one only where the register does not have it
    (name("", "DAW THIDA"), "DAW THIDA", Verdict.SAME),
    (name("SRISAI", "SIRIPORN"), "MRS. SIRIPORN SRISAI", Verdict.SAME),
    # one letter less is an ending, not a cut
    (name("WARNAKULASURIYA", "MICHELE"), "WARNAKULASURIYA MICHEL", Verdict.DIFFERENT),
    (name("WARNAKULASURIYA", "MICHELLA"), "WARNAKULASURIYA MICHEL", Verdict.SAME),
    # nothing to compare
    (name("KIM", "MINSU"), "", Verdict.DIFFERENT),
    (name("KIM", "MINSU"), "  -- ", Verdict.DIFFERENT),
    (name("KIM", "MINSU"), "MR", Verdict.DIFFERENT),
    (name("KIM", "MINSU"), "王秀英", Verdict.DIFFERENT),
    (name("KIM", "MINSU"), "K" * 10_000, Verdict.DIFFERENT),
]  # fmt: skip


@pytest.mark.parametrize(("registered", "on_file", "expected"), DECISIONS)
def test_a_rule_decides(registered: PersonName, on_file: str, expected: Verdict) -> None:
    assert compare(registered, on_file).verdict is expected


@pytest.mark.parametrize(
    ("left", "right"),
    [("LI", "LY"), ("HANA", "HANNA"), ("PHAN", "PAN"), ("KHAN", "HAN"), ("LIU", "LYU"),
     ("IVANOV", "IVANOVA"), ("MICHEL", "MICHELE"), ("YEONGIL", "YEONGGIL")],
)  # fmt: skip
def test_words_one_letter_apart_are_two(left: str, right: str) -> None:
    assert not same_word(left, right)


def test_a_step_is_told_for_each_rule_that_was_tried() -> None:
    steps = compare(name("SMITH", "JAMES OLIVER"), "JAMES SMITH").steps
    assert steps[0] == "2 the same letters: no"
    assert steps[-1] == "5 middle names left out: yes"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_on_file_is_decided(on_file: str) -> None:
    assert compare(name("NGUYỄN", "THỊ ÁNH"), on_file).verdict in Verdict


def test_a_name_with_many_marks_is_decided_quickly() -> None:
    marks = name("ÜÖÄÜÖÄÜÖÄ ÜÖÄÜÖÄ", "ÜÖÄÜÖÄÜÖÄ")
    assert compare(marks, "UOAUOAUOA UOAUOA UOAUOAUOA").verdict is Verdict.SAME


def test_different_practice_people_are_taken_for_one_only_by_rules_that_say_so() -> None:
    """All pairs of 110 people: the same Hangul, or middle names left out, and nothing else."""
    people = {}
    for person in practice_people(seed=7, count=110, today=date(2026, 1, 1)):
        fields = [str(person.fields[part]) for part in ("family_name", "given_name")]
        hangul = (person.fields["family_name_hangul"], person.fields["given_name_hangul"])
        made = PersonName(
            family=fields[0],
            given=fields[1],
            family_hangul=str(hangul[0]),
            given_hangul=str(hangul[1]),
        )
        people[made.latin] = made
    for one, other in itertools.permutations(people.values(), 2):
        decision = compare(one, other.latin)
        if decision.verdict is Verdict.SAME:
            last = decision.steps[-1]
            assert last.startswith(("4 a spelling of the registered Hangul", "5 middle names"))
