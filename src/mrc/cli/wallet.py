"""`mrc wallet`: the holder's wallet on this machine, from the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from mrc.cli.output import Refusal, json_option, print_json, read_secret_line, refusals
from mrc.cli.wallet_ic import (
    Collected,
    Reader,
    TerminalHolder,
    collect_by_ic_card,
    ic_card_options,
)
from mrc.formats.catalogue.ages import SEOUL
from mrc.infra.qr_pictures import read_qr
from mrc.infra.settings import Host, Settings
from mrc.kernel.findings import Outcome
from mrc.ledger.asker_register import AskerStanding
from mrc.protocols.card_loss.lock_code import spaced
from mrc.wallet.holdings import Card, Format
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.presenting import Choice, Proposal
from mrc.wiring.wallet_process import process_wallet

T = TypeVar("T")
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    settings: Settings
    name: str
    pin_file: Path | None


@click.group(invoke_without_command=True)
@click.option("--name", default="phone", show_default=True, help="Which wallet of this machine.")
@click.option(
    "--pin-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of mode 600 with the PIN; otherwise it is asked for.",
)
@click.pass_context
def wallet(ctx: click.Context, name: str, pin_file: Path | None) -> None:
    """Start the wallet; receive, show and present cards."""
    ctx.obj = _Context(settings=Settings(), name=name, pin_file=pin_file)
    if ctx.invoked_subcommand is None:
        from mrc.cli.roles import serve_wallet

        serve_wallet(ctx.obj.settings, name)


@wallet.command()
@json_option
@click.pass_obj
@refusals
def activate(context: _Context, as_json: bool) -> None:
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
@click.argument("code")
@click.option(
    "--transaction-code-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of mode 600 with the code sent to the holder's phone number.",
)
@click.option("--yes", is_flag=True, help="Accept the card without reading it first.")
@json_option
@click.pass_obj
@refusals
def receive(
    context: _Context, code: str, transaction_code_file: Path | None, yes: bool, as_json: bool
) -> None:
    """Collect a card from CODE: an offer's link, or a picture of its QR code."""
    link = _link(code)

    async def act(opened: OpenWallet) -> Card | None:
        offered = await opened.receiving.look_at(link)
        tx_code = None
        if offered.tx_code is not None:
            tx_code = read_secret_line(transaction_code_file, "Code sent to your phone number")
        received = await opened.receiving.collect(
            await opened.receiving.redeem(offered, tx_code=tx_code)
        )
        if not yes and not _confirmed(received.card):
            await opened.receiving.refuse(received)
            return None
        return await opened.receiving.accept(received)

    card = _run(context, act)
    if card is None:
        raise Refusal("the card was not accepted; nothing was kept")
    if as_json:
        print_json(_summary(card))
    else:
        click.echo(f"{card.display_name} is in the wallet, {_copies(card)}.")


@wallet.command("receive-ic")
@ic_card_options
@click.option("--yes", is_flag=True, help="Accept the card without reading it first.")
@json_option
@click.pass_obj
@refusals
def receive_ic(
    context: _Context,
    kind: str,
    card_file: Path | None,
    reader_name: str | None,
    wait: float,
    extended_length: bool,
    card_pin_file: Path | None,
    can_file: Path | None,
    last_try: bool,
    selfie: Path | None,
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
        pin_file=card_pin_file, can_file=can_file, selfie=selfie, last_try=last_try
    )
    issuer = context.settings.url_of(Host.ISSUER)

    async def act(opened: OpenWallet) -> tuple[Card, Collected] | None:
        collected = await collect_by_ic_card(opened, issuer, reader, holder)
        if not yes and not _confirmed(collected.received.card):
            await opened.receiving.refuse(collected.received)
            return None
        return await opened.receiving.accept(collected.received), collected

    done = _run(context, act)
    if done is None:
        raise Refusal("the card was not accepted; nothing was kept")
    card, collected = done
    if as_json:
        print_json(_summary(card) | {"ic_card": collected.measured})
    else:
        click.echo(f"{card.display_name} is in the wallet, {_copies(card)}.")


@wallet.command()
@json_option
@click.pass_obj
@refusals
def cards(context: _Context, as_json: bool) -> None:
    """List the cards, after looking after them: states, renewals."""

    async def act(opened: OpenWallet) -> Sequence[Card]:
        await opened.look_after_cards()
        return await opened.records.cards()

    found = _run(context, act)
    if as_json:
        print_json([_summary(card) for card in found])
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
def show(context: _Context, card_id: str, as_json: bool) -> None:
    """Show every field of one card."""
    card = _run(context, lambda opened: opened.records.get(card_id))
    if as_json:
        print_json(_summary(card) | {"claims": card.claims})
    else:
        _print_claims(card)


@wallet.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Share without being asked.")
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
    context: _Context, code: str, yes: bool, card_id: str | None, format_: str | None, as_json: bool
) -> None:
    """Answer the request in CODE (a link or a picture), after you agreed to what is shared."""
    link = _link(code)

    async def act(opened: OpenWallet) -> dict[str, object]:
        question = await opened.asking.look_at(link)
        proposal = await opened.presenting.propose(question)
        chosen = _choose(proposal, card_id, format_)
        if not yes and not _agreed(proposal, chosen):
            shown = await opened.presenting.decline(question)
        else:
            shown = await opened.presenting.answer(proposal, chosen)
        return {
            "outcome": shown.outcome.value,
            "asker": question.asker.name,
            "registered": question.asker.registered,
            "ledger": _standing(question.standing),
            "shared": [kind for choice in chosen for kind in choice.kinds],
            "redirect_uri": shown.redirect_uri,
        }

    told = _run(context, act)
    if as_json:
        print_json(told)
    else:
        click.echo(f"{told['outcome']}: {told['asker']}")


