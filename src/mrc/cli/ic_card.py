"""`mrc ic-card`: emulate, make and read the chip card; keep its signing authority."""

import click

from mrc.cli.ic_card_authority import csca
from mrc.cli.ic_card_making import blank, emulate, order, personalise
from mrc.cli.ic_card_reading import read, readers, tries, unblock


@click.group("ic-card")
def ic_card() -> None:
    """Emulate, personalise and read the chip card (ICAO Doc 9303)."""


for _command in (blank, emulate, order, personalise, read, readers, tries, unblock, csca):
    ic_card.add_command(_command)
