"""Claims and their times."""

from datetime import UTC, datetime, timedelta

import pytest

from mrc.formats.jose import jwt
from mrc.formats.jose.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
NOW = int(AT.timestamp())


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 60}, Reason.EXPIRED),
        ({"exp": NOW - 10**6}, Reason.EXPIRED),
        ({"nbf": NOW + 61}, Reason.NOT_YET_VALID),
        ({"iat": NOW + 61}, Reason.ISSUED_IN_FUTURE),
    ],
)
def test_times_outside_the_window_are_rejected(claims: dict[str, object], reason: Reason) -> None:
    with pytest.raises(Rejected) as caught:
        jwt.check_times(claims, at=AT)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "claims", [{}, {"exp": NOW - 59}, {"nbf": NOW + 60, "iat": NOW + 60.0, "exp": NOW + 1}]
)
def test_times_within_the_skew_pass(claims: dict[str, object]) -> None:
    jwt.check_times(claims, at=AT)


@pytest.mark.parametrize("value", [True, "1", None, [], 10**30, -(10**30), 1e300])
def test_a_time_that_is_no_number_of_seconds_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        jwt.check_times({"exp": value}, at=AT)


def test_required_claims_are_demanded() -> None:
    for read in (jwt.get_time, jwt.get_text):
        with pytest.raises(Malformed):
            read({}, "iat")
    with pytest.raises(Malformed):
        jwt.get_text({"iss": 5}, "iss")


def test_a_time_survives() -> None:
    assert jwt.get_time({"iat": jwt.encode_time(AT)}, "iat") == AT
    with pytest.raises(ValueError):
        jwt.encode_time(datetime(2026, 1, 1))
    assert timedelta(seconds=60) == jwt.CLOCK_SKEW