@wallet.command()
@json_option
@click.pass_obj
@refusals
def history(context: _Context, as_json: bool) -> None:
    """List who was told what kinds of data."""
    found = _run(context, lambda opened: opened.records.history())
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
        click.echo(f"{entry.at:%Y-%m-%d %H:%M}  {entry.outcome.value}  {entry.asker_name}")


@wallet.command()
@click.argument("card_id")
@json_option
@click.pass_obj
@refusals
def remove(context: _Context, card_id: str, as_json: bool) -> None:
    """Delete one card from this wallet."""

    async def act(opened: OpenWallet) -> None:
        await opened.records.remove(await opened.records.get(card_id))

    _run(context, act)
    if as_json:
        print_json({"removed": card_id})
    else:
        click.echo("The card is deleted from this wallet.")


@wallet.command()
@click.argument("card_id")
@json_option
@click.pass_obj
@refusals
def lock(context: _Context, card_id: str, as_json: bool) -> None:
    """Lock one card at its issuer: nobody can use it until its holder is seen in person."""
    receipt = _run(context, lambda opened: opened.locking.lock(card_id))
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
def lock_code(context: _Context, as_json: bool) -> None:
    """Show the emergency lock code, and tell it to the issuers of all cards."""

    async def act(opened: OpenWallet) -> tuple[str, list[str]]:
        code = await opened.locking.lock_code()
        return spaced(code), await opened.locking.register_lock_code()

    code, waiting = _run(context, act)
    if as_json:
        print_json({"lock_code": code, "not_registered": waiting})
        return
    click.echo(f"{code}   Write it down; do not keep it on this phone.")
    if waiting:
        click.echo(f"Not known to the issuer of {', '.join(waiting)} yet: call this again later.")


def _run(context: _Context, act: Callable[[OpenWallet], Awaitable[T]]) -> T:
    pin = read_secret_line(context.pin_file, "PIN")

    async def unlocked() -> T:
        async with process_wallet(context.settings, context.name) as mobile_id:
            return await act(await mobile_id.unlock(pin))

    return asyncio.run(unlocked())


def _link(code: str) -> str:
    path = Path(code)
    return read_qr(path) if path.suffix.lower() in PICTURES and path.exists() else code


def _choose(proposal: Proposal, card_id: str | None, format_: str | None) -> Sequence[Choice]:
    """The first answer that the holder's wishes for a card and a format allow."""
    for alternative in proposal.alternatives():
        parts = [
            [
                choice
                for choice in part
                if card_id in (None, choice.card.id) and format_ in (None, choice.format.value)
            ]
            for part in alternative
        ]
        if all(parts):
            return [part[0] for part in parts]
    raise Refusal("that card or format cannot answer this request")


def _confirmed(card: Card) -> bool:
    _print_claims(card)
    return click.confirm("Is everything right, and do you accept this card?")


def _agreed(proposal: Proposal, chosen: Sequence[Choice]) -> bool:
    asker = proposal.question.asker
    known = "registered" if asker.registered else "NOT REGISTERED: the name may be false"
    click.echo(f"{asker.name} ({known}) asks for:")
    _print_standing(proposal.question.standing)
    for choice in chosen:
        for kind in choice.kinds:
            click.echo(f"  {kind}   from {choice.card.display_name}")
    return click.confirm("Share?")


def _standing(standing: AskerStanding | None) -> dict[str, object] | None:
    if standing is None:
        return None
    return {
        "registration": standing.registration.outcome.value,
        "entitlement": standing.entitlement.outcome.value,
        "reason": standing.registration.reason or standing.entitlement.reason,
        "excess": sorted(standing.excess),
    }


def _print_standing(standing: AskerStanding | None) -> None:
    """What the ledger says about the asker, in words."""
    if standing is None:
        return
    if standing.registration.outcome is Outcome.UNDETERMINED:
        click.echo(f"  ledger: could not be asked ({standing.registration.reason})")
    elif not standing.registered:
        click.echo(f"  ledger: NOT REGISTERED ({standing.registration.reason})")
    elif standing.excess:
        click.echo(f"  ledger: registered, but ASKS FOR MORE: {', '.join(sorted(standing.excess))}")
    else:
        click.echo(f"  ledger: registered, and may ask for this ({standing.purpose})")


def _print_claims(card: Card) -> None:
    click.echo(f"{card.display_name}, from {card.credential_issuer}")
    claims = card.claims.get(Format.MSO_MDOC.value) or card.claims.get(Format.SD_JWT_VC.value)
    groups = claims if isinstance(claims, dict) else {}
    for group, values in groups.items():
        rows = values.items() if isinstance(values, dict) else [("", values)]
        for name, value in rows:
            text = f"{value}" if len(f"{value}") <= 80 else f"({len(f'{value}')} characters)"
            click.echo(f"  {group} {name}: {text}")


def _summary(card: Card) -> dict[str, object]:
    return {
        "id": card.id,
        "name": card.display_name,
        "issuer": card.credential_issuer,
        "state": card.state.value,
        "valid_until": card.valid_until.isoformat(),
        "types": dict(card.types),
        "unused_copies": {format_.value: len(card.unused(format_)) for format_ in card.types},
    }


def _copies(card: Card) -> str:
    return ", ".join(
        f"{len(card.unused(format_))} copies as {format_.value}" for format_ in card.types
    )
