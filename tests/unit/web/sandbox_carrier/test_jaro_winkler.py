"""Scores that the literature gives (Winkler 1990; Cohen, Ravikumar and Fienberg 2003)."""

import pytest

from mrc.web.sandbox_carrier.jaro_winkler import score


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("martha", "marhta", 96),
        ("dixon", "dicksonx", 81),
        ("dwayne", "duane", 84),
        ("kim", "kim", 100),
        ("kim", "", 0),
        ("abc", "xyz", 0),
    ],
)
def test_known_scores(left: str, right: str, expected: int) -> None:
    assert score(left, right) == expected == score(right, left)
