"""`mrc demo`: the whole story on a terminal, with real processes, in under two minutes."""

import asyncio
import json
import shutil
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console

from mrc.cli.practice import import_practice
from mrc.cli.story import chapters, ic_card
from mrc.cli.story.teller import StoryDiffers, Teller
from mrc.infra.free_ports import find_free_ports
from mrc.infra.processes import RoleFailed, running_roles
from mrc.infra.settings import Host, Settings
from mrc.wiring.installation import SERVERS, environment_of

ANCHOR_SECONDS = 5  # ten minutes are too long for a story
PORTS = len(Host) + 2  # the first one is left free, the last one is the ledger's


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON at the end.")
@click.option("--keep", is_flag=True, help="Keep the story's files and say where they are.")
def demo(as_json: bool, keep: bool) -> None:
    """Tell the whole story. Exits with 1 where any step differs from it."""
    console = Console(stderr=as_json)
    home = Path(tempfile.mkdtemp(prefix="mrc-demo-"))
    first_port = find_free_ports(PORTS)
    settings = Settings(
        home=home,
        first_port=first_port,
        ledger_port=first_port + PORTS - 1,
        anchor_seconds=ANCHOR_SECONDS,
    )
    teller = Teller(home=home, environment=environment_of(settings), console=console)
    started = time.monotonic()
    try:
        import_practice(settings, console)
        asyncio.run(_tell(settings, teller))
    except (StoryDiffers, RoleFailed) as error:
        console.print(f"[red]✗ the story differs:[/] {error}", markup=True)
        raise SystemExit(1) from error
    finally:
        if keep:
            console.print(f"Files: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)
    console.print(
        f"\nThe story is told: {len(teller.steps)} steps, {time.monotonic() - started:.0f} s."
    )
    if as_json:
        click.echo(json.dumps(teller.steps, ensure_ascii=False, indent=2))


async def _tell(settings: Settings, teller: Teller) -> None:
    teller.console.print(f"Starting {len(SERVERS)} roles, each a process with its own keys …")
    async with running_roles(
        SERVERS, logs=settings.home / "logs", environment=environment_of(settings)
    ):
        await asyncio.to_thread(_story, teller)


def _story(teller: Teller) -> None:
    chapters.who_may_not(teller)

    teller.chapter("A student collects the residence card at the counter")
    first = chapters.activate(teller, "first phone", "493817")
    card = chapters.receive(teller, first, authority="authority")

    teller.chapter("Shown to a service: only what was asked for")
    for format_ in ("mso_mdoc", "dc+sd-jwt"):
        chapters.show(teller, first, purpose="age-19", format_=format_, decision="valid")
    chapters.show(teller, first, purpose="stay", format_="mso_mdoc", decision="valid")

    teller.chapter("The phone is lost: locked, refused; found: unlocked, good again")
    chapters.move_cards(teller, "lock", "lost on the bus", "locked")
    chapters.show(
        teller,
        first,
        purpose="age-19",
        format_="dc+sd-jwt",
        decision="not_valid",
        reason="status_locked",
    )
    chapters.state_in_wallet(teller, first, card, "locked")
    chapters.move_cards(teller, "found", "the person is here with the phone", "active")
    chapters.state_in_wallet(teller, first, card, "usable")
    chapters.show(teller, first, purpose="age-19", format_="mso_mdoc", decision="valid")

    teller.chapter("A second phone: the first one ends in the same moment")
    second = chapters.activate(teller, "second phone", "271934")
    chapters.receive(teller, second, authority="authority", replace=True)
    chapters.show_ended(teller, first, format_="dc+sd-jwt")
    chapters.show(teller, second, purpose="age-19", format_="dc+sd-jwt", decision="valid")
    chapters.state_in_wallet(teller, first, card, "cancelled")
    chapters.refuse_to_show(teller, first, purpose="age-19")

    teller.chapter("A driving licence of another authority in the same wallet")
    chapters.receive(teller, second, authority="police")
    chapters.show(teller, second, purpose="identity", format_="mso_mdoc", decision="valid")

    teller.chapter("The status list is on the ledger: proved offline")
    chapters.prove_list(teller)
    chapters.check_audit(teller)

    teller.chapter("At home: the IC card instead of a visit")
    office = ic_card.make_card(teller)
    third = chapters.activate(teller, "third phone", "836152")
    ic_card.refuse_wrong_pin(teller, third, office)
    ic_card.tap(teller, third, office)
    chapters.show(teller, third, purpose="age-19", format_="mso_mdoc", decision="valid")
    chapters.show_ended(teller, second, format_="mso_mdoc")
    ic_card.refuse_lost(teller, third, office)
