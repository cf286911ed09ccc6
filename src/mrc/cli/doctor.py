"""`mrc doctor`: what is missing, what is insecure, in plain words."""

import dataclasses
import json
from collections.abc import Sequence

import click
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mrc.infra.health import Diagnosis, Level, diagnose
from mrc.infra.settings import Settings

_SIGNS = {
    Level.GOOD: "[green]✓ good[/]",
    Level.NOTE: "[blue]• note[/]",
    Level.MISSING: "[yellow]○ missing[/]",
    Level.INSECURE: "[red]! insecure[/]",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say what is missing and what is insecure. Ends with 1 where settings are refused."""
    try:
        found = diagnose(Settings())
    except ValidationError as error:
        reasons = "; ".join(detail["msg"] for detail in error.errors())
        raise click.ClickException(f"the settings are refused: {reasons}") from error
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(one) for one in found], ensure_ascii=False))
    else:
        _print(found)


def _print(found: Sequence[Diagnosis]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "what", "how it stands", "what to do"):
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row(_SIGNS[one.level], one.subject, escape(one.text), escape(one.remedy))
    Console().print(table)
