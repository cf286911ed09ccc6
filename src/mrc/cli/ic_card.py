"""`mrc ic-card`: emulate, make and read the chip card; keep its signing authority."""

import click

from mrc.cli.ic_card_authority import csca, officer
from mrc.cli.ic_card_making import blank, emulate, order, personalise
from mrc.cli.ic_card_reading import read, readers, tries, unblock
from mrc.cli.ic_card_register import draw_up_order, end, found, register


@click.group("ic-card")
def ic_card() -> None:
    """Emulate, personalise and read the chip card (ICAO Doc 9303)."""


_COMMANDS = (
    *(blank, emulate, draw_up_order, order, personalise, register, end, found),
    *(read, readers, tries, unblock, csca, officer),
)
for _command in _COMMANDS:
    ic_card.add_command(_command)
