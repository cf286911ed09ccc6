"""What `mrc wallet` says of cards and askers, as text and as JSON."""

import click

from mrc.formats.catalogue.ages import SEOUL
from mrc.kernel.findings import Outcome
from mrc.ledger.asker_register import AskerStanding
from mrc.wallet.holdings import Card, Format
from mrc.wallet.pending import PendingCard


def print_received(card: Card) -> None:
    click.echo(f"{card.display_name} is in the wallet, {_copies(card)}.")


def print_claims(card: Card) -> None:
    click.echo(f"{card.display_name}, from {card.credential_issuer}")
    claims = card.claims.get(Format.MSO_MDOC.value) or card.claims.get(Format.SD_JWT_VC.value)
    groups = claims if isinstance(claims, dict) else {}
    for group, values in groups.items():
        rows = values.items() if isinstance(values, dict) else [("", values)]
        for name, value in rows:
            text = f"{value}" if len(f"{value}") <= 80 else f"({len(f'{value}')} characters)"
            click.echo(f"  {group} {name}: {text}")


def card_summary(card: Card) -> dict[str, object]:
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


def print_pending(pending: PendingCard) -> None:
    begun = pending.begun_at.astimezone(SEOUL)
    click.echo(f"{pending.id}  {pending.display_name}  since {begun:%Y-%m-%d %H:%M} in Korea")


def pending_summary(pending: PendingCard) -> dict[str, object]:
    return {
        "id": pending.id,
        "name": pending.display_name,
        "issuer": pending.credential_issuer,
        "begun_at": pending.begun_at.isoformat(),
    }


def standing_summary(standing: AskerStanding | None) -> dict[str, object] | None:
    if standing is None:
        return None
    return {
        "registration": standing.registration.outcome.value,
        "entitlement": standing.entitlement.outcome.value,
        "reason": standing.registration.reason or standing.entitlement.reason,
        "excess": sorted(standing.excess),
    }


def print_standing(standing: AskerStanding | None) -> None:
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
