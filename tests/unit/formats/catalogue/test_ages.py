"""Ages by Korean law, to the day in Korea."""

from datetime import UTC, date, datetime

import pytest

from mrc.formats.catalogue.ages import AGE_THRESHOLDS, age_claims, age_on, seoul_date


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        ("2012-05-01", "2026-04-30", 13),
        ("2012-05-01", "2026-05-01", 14),
        ("2012-05-01", "2026-05-02", 14),
        ("2012-02-29", "2026-02-28", 13),
        ("2012-02-29", "2026-03-01", 14),
        ("2008-02-29", "2028-02-29", 20),
        ("2026-05-01", "2026-05-01", 0),
        ("1926-01-01", "2025-12-31", 99),
    ],
)
def test_a_year_is_complete_on_the_birthday(birth: str, on: str, age: int) -> None:
    assert age_on(date.fromisoformat(birth), date.fromisoformat(on)) == age


def test_before_birth_there_is_no_age() -> None:
    with pytest.raises(ValueError):
        age_on(date(2026, 5, 2), date(2026, 5, 1))


@pytest.mark.parametrize(
    ("at", "day"), [("2026-04-30T14:59:59", "2026-04-30"), ("2026-04-30T15:00:00", "2026-05-01")]
)
def test_the_day_changes_at_midnight_in_seoul(at: str, day: str) -> None:
    assert seoul_date(datetime.fromisoformat(at).replace(tzinfo=UTC)).isoformat() == day


def test_a_naive_time_is_our_mistake() -> None:
    with pytest.raises(ValueError):
        seoul_date(datetime(2026, 5, 1))


@pytest.mark.parametrize("nn", AGE_THRESHOLDS)
def test_age_over_turns_true_on_the_birthday(nn: int) -> None:
    birth = date(1950, 6, 15)
    assert age_claims(birth, date(1950 + nn, 6, 14))[f"age_over_{nn}"] is False
    assert age_claims(birth, date(1950 + nn, 6, 15))[f"age_over_{nn}"] is True


def test_every_threshold_and_the_birth_year_are_given() -> None:
    claims = age_claims(date(2000, 1, 1), date(2026, 1, 1))
    assert list(claims) == [f"age_over_{nn}" for nn in (14, 18, 19, 20, 60, 65)] + [
        "age_birth_year"
    ]
    assert claims["age_birth_year"] == 2000
