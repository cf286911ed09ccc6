"""`mrc desk`: the counter's acts, through the running authority's management API."""

from pathlib import Path
from typing import Any

import click

from mrc.cli.management import call
from mrc.cli.output import json_option, print_json, refusals
from mrc.formats.catalogue.card_types import CardType
from mrc.infra.settings import Host, Settings

_DESKS = {"authority": Host.DESK, "police": Host.POLICE, "mois": Host.MOIS}
_DEFAULT_CARDS = {"police": CardType.DRIVING_LICENCE, "mois": CardType.RESIDENT_REGISTRATION}

_authority = click.option(
    "--authority", type=click.Choice(list(_DESKS)), default="authority", show_default=True
)
_registrant = click.option("--registrant", required=True, help="The person's id in the register.")
_officer = click.option("--officer", default="officer-1", show_default=True)


@click.group()
def desk() -> None:
    """The front desk's acts: offer, lock, unlock, cancel."""


@desk.command()
@_registrant
@_authority
@_officer
@click.option("--replace", is_flag=True, help="The holder agrees that another phone's card ends.")
@click.option(
    "--code-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Practice mode: write the transaction code to this file (mode 600).",
)
@json_option
@refusals
def offer(
    registrant: str,
    authority: str,
    officer: str,
    replace: bool,
    code_file: Path | None,
    as_json: bool,
) -> None:
    """Offer a card: prints the link of the counter's QR code (and, in practice, the code)."""
    card_type = _DEFAULT_CARDS.get(authority)
    made = _call(
        authority,
        "POST",
        "/offers",
        {
            "registrant": registrant,
            "officer": officer,
            "replacement_agreed": replace,
            "card_type": None if card_type is None else card_type.value,
        },
    )
    if code_file is not None and made.get("transaction_code"):
        code_file.touch(mode=0o600)
        code_file.write_text(made["transaction_code"])
    if as_json:
        print_json(made)
        return
    click.echo(made["link"])
    if made.get("transaction_code"):
        click.echo(f"transaction code (practice): {made['transaction_code']}")


@desk.command()
@_registrant
@click.option("--replace", is_flag=True, help="The holder agrees that another phone's card ends.")
@json_option
@refusals
def assess(registrant: str, replace: bool, as_json: bool) -> None:
    """Show every rule of eligibility with its outcome and reason."""
    body: dict[str, object] = {"registrant": registrant, "replacement_agreed": replace}
    found = _call("authority", "POST", "/assessments", body)
    if as_json:
        print_json(found)
        return
    for finding in found["findings"]:
        reason = finding["reason"] or ""
        click.echo(f"{finding['outcome']:13} {finding['check']:28} {reason}")
    click.echo("eligible" if found["eligible"] else "not eligible")


@desk.command()
@click.argument("offer_id")
@_authority
@json_option
@refusals
def progress(offer_id: str, authority: str, as_json: bool) -> None:
    """How far an offer has come."""
    found = _call(authority, "GET", f"/offers/{offer_id}")
    if as_json:
        print_json(found)
    else:
        click.echo(found["state"])


@desk.command()
@_registrant
@_authority
@json_option
@refusals
def cards(registrant: str, authority: str, as_json: bool) -> None:
    """The person's live cards at this authority."""
    _print_cards(_call(authority, "GET", f"/cards/{registrant}"), as_json)


def _moving(name: str, act: str, help_text: str) -> None:
    @desk.command(name, help=help_text)
    @_registrant
    @_authority
    @_officer
    @click.option("--reason", required=True, help="Recorded with the act.")
    @json_option
    @refusals
    def move(registrant: str, authority: str, officer: str, reason: str, as_json: bool) -> None:
        body: dict[str, object] = {"registrant": registrant, "officer": officer, "reason": reason}
        _print_cards(_call(authority, "POST", f"/cards/{act}", body), as_json)


_moving("lock", "lock", "Lock every copy of the person's cards: a loss was reported.")
_moving("unlock", "unlock", "Unlock the person's cards: the person is here.")
_moving("found", "unlock", "The phone was found again: the same as unlock.")
_moving("cancel", "cancel", "Cancel the person's cards for good.")


def _call(authority: str, method: str, path: str, body: dict[str, object] | None = None) -> Any:
    settings = Settings()
    url = f"{settings.url_of(_DESKS[authority])}/desk{path}"
    token = settings.home / authority / "operator.token"
    return call(settings, method, url, token=token, body=body)


def _print_cards(found: Any, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for card in found:
        click.echo(f"{card['id']}  {card['card_type']}  {card['state']}")
