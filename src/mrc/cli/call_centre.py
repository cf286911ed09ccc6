"""`mrc call-centre`: who may report losses for people who call."""

import click

from mrc.infra.operators import OperatorFolder
from mrc.infra.settings import Settings


@click.group("call-centre")
def call_centre() -> None:
    """The call centre's operators."""


@call_centre.command()
@click.argument("name")
def operator(name: str) -> None:
    """Give the operator NAME a new token, and say in which file it stands."""
    try:
        path = OperatorFolder(Settings().home / "authority" / "call-centre").add(name)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The token is in {path}. Delete the file to end it.")
