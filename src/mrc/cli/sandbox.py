"""`mrc sandbox`: stand-ins of others, for practice."""

import click

from mrc.infra.clock import SystemClock
from mrc.infra.event_loop import run_server
from mrc.infra.http import HttpxClient
from mrc.infra.local_ca import prepare_tls
from mrc.infra.processes import run_until_stopped
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Settings
from mrc.wiring.carrier import make_sandbox
from mrc.wiring.wallet_process import tls_roots


@click.group()
def sandbox() -> None:
    """Start stand-ins of others: the carrier."""


@sandbox.command()
def carrier() -> None:
    """Serve the sandbox carrier: CAMARA APIs, and a control API for faults and text messages.

    The control API's token is in HOME/carrier/control.token.
    """
    try:
        run_server(_serve(Settings()))
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


async def _serve(settings: Settings) -> None:
    names = [settings.name_of(host) for host in Host]
    tls = prepare_tls(settings.home / "tls", names, at=SystemClock().now())
    click.echo("The sandbox carrier is a stand-in for practice: no real line is known.", err=True)
    async with HttpxClient(tls_roots(settings)) as http:
        ports = {settings.port_of(Host.CARRIER): make_sandbox(settings, http)}
        async with serving(ports, bind=settings.address, tls=tls):
            await run_until_stopped()
