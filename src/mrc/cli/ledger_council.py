"""`mrc ledger council`: a seat's acts, each with its own key, on any ledger."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from mrc.cli.addresses import ADDRESS, STREAM
from mrc.cli.output import Refusal, refusals
from mrc.infra.settings import Settings
from mrc.ledger.headers import Address
from mrc.ledger.statements import StreamId
from mrc.wiring.ledger_files import get_ledger_trust

if TYPE_CHECKING:
    from mrc.infra.chain.client import LedgerClient, LedgerWriter

Command = TypeVar("Command", bound=Callable[..., None])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def council() -> None:
    """Propose, approve and carry out decisions, each seat with its own key."""


def _at_a_ledger(command: Command) -> Command:
    """With the ledger's place as options, and its refusals as the command's."""

    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        from mrc.infra.chain.client import Reverted

        try:
            command(*arguments, **options)
        except (Reverted, PermissionError) as error:
            raise Refusal(f"refused: {error}") from error

    option = click.option("--contract", type=ADDRESS, help="By default that of this installation.")
    made = option(click.option("--rpc", help="By default that of this installation.")(run))
    return refusals(made)  # type: ignore[return-value]  # click keeps what it decorates


KEY = click.option("--key-file", type=FILE, required=True, help="The seat's key, mode 600.")


@council.command("nominate-writer")
@click.argument("stream", type=STREAM)
@click.argument("writer", type=ADDRESS)
@KEY
@_at_a_ledger
def nominate(
    stream: StreamId, writer: Address, key_file: Path, rpc: str | None, contract: Address | None
) -> None:
    """Propose WRITER's key for STREAM, with the own approval; the zero address closes it at once.

    Prints the proposal's number, which the other seats approve.
    """
    from mrc.infra.chain.council import nominate_writer, propose

    seat = _seat(key_file, rpc, contract)
    click.echo(str(propose(seat, nominate_writer(stream, writer), now=datetime.now(UTC))))


@council.command()
@click.argument("number", type=click.IntRange(min=1))
@KEY
@_at_a_ledger
def approve(number: int, key_file: Path, rpc: str | None, contract: Address | None) -> None:
    """Approve proposal NUMBER. Look at it first: `mrc ledger council show`."""
    _seat(key_file, rpc, contract).write("approve", number)


@council.command()
@click.argument("number", type=click.IntRange(min=1))
@KEY
@_at_a_ledger
def execute(number: int, key_file: Path, rpc: str | None, contract: Address | None) -> None:
    """Carry out proposal NUMBER, once enough seats approved it."""
    seat = _seat(key_file, rpc, contract)
    proposed = seat.client.events("Proposed")
    actions = [bytes(one.values["action"]) for one in proposed if one.values["proposal"] == number]
    if not actions:
        raise Refusal(f"there is no proposal {number}")
    seat.write("execute", number, actions[0])


@council.command()
@_at_a_ledger
def show(rpc: str | None, contract: Address | None) -> None:
    """List every proposal: what it would do, which seats approved it, and until when it is open."""
    from mrc.infra.chain.overview import read_decisions

    for one in read_decisions(_client(rpc, contract)):
        state = "carried out" if one.executed else f"open until {one.expires.isoformat()}"
        seats = ", ".join(str(seat) for seat in sorted(one.approved_by))
        click.echo(f"{one.number}  {one.function}  {state}; approved by seats {seats}")
        for name, value in one.arguments.items():
            click.echo(f"    {name:16} {value}")


def _client(rpc: str | None, contract: Address | None) -> "LedgerClient":
    from mrc.infra.chain.client import LedgerClient
    from mrc.infra.chain.ethereum import http_provider

    settings = Settings()
    address = contract or get_ledger_trust(settings).contract
    return LedgerClient(http_provider(rpc or settings.ledger_url), address)


def _seat(key_file: Path, rpc: str | None, contract: Address | None) -> "LedgerWriter":
    from mrc.infra.chain.client import LedgerWriter
    from mrc.infra.chain.sealing import read_or_make_secret

    return LedgerWriter(_client(rpc, contract), read_or_make_secret(key_file))
