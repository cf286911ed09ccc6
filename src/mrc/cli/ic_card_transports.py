"""Where the card is: in a PC/SC reader, or in a file in this process."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from mrc.cli.output import Refusal
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import CardTransport
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.emulator import power_on
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.infra.readers.in_process import InProcessTransport
from mrc.infra.readers.pcsc import PcscTransport
from mrc.infra.settings import Mode, Settings

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def transport_options(command: F) -> F:
    """`--reader` or `--card-file`, `--wait` and `--extended-length`."""
    for option in (
        click.option("--reader", help="Part of the PC/SC reader's name; default: any with a card."),
        click.option(
            "--card-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="An emulated card in this process, without PC/SC.",
        ),
        click.option("--wait", default=10.0, show_default=True, help="Seconds to wait for a card."),
        click.option("--extended-length", is_flag=True, help="Long APDUs; not all readers can."),
    ):
        command = option(command)
    return command


def connection_to(
    reader: str | None, card_file: Path | None, wait: float, extended_length: bool
) -> CardConnection:
    transport: CardTransport
    if card_file is not None:
        refuse_in_production("a card in a file")
        card = power_on(CardFile.open(card_file))
        transport = InProcessTransport(card, extended_length=extended_length)
    else:
        transport = PcscTransport(reader, wait_seconds=wait, extended_length=extended_length)
    return CardConnection(transport, OpensslCiphers())


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def in_production() -> bool:
    """Whether the settings say so. Incomplete production settings say so too."""
    try:
        return Settings().mode is Mode.PRODUCTION
    except ValidationError:
        return True


def refuse_in_production(what: str) -> None:
    """Stand-ins for chips and tokens are for practice alone."""
    if in_production():
        raise Refusal(f"{what} is for practice only and refused in production")
