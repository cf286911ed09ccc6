"""`mrc wallet`: the holder's wallet on this machine, from the command line."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from mrc.cli import wallet_receiving, wallet_unlocking
from mrc.cli.ic_card_transports import refuse_in_production
from mrc.cli.output import Refusal, json_option, print_json, read_secret_line, refusals
from mrc.cli.wallet_consent import Compared, Consent, answer, ask_for_number, line_of
from mrc.cli.wallet_output import (
    card_summary,
    print_claims,
)
from mrc.cli.wallet_session import WalletCommand, link_in
from mrc.formats.catalogue.ages import SEOUL
from mrc.infra.settings import Settings
from mrc.protocols.card_loss.lock_code import spaced
from mrc.wallet.holdings import Card, Format
from mrc.wallet.mobile_id import OpenWallet
from mrc.wiring.wallet_process import process_wallet


@click.group(invoke_without_command=True)
@click.option("--name", default="phone", show_default=True, help="Which wallet of this machine.")
@click.option(
    "--pin-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of mode 600 with the PIN; otherwise it is asked for.",
)
@click.option(
    "--card-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An emulated IC card for the app, instead of a reader; practice only.",
)
@click.pass_context
def wallet(ctx: click.Context, name: str, pin_file: Path | None, card_file: Path | None) -> None:
    """Start the wallet; receive, show and present cards."""
    ctx.obj = WalletCommand(settings=Settings(), name=name, pin_file=pin_file)
    if ctx.invoked_subcommand is None:
        from mrc.cli.roles import serve_wallet

        if card_file is not None:
            refuse_in_production("a card in a file")
        serve_wallet(ctx.obj.settings, name, card_file)


for command in (
    wallet_receiving.receive,
    wallet_receiving.receive_ic,
    wallet_receiving.pending,
    wallet_receiving.resume,
    wallet_receiving.abandon,
    wallet_unlocking.unlock,
):
    wallet.add_command(command)


@wallet.command()
@json_option
@click.pass_obj
@refusals
def activate(context: WalletCommand, as_json: bool) -> None:
    """Set the PIN of a new wallet."""
    pin = read_secret_line(context.pin_file, "New PIN (6 digits)")

    async def act() -> None:
        async with process_wallet(context.settings, context.name) as mobile_id:
            await mobile_id.activate(pin)

    asyncio.run(act())
    if as_json:
        print_json({"activated": True})
    else:
        click.echo("The wallet is ready. Add a card with `mrc wallet receive`.")


@wallet.command()
@json_option
@click.pass_obj
@refusals
def cards(context: WalletCommand, as_json: bool) -> None:
    """List the cards, after looking after them: states, renewals."""

    async def act(opened: OpenWallet) -> Sequence[Card]:
        await opened.look_after_cards()
        return await opened.records.cards()

    found = context.run(act)
    if as_json:
        print_json([card_summary(card) for card in found])
    elif not found:
        click.echo("No cards yet.")
    for card in [] if as_json else found:
        until = card.valid_until.date().isoformat()
        click.echo(f"{card.id}  {card.display_name}  {card.state.value}  until {until}")


@wallet.command()
@click.argument("card_id")
@json_option
@click.pass_obj
@refusals
def show(context: WalletCommand, card_id: str, as_json: bool) -> None:
    """Show every field of one card."""
    card = context.run(lambda opened: opened.records.get(card_id))
    if as_json:
        print_json(card_summary(card) | {"claims": card.claims})
    else:
        print_claims(card)


@wallet.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Share without being asked; a number is still compared.")
@click.option(
    "--number-from",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Read the number of the other screen from this file, pipe or - (standard input), once "
    "the request was read; needed with --json where the request shows one.",
)
@click.option("--card", "card_id", help="Answer with this card.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([format_.value for format_ in Format]),
    help="Answer in this format.",
)
@json_option
@click.pass_obj
@refusals
def present(
    context: WalletCommand,
    code: str,
    yes: bool,
    number_from: str | None,
    card_id: str | None,
    format_: str | None,
    as_json: bool,
) -> None:
    """Answer the request in CODE (a link or a picture), after you agreed to what is shared.

    Ends with 1 where the number on the other screen is another one: nothing is shared then.
    """
    link = link_in(code)
    consent = Consent(
        yes=yes,
        number_line=None if number_from is None else partial(line_of, number_from),
        choose=None if as_json else ask_for_number,
    )
    told = context.run(
        lambda opened: answer(opened, link, consent, card_id=card_id, format_=format_)
    )
    if as_json:
        print_json(told)
    else:
        click.echo(f"{told['outcome']}: {told['asker']}")
    if told["number"] == Compared.ANOTHER:
        raise Refusal("the number on the other screen is another one; nothing was shared")


@wallet.command()
@json_option
@click.pass_obj
@refusals
def history(context: WalletCommand, as_json: bool) -> None:
    """List who was told what kinds of data."""
    found = context.run(lambda opened: opened.records.history())
    if as_json:
        print_json(
            [
                {
                    "at": entry.at.isoformat(),
                    "asker": entry.asker_name,
                    "registered": entry.registered,
                    "kinds": list(entry.kinds),
                    "outcome": entry.outcome.value,
                }
                for entry in found
            ]
        )
        return
    for entry in found:
        at = entry.at.astimezone(SEOUL)
        click.echo(f"{at:%Y-%m-%d %H:%M} in Korea  {entry.outcome.value}  {entry.asker_name}")


@wallet.command()
@click.argument("card_id")
@json_option
@click.pass_obj
@refusals
def remove(context: WalletCommand, card_id: str, as_json: bool) -> None:
    """Delete one card from this wallet."""

    async def act(opened: OpenWallet) -> None:
        await opened.records.remove(await opened.records.get(card_id))

    context.run(act)
    if as_json:
        print_json({"removed": card_id})
    else:
        click.echo("The card is deleted from this wallet.")


@wallet.command()
@click.argument("card_id")
@json_option
@click.pass_obj
@refusals
def lock(context: WalletCommand, card_id: str, as_json: bool) -> None:
    """Lock one card at its issuer: nobody can use it until its holder unlocks it, at an office or
    with the IC card."""
    receipt = context.run(lambda opened: opened.locking.lock(card_id))
    if as_json:
        print_json(
            {"reference": receipt.reference, "refused_from": receipt.refused_from.isoformat()}
        )
    else:
        at = receipt.refused_from.astimezone(SEOUL)
        click.echo(f"Locked. Reference {receipt.reference}; refused from {at:%H:%M:%S} in Korea.")


@wallet.command("lock-code")
@json_option
@click.pass_obj
@refusals
def lock_code(context: WalletCommand, as_json: bool) -> None:
    """Show the emergency lock code, and tell it to the issuers of all cards."""

    async def act(opened: OpenWallet) -> tuple[str, list[str]]:
        code = await opened.locking.lock_code()
        return spaced(code), await opened.locking.register_lock_code()

    code, waiting = context.run(act)
    if as_json:
        print_json({"lock_code": code, "not_registered": waiting})
        return
    click.echo(f"{code}   Write it down; do not keep it on this phone.")
    if waiting:
        click.echo(f"Not known to the issuer of {', '.join(waiting)} yet: call this again later.")
