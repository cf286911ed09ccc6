"""Names stay whole; numbers agree with the person; both refuse what they are not."""

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrc.kernel.errors import Malformed
from mrc.registry.names import PersonName, search_key
from mrc.registry.numbers import (
    CheckDigits,
    RegistrationNumber,
    Sex,
    check_digit,
    decode_number,
    must_check,
    seventh_digit,
)
from mrc.registry.people import Registrant
from mrc.registry.practice.name_lists import AWKWARD


@pytest.mark.parametrize("awkward", AWKWARD, ids=lambda entry: f"{entry[0]}-{entry[2][:12]}")
def test_awkward_names_stay_as_they_are(awkward: tuple[str, str, str, str, str]) -> None:
    _, family, given_name, family_hangul, given_hangul = awkward
    name = PersonName(
        family=family, given=given_name, family_hangul=family_hangul, given_hangul=given_hangul
    )
    assert name.latin == f"{family} {given_name}".strip()


def test_a_name_may_have_150_characters_and_no_more() -> None:
    assert len(PersonName(family="A" * 75, given="B" * 74).latin) == 150
    with pytest.raises(Malformed, match="150"):
        PersonName(family="A" * 75, given="B" * 75)


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        ("", "letter"),
        ("---", "letter"),
        ("KIM2", "character"),
        ("김", "letter"),
        ("KIM김", "character"),
        ("Κim", "character"),
        ("KI\u200bM", "character"),
        ("KIM\n", "character"),
        ("<b>", "character"),
        (" KIM", "spaces"),
        ("KIM  LEE", "spaces"),
        ("e\u0301", "form C"),
    ],
)
def test_what_is_no_latin_name_is_refused(family: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        PersonName(family=family, given="")


def test_latin_letters_are_no_hangul_name() -> None:
    with pytest.raises(Malformed, match="family_name_hangul"):
        PersonName(family="KIM", given="", family_hangul="KIM")


def test_korean_names_are_written_together_and_transcribed_ones_apart() -> None:
    assert PersonName(family="KIM", given="A", family_hangul="김", given_hangul="철수").hangul == (
        "김철수"
    )
    assert PersonName(
        family="REYES", given="A", family_hangul="레예스", given_hangul="마리아"
    ).hangul == ("레예스 마리아")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("nguyen thi", "NGUYỄN THỊ"),
        ("o'connor", "OCONNOR"),
        ("müller", "MULLER"),
        ("김철수", "김철수"),
    ],
)
def test_a_search_forgives_case_diacritics_and_punctuation(typed: str, stored: str) -> None:
    assert search_key(typed) == search_key(stored)


@given(st.text())
def test_a_search_key_is_stable(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_a_whole_name_or_malformed(family: str, given_name: str) -> None:
    try:
        name = PersonName(family=family, given=given_name)
    except Malformed:
        return
    assert (name.family, name.given) == (family, given_name)
    assert unicodedata.is_normalized("NFC", name.latin)


@pytest.mark.parametrize(
    ("digits", "sex", "birth_date"),
    [
        ("9912315000000", Sex.MALE, date(1999, 12, 31)),
        ("9912316000000", Sex.FEMALE, date(1999, 12, 31)),
        ("0002297000000", Sex.MALE, date(2000, 2, 29)),
        ("1202298000000", Sex.FEMALE, date(2012, 2, 29)),
    ],
)
def test_the_seventh_digit_tells_sex_and_century(digits: str, sex: Sex, birth_date: date) -> None:
    number = RegistrationNumber(digits)
    assert (number.sex, number.birth_date) == (sex, birth_date)
    assert seventh_digit(sex, birth_date) == digits[6]


@pytest.mark.parametrize(
    "digits",
    ["", "123", "99123150000000", "9912311000000", "9912319000000", "0002295000000",
     "9913015000000", "99123１5000000", "99123 5000000", "-912315000000"],
)  # fmt: skip
def test_what_is_no_number_is_refused(digits: str) -> None:
    with pytest.raises(Malformed):
        RegistrationNumber(digits)


def test_a_number_may_be_written_with_its_hyphen_only_in_its_place() -> None:
    assert decode_number("991231-5000000").digits == "9912315000000"
    with pytest.raises(Malformed):
        decode_number("99123-15000000")


def test_a_number_does_not_show_in_logs() -> None:
    assert "9912315" not in repr(RegistrationNumber("9912315000000"))
    assert RegistrationNumber("9912315123456").masked == "991231-5******"


def test_the_check_digit_of_foreigners() -> None:
    # 16+0+0+5+0+7+40+9+4+9+16+25 = 131; 131 mod 11 = 10; 13 - 10 = 3.
    assert check_digit("800101512345") == "3"
    assert RegistrationNumber("8001015123453").check_digit_holds
    assert not RegistrationNumber("8001015123454").check_digit_holds


@pytest.mark.parametrize(
    ("rule", "registered_on", "expected"),
    [
        (CheckDigits.NEVER, date(2019, 1, 1), False),
        (CheckDigits.ALWAYS, None, True),
        (CheckDigits.UNTIL_OCTOBER_2020, date(2020, 10, 4), True),
        (CheckDigits.UNTIL_OCTOBER_2020, date(2020, 10, 5), False),
        (CheckDigits.UNTIL_OCTOBER_2020, None, False),
    ],
)
def test_when_a_check_digit_is_asked(
    rule: CheckDigits, registered_on: date | None, expected: bool
) -> None:
    assert must_check(rule, registered_on) is expected


def test_born_before_1900_has_no_number() -> None:
    with pytest.raises(Malformed):
        seventh_digit(Sex.MALE, date(1899, 12, 31))


def test_a_registrant_does_not_show_in_logs(make_person: Callable[..., Registrant]) -> None:
    shown = repr(make_person()) + repr(make_person().name)
    assert "NGUY" not in shown
    assert "0003157" not in shown
    assert "1234" not in shown
