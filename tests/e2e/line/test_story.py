"""The whole line as a stranger sees it: `mrc demo`, with real processes and real commands."""

import json
import subprocess
import sys

import pytest

STEPS_AT_LEAST = 25


@pytest.mark.timeout(900)
def test_the_story_is_told_from_the_register_to_a_second_phone() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mrc", "demo", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=880,
    )
    assert done.returncode == 0, done.stderr
    steps = [step["step"] for step in json.loads(done.stdout)]
    assert len(steps) >= STEPS_AT_LEAST
    assert any("locked" in step for step in steps)
    assert any("police" in step for step in steps)
