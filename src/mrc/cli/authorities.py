"""Which authority of this installation, as an option."""

import click

from mrc.wiring.issuers import AUTHORITIES

authority_option = click.option(
    "--authority",
    "role",
    type=click.Choice([authority.role for authority in AUTHORITIES]),
    default="authority",
    show_default=True,
    help="Which authority of this installation.",
)
