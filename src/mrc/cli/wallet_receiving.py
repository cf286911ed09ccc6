"""The commands of `mrc wallet` by which a card comes into the wallet, and those for one on its way."""

from pathlib import Path

import click

from mrc.cli.output import Refusal, json_option, print_json, read_secret_line, refusals
from mrc.cli.wallet_browser import Browser, browser_options
from mrc.cli.wallet_face import selfies_in
from mrc.cli.wallet_ic import (
    Collected,
    Reader,
    TerminalHolder,
    collect_by_ic_card,
    ic_card_options,
)
from mrc.cli.wallet_output import (
    card_summary,
    pending_summary,
    print_claims,
    print_pending,
    print_received,
)
from mrc.cli.wallet_session import WalletCommand, link_in
from mrc.infra.settings import Host
from mrc.kernel.errors import Unavailable
from mrc.wallet.holdings import Card
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.pending import PendingCard
from mrc.wallet.receiving import ReceivedCard

yes_option = click.option("--yes", is_flag=True, help="Accept the card without reading it first.")


@click.command()
@click.argument("code")
@click.option(
    "--transaction-code-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of mode 600 with the code sent to the holder's phone number.",
)
@browser_options
@yes_option
@json_option
@click.pass_obj
@refusals
def receive(
    context: WalletCommand,
    code: str,
    transaction_code_file: Path | None,
    no_browser: bool,
    client_id: str,
    browser_wait: float,
    yes: bool,
    as_json: bool,
) -> None:
    """Collect a card from CODE: an offer's link, or a picture of its QR code."""
    link = link_in(code)
    browser = Browser(open_it=not no_browser, client_id=client_id, seconds=browser_wait)

    async def act(opened: OpenWallet) -> Card:
        offered = await opened.receiving.look_at(link)
        if offered.offer.pre_authorized is None:  # the issuer asks the holder on its own page
            pending = await browser.authorize(opened, offered)
            return await _accepted(opened, await _collected(opened, pending), yes=yes)
        tx_code = None
        if offered.tx_code is not None:
            tx_code = read_secret_line(transaction_code_file, "Code sent to your phone number")
        pending = await opened.receiving.redeem(offered, tx_code=tx_code)
        return await _accepted(opened, await _collected(opened, pending), yes=yes)

    _tell(context.run(act), as_json)


@click.command("receive-ic")
@ic_card_options
@yes_option
@json_option
@click.pass_obj
@refusals
def receive_ic(
    context: WalletCommand,
    kind: str,
    card_file: Path | None,
    reader_name: str | None,
    wait: float,
    extended_length: bool,
    card_pin_file: Path | None,
    can_file: Path | None,
    last_try: bool,
    selfies: tuple[Path, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Collect a mobile card with the chip card at the reader: no visit."""
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
    issuer = context.settings.url_of(Host.ISSUER)

    async def act(opened: OpenWallet) -> tuple[Card, Collected]:
        collected = await collect_by_ic_card(opened, issuer, reader, holder)
        return await _accepted(opened, collected.received, yes=yes), collected

    card, collected = context.run(act)
    if as_json:
        print_json(card_summary(card) | {"ic_card": collected.measured})
    else:
        print_received(card)


@click.command()
@json_option
@click.pass_obj
@refusals
def pending(context: WalletCommand, as_json: bool) -> None:
    """List the cards on their way: asked for, and not accepted yet."""
    waiting = context.run(_on_their_way)
    if as_json:
        print_json([pending_summary(one) for one in waiting])
    elif not waiting:
        click.echo("No card is on its way.")
    for one in [] if as_json else waiting:
        print_pending(one)


@click.command()
@click.argument("pending_id")
@yes_option
@json_option
@click.pass_obj
@refusals
def resume(context: WalletCommand, pending_id: str, yes: bool, as_json: bool) -> None:
    """Ask again for the card on its way PENDING_ID, with the same token and keys."""

    async def act(opened: OpenWallet) -> Card:
        one = await _one_of_them(opened, pending_id)
        return await _accepted(opened, await _collected(opened, one), yes=yes)

    _tell(context.run(act), as_json)


@click.command()
@click.argument("pending_id")
@json_option
@click.pass_obj
@refusals
def abandon(context: WalletCommand, pending_id: str, as_json: bool) -> None:
    """Forget the card on its way PENDING_ID, with its keys. A new code is needed for another."""

    async def act(opened: OpenWallet) -> None:
        await opened.receiving.abandon(await _one_of_them(opened, pending_id))

    context.run(act)
    if as_json:
        print_json({"abandoned": pending_id})
    else:
        click.echo("The card is no longer on its way; nothing was kept.")


async def _on_their_way(opened: OpenWallet) -> list[PendingCard]:
    """Those that a person waits for; renewals look after themselves."""
    return [one for one in await opened.pending.all() if one.renews is None]


async def _one_of_them(opened: OpenWallet, pending_id: str) -> PendingCard:
    for one in await _on_their_way(opened):
        if one.id == pending_id:
            return one
    raise Refusal(f"no card {pending_id} is on its way: see `mrc wallet pending`")


async def _collected(opened: OpenWallet, pending: PendingCard) -> ReceivedCard:
    try:
        return await opened.receiving.collect(pending)
    except Unavailable as error:
        later = f"the card is on its way: `mrc wallet resume {pending.id}` asks again"
        raise Refusal(f"no answer: {error}; {later}") from error


async def _accepted(opened: OpenWallet, received: ReceivedCard, *, yes: bool) -> Card:
    if not yes:
        print_claims(received.card)
        if not _confirmed(received.pending):
            await opened.receiving.refuse(received)
            raise Refusal("the card was not accepted; nothing was kept")
    return await opened.receiving.accept(received)


def _confirmed(pending: PendingCard) -> bool:
    """The holder's answer. Without one, the card stays on its way: nothing is thrown away."""
    try:
        return click.confirm("Is everything right, and do you accept this card?")
    except click.Abort as error:
        later = f"the card is on its way: `mrc wallet resume {pending.id}` shows it again"
        raise Refusal(f"no answer; {later}") from error


def _tell(card: Card, as_json: bool) -> None:
    if as_json:
        print_json(card_summary(card))
    else:
        print_received(card)
