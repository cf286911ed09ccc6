"""Small campaigns for every run of the tests; the full ones are in docs/reference/campaigns.md."""

from pathlib import Path

from tests.campaigns import histories, kills


async def test_a_killed_authority_loses_nothing(tmp_path: Path) -> None:
    async with kills.campaign(tmp_path, people=2, seed=5) as campaign:
        toll = await campaign.run(3)
    assert toll.faults == []
    assert toll.kills == 3
    assert toll.shown["valid"] + toll.shown["not_valid"] > 0


def test_histories_on_several_processes_never_leave_two_phones_accepted(
    postgresql_url: str,
) -> None:
    plan = histories.Plan(people=40, histories=150, longest=3, seed=2)
    toll = histories.run(postgresql_url, plan)
    assert toll.faults == []
    assert toll.acts["issue"] > 50
    assert toll.looks > 2


def test_people_whose_cards_are_wanted_everywhere_at_once(postgresql_url: str) -> None:
    """Three processes race for the cards of three people, on small status lists."""
    plan = histories.Plan(people=3, histories=90, longest=4, seed=3, list_size=200)
    toll = histories.run(postgresql_url, plan)
    assert toll.faults == []
    assert toll.lists > 1
