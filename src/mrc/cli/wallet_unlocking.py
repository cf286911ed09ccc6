"""`mrc wallet unlock`: undo a wrong loss report with the chip card at the reader."""

import time
from pathlib import Path

import click

from mrc.cli.output import json_option, print_json, refusals
from mrc.cli.wallet_face import selfies_in
from mrc.cli.wallet_ic import Reader, TerminalHolder, explained, ic_card_options
from mrc.cli.wallet_session import WalletCommand
from mrc.formats.catalogue.ages import SEOUL
from mrc.wallet.holdings import Card
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.unlocking import UnlockedByTap


@click.command()
@click.argument("card_id")
@ic_card_options
@json_option
@click.pass_obj
@refusals
def unlock(
    context: WalletCommand,
    card_id: str,
    kind: str,
    card_file: Path | None,
    reader_name: str | None,
    wait: float,
    extended_length: bool,
    card_pin_file: Path | None,
    can_file: Path | None,
    last_try: bool,
    selfies: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Undo a wrong loss report of CARD_ID with the chip card at the reader: no visit."""
    reader = Reader(
        kind=kind,
        card_file=card_file,
        name=reader_name,
        wait=wait,
        extended_length=extended_length,
    )
    holder = TerminalHolder(
        pin_file=card_pin_file,
        can_file=can_file,
        selfies=selfies_in(selfies),
        last_try=last_try,
    )

    async def act(opened: OpenWallet) -> tuple[UnlockedByTap, Card, float]:
        started, connection = time.monotonic(), reader.connection()
        done = await explained(connection, opened.unlocking.unlock(card_id, connection, holder))
        seconds = time.monotonic() - started
        return done, await opened.records.get(card_id), seconds

    done, card, seconds = context.run(act)
    if as_json:
        measured = {
            "round_trips": done.round_trips,
            "apdus": done.apdus,
            "seconds": round(seconds, 2),
        }
        told = {"unlocked_at": done.unlocked.at.isoformat(), "state": card.state.value}
        print_json(told | {"ic_card": measured})
        return
    at = done.unlocked.at.astimezone(SEOUL)
    click.echo(f"Unlocked at {at:%H:%M:%S} in Korea; the card is {card.state.value}.")
