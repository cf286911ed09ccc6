"""The asker's purpose within `verifier_info`."""

import pytest

from mrc.kernel.errors import Malformed
from mrc.protocols.openid4vp.stated_purpose import (
    FORMAT,
    StatedPurpose,
    encode_stated_purpose,
    find_stated_purpose,
)

PURPOSE = StatedPurpose(
    name={"en": "Bank", "ko": "은행"},
    text={"en": "Open an account"},
    kept_for_seconds=60,
    passed_on_to=("Tax office",),
)


def test_a_purpose_comes_back_as_it_was() -> None:
    entries = ({"format": "jwt", "data": "x"}, encode_stated_purpose(PURPOSE))
    assert find_stated_purpose(entries) == PURPOSE


def test_no_purpose_is_none() -> None:
    assert find_stated_purpose(({"format": "jwt", "data": "x"},)) is None


@pytest.mark.parametrize(
    "data",
    [
        "text",
        {},
        {"name": {}, "text": {"en": "x"}, "kept_for": 0},
        {"name": {"en": 1}, "text": {"en": "x"}, "kept_for": 0},
        {"name": {"en": "x"}, "text": {"en": ""}, "kept_for": 0},
        {"name": {"en": "x"}, "text": {"en": "x" * 1001}, "kept_for": 0},
        {"name": {"en": "x"}, "text": {"en": "x"}, "kept_for": -1},
        {"name": {"en": "x"}, "text": {"en": "x"}, "kept_for": True},
        {"name": {"en": "x"}, "text": {"en": "x"}, "kept_for": 0, "passed_on_to": []},
    ],
)
def test_a_purpose_that_does_not_decode_is_malformed(data: object) -> None:
    with pytest.raises(Malformed):
        find_stated_purpose(({"format": FORMAT, "data": data},))
