"""Ages by Korean law, to the day in Korea's time zone.

The age attestations of ISO/IEC 18013-5, 7.2.5, are computed for the day of issue. An attestation
that was true stays true; one that was false says only what held on that day.
"""

from datetime import date, datetime, timedelta, timezone

SEOUL = timezone(timedelta(hours=9), "KST")
"""Korea has had no daylight saving time since 1988, so no time zone data is needed."""

AGE_THRESHOLDS = (14, 18, 19, 20, 60, 65)
"""Registration (14), 18013-5's adult (18), Civil Act adult (19), 20, and senior rules (60, 65)."""


def seoul_date(at: datetime) -> date:
    """The calendar day in Korea at the moment `at`."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(SEOUL).date()


def age_on(birth_date: date, on: date) -> int:
    """Completed years of age on the day `on`; raises `ValueError` before birth.

    Civil Act, articles 158 and 160: the day of birth counts, so a year is complete at the start
    of the birthday; one born on 29 February completes it on 1 March of a common year.
    """
    if on < birth_date:
        raise ValueError("a day before birth")
    before_birthday = (on.month, on.day) < (birth_date.month, birth_date.day)
    return on.year - birth_date.year - before_birthday


def age_claims(birth_date: date, on: date) -> dict[str, bool | int]:
    """The values of every ``age_over_NN`` and of ``age_birth_year`` for a card issued `on`."""
    age = age_on(birth_date, on)
    claims: dict[str, bool | int] = {f"age_over_{nn}": age >= nn for nn in AGE_THRESHOLDS}
    return claims | {"age_birth_year": birth_date.year}
