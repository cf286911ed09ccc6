"""Small campaigns for every run of the tests; the full ones are in docs/reference/campaigns.md."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.campaigns import kills


async def test_a_killed_authority_loses_nothing(tmp_path: Path) -> None:
    async with kills.campaign(tmp_path, people=2, seed=5) as campaign:
        toll = await campaign.run(3)
    assert toll.faults == []
    assert toll.kills == 3
    assert toll.shown["valid"] + toll.shown["not_valid"] > 0


def test_histories_on_several_processes_never_leave_two_phones_accepted(
    postgresql_url: str,
) -> None:
    toll = histories(postgresql_url, people=40, histories=150, longest=3, seed=2)
    assert toll["what"] == []
    assert toll["acts"]["issue"] > 50
    assert toll["looks"] > 2


def test_people_whose_cards_are_wanted_everywhere_at_once(postgresql_url: str) -> None:
    """Three processes race for the cards of three people, on small status lists."""
    toll = histories(postgresql_url, people=3, histories=90, longest=4, seed=3, list_size=200)
    assert toll["what"] == []
    assert toll["lists"] > 1


def histories(url: str, **plan: int) -> dict[str, Any]:
    """A campaign in a process of its own, which forks its servers."""
    options = [
        word for name, value in plan.items() for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    command = [sys.executable, "-m", "tests.campaigns.histories", "--database", url, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout, done.stderr
    toll: dict[str, Any] = json.loads(done.stdout)
    return toll
