"""The documents keep up with the code: every setting, command and decision is written down."""

import re
from pathlib import Path

import click
import pytest

from mrc.cli.main import main
from mrc.infra.settings import Settings

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "docs/reference/settings.md").read_text()
COMMANDS = (ROOT / "docs/reference/commands.md").read_text()
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
PROSE = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`MRC_{name.upper()}`" in SETTINGS


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = {name.lower() for name in re.findall(r"^\| `MRC_([A-Z_]+)`", SETTINGS, re.MULTILINE)}
    assert named == set(Settings.model_fields)


def test_every_command_is_documented() -> None:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert f"`mrc {name}`" in COMMANDS
        if isinstance(command, click.Group):
            for child in command.commands:
                assert f"`mrc {name} {child}`" in COMMANDS


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = [
        target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/adr/README.md").read_text()
    pages = sorted(path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [name for name in pages if f"({name})" not in index] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs/adr").glob("0*.md")]
    assert sorted(numbers) == sorted(set(numbers))
