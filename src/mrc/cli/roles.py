"""The commands that start one role each."""

import asyncio
from pathlib import Path

import click

from mrc.cli.output import refusals
from mrc.infra.event_loop import run_server
from mrc.infra.settings import Settings
from mrc.wiring.issuers import INTERIOR, POLICE

_OTHERS = {authority.role: authority for authority in (POLICE, INTERIOR)}


@click.command()
@click.option(
    "--beside",
    type=int,
    metavar="PID",
    help="Only a further process for the wallets' origin, of the authority that is this process "
    "and starts it (MRC_ISSUER_WORKERS).",
)
@refusals
def authority(beside: int | None) -> None:
    """Start the immigration authority: register, front desk, issuer, status lists."""
    from mrc.wiring.immigration import run_authority, run_worker

    settings = Settings()
    worker = None if beside is None else run_worker(settings, parent=beside)
    run_server(worker or run_authority(settings))


@click.command()
@click.option("--authority", "name", type=click.Choice(list(_OTHERS)), required=True)
def issuer(name: str) -> None:
    """Start another authority's issuer."""
    from mrc.wiring.roles import run_issuer

    run_server(run_issuer(Settings(), _OTHERS[name]))


@click.command()
def provider() -> None:
    """Start the practice wallet provider."""
    from mrc.wiring.roles import run_provider

    run_server(run_provider(Settings()))


@click.command()
def phone() -> None:
    """Start the origin that hands the wallet to a phone's browser."""
    from mrc.wiring.roles import run_phone

    run_server(run_phone(Settings()))


def serve_verifier(settings: Settings) -> None:
    """`mrc verifier` without a sub-command."""
    from mrc.wiring.roles import run_verifier

    run_server(run_verifier(settings))


def serve_wallet(settings: Settings, name: str, card_file: Path | None) -> None:
    """`mrc wallet` without a sub-command: the wallet app on this machine."""
    from mrc.wiring.wallet_server import serve_wallet as serve

    asyncio.run(serve(settings, name, card_file))
