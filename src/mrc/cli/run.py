"""`mrc run`: every role with practice data, and where to click."""

import asyncio
from collections.abc import Sequence

import click
from rich.console import Console

from mrc.cli.practice import import_practice
from mrc.infra.files import read_secret
from mrc.infra.processes import Role, RoleFailed, Running, running_roles, until_one_ends
from mrc.infra.settings import Host, Mode, Settings
from mrc.web.wallet_app.loopback_door import ENTER
from mrc.wiring.installation import PHONE, SERVERS, WALLET, environment_of, is_fresh

_PLACES = (
    (Host.DESK, "front desk", "/", "officers"),
    (Host.WALLET, "wallet on this machine", "/app/", "holders"),
    (Host.PHONE, "wallet in a phone's browser", "/", "holders"),
    (Host.CHECKER, "checker", "/", "people who check cards"),
    (Host.ONLINE, "sample online service", "/", "visitors"),
    (Host.EXPLORER, "what is on the ledger", "/", "anybody"),
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
    roles = [*SERVERS, PHONE, WALLET]
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
    console.print("Mobile residence card, with practice data", style="bold")
    for host, what, path, whom in _PLACES:
        address = f"{settings.url_of(host)}{path}"
        console.print(f"  {address:38} {what}, for {whom}", soft_wrap=True, highlight=False)
    console.print(f"Your wallet's own link: {_wallet_link(settings)}", soft_wrap=True)
    console.print("First officer: mrc staff bootstrap --name NAME", soft_wrap=True)
    root = settings.home / "tls" / "root.pem"
    console.print(f"Browsers ask about the certificate once; its root: {root}", soft_wrap=True)
    console.print(f"{len(roles)} roles run; logs: {settings.home / 'logs'}. Stop with Ctrl-C.")


def _wallet_link(settings: Settings) -> str:
    """The wallet on this machine opens for its owner only, by a link with a secret."""
    token = settings.home / "wallets" / "phone" / "app.token"
    secret = read_secret(token).decode().strip()
    return f"{settings.url_of(Host.WALLET)}{ENTER}?token={secret}"
