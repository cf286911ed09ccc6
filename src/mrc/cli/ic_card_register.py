"""`mrc ic-card draw-up`, `register`, `end` and `found`: the office's register of chip cards."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from mrc.authority.ic_issuance.ordering import CardWish, draw_up
from mrc.authority.ic_issuance.plastic import (
    ChipCards,
    MadeCard,
    PlasticEnd,
    Report,
    decode_made_card,
)
from mrc.cli.output import json_option, print_json, read_secret_line, refusals
from mrc.cli.register import find_one
from mrc.formats.catalogue.ages import seoul_date
from mrc.ic_card.personalisation.order import encode_order
from mrc.infra.chip_faces import chip_face
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.files import write_secret
from mrc.infra.settings import Settings
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.registry.people import Registrant
from mrc.wiring.ic_cards import ROOM, make_chip_cards
from mrc.wiring.issuers import IMMIGRATION

T = TypeVar("T")
Act = Callable[[DatabaseRegistry, ChipCards], Awaitable[T]]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_actor = click.option("--actor", default="ic-card-desk", show_default=True, help="Who answers.")


def in_register(act: Act[T]) -> T:
    """Run `act` on the authority's database, brought up to date."""

    async def opened() -> T:
        url = Settings().database_of(IMMIGRATION.role)
        upgrade(url, "registry", "issuer", ROOM)
        async with open_database(url) as database:
            registry = DatabaseRegistry(database)
            return await act(registry, make_chip_cards(database, registry))

    return asyncio.run(opened())


@click.command("draw-up")
@click.argument("registrant")
@click.option("--number", required=True, help="The document number printed on the blank.")
@click.option("--can-file", type=_FILE, help="The CAN printed on the blank, mode 600.")
@click.option("--reissue", is_flag=True, help="The person had a card: two officers must sign.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The order (unsigned).")
@refusals
def draw_up_order(
    registrant: str, number: str, can_file: Path | None, reissue: bool, out: Path
) -> None:
    """Draw up the order of one chip card from the register, for officers to sign."""
    can = read_secret_line(can_file, "CAN, the six digits printed on the blank")

    async def act(registry: DatabaseRegistry, _: ChipCards) -> Registrant:
        holder = await find_one(registry, registrant)
        jpeg = await registry.find_portrait(holder.id)
        wish = CardWish(
            order_id=str(uuid.uuid4()),
            document_number=number,
            can=can,
            issued=seoul_date(SystemClock().now()),
            face=None if jpeg is None else chip_face(jpeg),
            reissue=reissue,
        )
        write_secret(out, encode_order(draw_up(holder, wish)))
        return holder

    holder = in_register(act)
    click.echo(f"{out}: order of card {number} for {holder.id}")


@click.command()
@click.argument("record", type=_FILE)
@click.option("--registrant", required=True, help="Whose card it is: id, number or name.")
@_actor
@json_option
@refusals
def register(record: Path, registrant: str, actor: str, as_json: bool) -> None:
    """Enter a personalised card (RECORD: what `personalise --json` printed).

    The person's earlier cards end. Harmless when repeated.
    """
    made, holder = register_made_card(record.read_bytes(), registrant, actor)
    if as_json:
        print_json({"document_number": made.document_number, "registrant": holder})
    else:
        click.echo(f"card {made.document_number} is in the register, of {holder}")


def register_made_card(record: bytes, registrant: str, actor: str) -> tuple[MadeCard, str]:
    """Enter the card of `record`; whose it is."""
    made = decode_made_card(record)

    async def act(registry: DatabaseRegistry, cards: ChipCards) -> str:
        holder = await find_one(registry, registrant)
        await cards.register(made, holder.id, actor=actor, now=SystemClock().now())
        return str(holder.id)

    return made, in_register(act)


@click.command()
@click.argument("document_number")
@click.option(
    "--because", type=click.Choice([end.value for end in PlasticEnd]), default="lost",
    show_default=True,
)  # fmt: skip
@click.option("--reason", required=True, help="The words of whoever reports it.")
@_actor
@json_option
@refusals
def end(document_number: str, because: str, reason: str, actor: str, as_json: bool) -> None:
    """End a chip card or note its loss; the mobile card that hangs on it ends by policy."""
    report = Report(
        document_number=document_number, because=PlasticEnd(because), actor=actor, reason=reason
    )
    moved = in_register(lambda _, cards: cards.end(report, now=SystemClock().now()))
    if as_json:
        print_json({"because": because, "mobile_cards_ended": len(moved)})
    else:
        click.echo(f"{document_number}: {because}; {len(moved)} mobile cards ended with it")


@click.command()
@click.argument("document_number")
@refusals
def found(document_number: str) -> None:
    """A lost chip card is back and good again."""
    in_register(lambda _, cards: cards.found(document_number, now=SystemClock().now()))
    click.echo(f"{document_number} is good again; a mobile card is issued anew with it")
