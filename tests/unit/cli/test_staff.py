"""`mrc staff`: a link for the first supervisor, once; who is there."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mrc.cli.staff import staff


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("MRC_HOME", str(tmp_path))
    return CliRunner()


def test_bootstrap_prints_a_link_and_the_list_shows_the_member(run: CliRunner) -> None:
    made = run.invoke(staff, ["bootstrap", "--name", "김하늘"])
    assert made.exit_code == 0, made.output
    assert made.output.startswith("https://desk.localhost:8441/enrol/")
    listed = json.loads(run.invoke(staff, ["list", "--json"]).output)
    assert [(each["role"], each["state"]) for each in listed] == [("supervisor", "invited")]


def test_the_list_does_not_repeat_the_link(run: CliRunner) -> None:
    link = run.invoke(staff, ["bootstrap", "--name", "a"]).output.strip().rpartition("/")[2]
    assert link not in run.invoke(staff, ["list", "--json"]).output


def test_an_unknown_member_cannot_be_suspended(run: CliRunner) -> None:
    refused = run.invoke(staff, ["suspend", "nobody"])
    assert refused.exit_code == 1
    assert "unknown_member" in refused.output
