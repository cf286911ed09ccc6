"""`mrc staff`: the first supervisor, and who is on the staff."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import click

from mrc.authority.staff.administration import Administration, Invitation
from mrc.authority.staff.records import StaffId, StaffMember
from mrc.cli.output import json_option, print_json, refusals
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.settings import Host, Settings
from mrc.infra.stores.staff import DatabaseStaff
from mrc.registry.residence import OFFICES

T = TypeVar("T")
ROLE = "authority"


@click.group()
def staff() -> None:
    """The people of the front desk."""


@staff.command()
@click.option("--name", required=True, help="The supervisor's name, as colleagues see it.")
@click.option("--office", type=click.Choice(list(OFFICES)), default="SES", show_default=True)
@json_option
@refusals
def bootstrap(name: str, office: str, as_json: bool) -> None:
    """Invite an office's first supervisor: prints a link that registers one passkey, once.

    Refused as soon as the office has an active supervisor: from then on supervisors invite.
    """

    async def act(administration: Administration, now: datetime) -> Invitation:
        return await administration.bootstrap(name, office, now=now)

    made = asyncio.run(_run(act))
    link = f"{Settings().url_of(Host.DESK)}/enrol/{made.link}"
    if as_json:
        print_json({"id": made.member.id, "link": link, "until": made.expires_at.isoformat()})
    else:
        click.echo(link)


@staff.command("list")
@json_option
@refusals
def list_members(as_json: bool) -> None:
    """Everybody on the staff."""

    async def act(administration: Administration, _: datetime) -> list[StaffMember]:
        return await administration.members()

    members = asyncio.run(_run(act))
    if as_json:
        print_json([_view(member) for member in members])
        return
    for member in members:
        locked = "  locked" if member.locked else ""
        click.echo(f"{member.id}  {member.role:10}  {member.state:9}  {member.name}{locked}")


@staff.command()
@click.argument("member")
@refusals
def suspend(member: str) -> None:
    """End MEMBER's sessions, links and passkeys."""

    async def act(administration: Administration, now: datetime) -> None:
        await administration.suspend(StaffId(member), by=None, now=now)

    asyncio.run(_run(act))


async def _run(act: Callable[[Administration, datetime], Awaitable[T]]) -> T:
    url = Settings().database_of(ROLE)
    upgrade(url, "staff")
    async with open_database(url) as database:
        administration = Administration(DatabaseStaff(database), SystemEntropy())
        return await act(administration, SystemClock().now())


def _view(member: StaffMember) -> dict[str, object]:
    return {
        "id": member.id,
        "name": member.name,
        "role": member.role.value,
        "office": member.office,
        "state": member.state.value,
        "locked": member.locked,
    }
