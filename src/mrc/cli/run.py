"""`mrc run`: every role with practice data, and where to click."""

import asyncio
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from mrc.cli.practice import import_practice
from mrc.infra.processes import Role, RoleFailed, Running, running_roles, until_one_ends
from mrc.infra.settings import Host, Mode, Settings
from mrc.wiring.installation import SERVERS, WALLET, environment_of, is_fresh

_PLACES = (
    (Host.DESK, "front desk", "/", "officers"),
    (Host.WALLET, "wallet on this machine", "/app/", "holders"),
    (Host.PHONE, "wallet in a phone's browser", "/", "holders"),
    (Host.CHECKER, "checker", "/", "people who check cards"),
    (Host.ONLINE, "sample online service", "/", "visitors"),
)


@click.command()
def run() -> None:
    """Start every role with practice data and say where to click."""
    settings = Settings()
    if settings.mode is not Mode.PRACTICE:
        raise click.ClickException("`mrc run` is for practice; start each role by its own command")
    console = Console()
    if is_fresh(settings):
        import_practice(settings, console)
    try:
        asyncio.run(_run(settings, console))
    except RoleFailed as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        console.print("Stopped.")


async def _run(settings: Settings, console: Console) -> None:
    roles = [*SERVERS, WALLET]
    starting = console.status(f"Starting {len(roles)} roles …")
    starting.start()
    try:
        async with running_roles(
            roles, logs=settings.home / "logs", environment=environment_of(settings)
        ) as running:
            starting.stop()
            _print_places(settings, roles, console)
            ended: Running = await until_one_ends(running)
            raise RoleFailed(f"{ended.role.name} ended: see {ended.log}")
    finally:
        starting.stop()


def _print_places(settings: Settings, roles: Sequence[Role], console: Console) -> None:
    table = Table(
        box=None, pad_edge=False, title="Mobile residence card: practice", title_justify="left"
    )
    for heading in ("open this", "what it is", "for"):
        table.add_column(heading, overflow="fold")
    for host, what, path, whom in _PLACES:
        table.add_row(f"{settings.url_of(host)}{path}", what, whom)
    console.print(table)
    console.print(f"{len(roles)} roles run. Logs: {settings.home / 'logs'}. Stop with Ctrl-C.")
    console.print(
        f"Your browser asks about the certificate once: its root is {settings.home / 'tls' / 'root.pem'}."
    )
