"""The holder's browser at this machine: for issuers that want a yes there."""

import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from mrc.infra.keys.software import SystemEntropy
from mrc.infra.wallet_host.loopback_redirect import loopback_redirect
from mrc.kernel.errors import MrcError
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.pending import PendingCard
from mrc.wallet.receiving import OfferedCard
from mrc.wiring.providers import CLIENT_ID

F = TypeVar("F", bound=Callable[..., Any])


def browser_options(command: F) -> F:
    for option in (
        click.option("--no-browser", is_flag=True, help="Only print the address to open."),
        click.option(
            "--client-id",
            default=CLIENT_ID,
            show_default=True,
            help="This wallet's name at an issuer that takes no attestation.",
        ),
        click.option(
            "--browser-wait",
            default=300.0,
            show_default=True,
            help="Seconds to wait for the answer in the browser.",
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """`open_it` False: the address is printed only, for a browser that the holder opens."""

    open_it: bool
    client_id: str
    seconds: float

    async def authorize(self, opened: OpenWallet, offered: OfferedCard) -> PendingCard:
        """The issuer's page in the browser, and back. Raises as `Authorizing`."""
        async with loopback_redirect(SystemEntropy()) as back:
            begun = await opened.authorizing.begin(
                offered, redirect_uri=back.uri, client_id=self.client_id
            )
            click.echo(f"Open this address in your browser:\n{begun.url}", err=True)
            if self.open_it:
                webbrowser.open(begun.url)
            try:
                answer = await back.answer(seconds=self.seconds)
            except MrcError:
                await opened.authorizing.give_up(begun)
                raise
        return await opened.authorizing.finish(begun, answer)
