"""`mrc register event`: enter what happened in a person's life. A running authority carries it
out on the cards within seconds; one that is stopped does so when it starts."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mrc.authority.events import default_policy
from mrc.cli.output import json_option, print_json, refusals
from mrc.cli.register import database_url, find_one, register
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import open_database
from mrc.infra.portraits import PortraitFolder
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.registry.consequences import Consequence, EventRecord, record_event
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.events import (
    AddressChanged,
    NameChanged,
    NumberChanged,
    PhonesChanged,
    PortraitChanged,
    RegisterEvent,
    RegistrationEnded,
    StatusChanged,
    StayExtended,
    StayShortened,
)
from mrc.registry.names import PersonName
from mrc.registry.numbers import decode_number
from mrc.registry.people import Address
from mrc.registry.phones import decode_phone_number
from mrc.registry.residence import EndReason, decode_status

_DAY = click.DateTime(["%Y-%m-%d"])
_until = click.option("--until", type=_DAY, required=True, help="The last day.")


@register.group()
@click.option("--actor", default="officer-1", show_default=True, help="Who answers for it.")
@click.option("--reason", default="reported at the counter", show_default=True)
@click.pass_context
def event(ctx: click.Context, actor: str, reason: str) -> None:
    """Enter what happened: stay, status, address, name, number, phones, photo, end."""
    ctx.obj = (actor, reason)


def _event(name: str, help_text: str, *options: Any) -> Callable[[Callable[..., Any]], None]:
    """A command that enters the event its function makes of the options."""

    def add(make: Callable[..., RegisterEvent]) -> None:
        @json_option
        @click.pass_obj
        @refusals
        def command(obj: tuple[str, str], /, registrant: str, as_json: bool, **given: Any) -> None:
            _tell(asyncio.run(_record(registrant, make(**given), *obj)), as_json=as_json)

        for option in reversed(options):
            command = option(command)
        event.command(name, help=help_text)(click.argument("registrant")(command))

    return add


@_event("extend", "The stay was extended.", _until)
def _extend(until: datetime) -> RegisterEvent:
    return StayExtended(until=until.date())


@_event("shorten", "The stay was shortened.", _until)
def _shorten(until: datetime) -> RegisterEvent:
    return StayShortened(until=until.date())


@_event(
    "status",
    "The status of stay changed.",
    click.option("--status", required=True, help="As printed: E-7-4."),
    click.option("--until", type=_DAY, help="The last day; none for permanent residence."),
)
def _status(status: str, until: datetime | None) -> RegisterEvent:
    return StatusChanged(status=decode_status(status), until=until.date() if until else None)


@_event(
    "end",
    "The registration ends; a day to come waits for that day.",
    click.option("--why", type=click.Choice([why.value for why in EndReason]), required=True),
    click.option("--on", type=_DAY, required=True),
)
def _end(why: str, on: datetime) -> RegisterEvent:
    return RegistrationEnded(on=on.date(), reason=EndReason(why))


@_event(
    "address",
    "The person moved.",
    click.option("--address", required=True),
    click.option("--since", type=_DAY, required=True),
)
def _address(address: str, since: datetime) -> RegisterEvent:
    return AddressChanged(address=Address(text=address, since=since.date()))


@_event(
    "name",
    "The name changed.",
    click.option("--family", default="", help="Latin letters, as in the passport."),
    click.option("--given", default=""),
    click.option("--family-hangul", default=""),
    click.option("--given-hangul", default=""),
)
def _name(family: str, given: str, family_hangul: str, given_hangul: str) -> RegisterEvent:
    name = PersonName(
        family=family, given=given, family_hangul=family_hangul, given_hangul=given_hangul
    )
    return NameChanged(name=name)


@_event(
    "number",
    "The registration number changed.",
    click.option("--number-file", type=click.File(), required=True, help="It holds the number."),
)
def _number(number_file: Any) -> RegisterEvent:
    return NumberChanged(number=decode_number(number_file.read().strip()))


@_event(
    "phones",
    "The person has these phone numbers now.",
    click.option("--phone", multiple=True, help="Once for each; none: no phone any more."),
)
def _phones(phone: tuple[str, ...]) -> RegisterEvent:
    return PhonesChanged(phones=tuple(decode_phone_number(one) for one in phone))


@_event(
    "portrait",
    "A new photo.",
    click.option(
        "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True
    ),
)
def _portrait(file: Path) -> RegisterEvent:
    checked = PortraitFolder(file.parent).get(file.name)
    return PortraitChanged(portrait=checked.portrait, jpeg=checked.jpeg)


async def _record(registrant: str, what: RegisterEvent, actor: str, reason: str) -> Consequence:
    async with open_database(database_url()) as database:
        store = DatabaseRegistry(database)
        person = await find_one(store, registrant)
        record = EventRecord(
            registrant=person.id,
            event=what,
            actor=actor,
            reason=reason,
            at=SystemClock().now(),
        )
        return await record_event(
            record, store=store, policy=default_policy(), rules=EligibilityRules()
        )


def _tell(consequence: Consequence, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "registrant": consequence.registrant,
                "act": consequence.because.value,
                "cards": consequence.action.value,
                "by": consequence.by.isoformat(),
                "other_card_type": consequence.other_card_type,
            }
        )
        return
    click.echo(
        f"{consequence.because.value}: cards {consequence.action.value}"
        f" by {consequence.by:%Y-%m-%d %H:%M} UTC"
    )
