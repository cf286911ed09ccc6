"""`mrc audit`: re-check the audit log, alone or against the ledger; read reports about askers."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mrc.cli.addresses import ADDRESS
from mrc.cli.authorities import authority_option
from mrc.cli.output import Refusal
from mrc.infra.settings import Settings
from mrc.kernel.errors import Unavailable
from mrc.ledger.headers import Address
from mrc.ledger.statements import StreamId
from mrc.wiring.ledger_files import LedgerFiles, load_ledger_trust

if TYPE_CHECKING:
    from mrc.authority.askers.reports import ReceivedReport
    from mrc.infra.chain.audit_check import AuditReport
    from mrc.infra.stores.audit import AuditLog

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """Check the audit log against the ledger; read reports about askers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where the log, the journal and the ledger are. `rpc` None: the log alone is checked."""

    log: Path
    journals: tuple[Path, ...]
    rpc: str | None
    contract: Address | None
    streams: tuple[StreamId, ...]


@audit.command()
@authority_option
@click.option("--log", type=FILE, help="Another audit log's file.")
@click.option(
    "--journal",
    "journals",
    type=FILE,
    multiple=True,
    help="The publisher's journal; again where its batches stand in several.",
)
@click.option("--rpc", help="The ledger's address; without it a given log is checked alone.")
@click.option("--contract", type=ADDRESS)
@click.option(
    "--stream",
    "streams",
    multiple=True,
    help="A stream that anchored it, 64 hexadecimal digits; may be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    role: str,
    log: Path | None,
    journals: tuple[Path, ...],
    rpc: str | None,
    contract: Address | None,
    streams: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Recompute every head and compare it with what was anchored. Ends with 1 on any fault.

    Without --log: an authority's log of this installation against its running ledger.
    """
    from mrc.infra.chain.client import Reverted
    from mrc.infra.keys.software import SystemEntropy
    from mrc.infra.stores.audit import AuditLog

    try:
        places = (
            _installed(Settings(), role)
            if log is None
            else _Places(
                log=log,
                journals=journals,
                rpc=rpc,
                contract=contract,
                streams=tuple(StreamId(bytes.fromhex(stream)) for stream in streams),
            )
        )
        opened = AuditLog(places.log, SystemEntropy())
        try:
            report = _report(opened, places)
        finally:
            opened.close()
    except (Unavailable, Reverted, ValueError) as error:
        raise click.ClickException(str(error)) from error
    _print(report, as_json=as_json)
    if report.faults:
        sys.exit(1)


@audit.command("asker-reports")
@click.option("--since", type=click.DateTime(formats=["%Y-%m-%d"]), help="From this day on.")
@click.option("--asker", help="Only of this client identifier.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def asker_reports(since: datetime | None, asker: str | None, *, as_json: bool) -> None:
    """List what holders reported about those who asked them. Reports are tips: nothing proves them."""
    found = asyncio.run(_asker_reports(since.date() if since else None, asker))
    if as_json:
        click.echo(json.dumps([_report_summary(one) for one in found]))
        return
    for one in found:
        known = "registered" if one.report.registered else "NOT REGISTERED"
        click.echo(
            f"{one.received_on}  {one.reference}  {one.report.complaint.value}  "
            f"{one.report.name} ({known})  {one.report.asker}"
        )
    click.echo(f"{len(found)} reports")


async def _asker_reports(since: date | None, asker: str | None) -> "Sequence[ReceivedReport]":
    from mrc.infra.database.engine import open_database
    from mrc.infra.database.upgrade import upgrade
    from mrc.infra.stores.asker_reports import ROOM, DatabaseAskerReports

    url = Settings().database_of("authority")
    upgrade(url, ROOM)
    async with open_database(url) as database:
        return await DatabaseAskerReports(database).reports(since=since, asker=asker)


def _report_summary(one: "ReceivedReport") -> dict[str, object]:
    return {
        "reference": one.reference,
        "received_on": one.received_on.isoformat(),
        "on": one.report.on.isoformat(),
        "complaint": one.report.complaint.value,
        "asker": one.report.asker,
        "name": one.report.name,
        "registered": one.report.registered,
        "purpose": one.report.purpose,
        "kinds": list(one.report.kinds),
    }


def _print(report: "AuditReport", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    click.echo(
        f"{report.entries} entries, {report.heads} heads, {report.ticks} ticks on the ledger, "
        f"{report.anchored_heads} heads anchored"
    )
    for fault in report.faults:
        click.echo(f"FAULT: {fault}")


def _installed(settings: Settings, role: str) -> _Places:
    files, trust = LedgerFiles(settings.home), load_ledger_trust(settings)
    log, streams = files.audit_log(role), files.find_audit_streams(role)
    if trust is None or not log.exists() or not streams:
        raise Refusal("this installation has no audit log on a ledger yet")
    return _Places(
        log=log,
        journals=tuple(path for path in files.journals(role) if path.exists()),
        rpc=settings.ledger_url,
        contract=trust.contract,
        streams=streams,
    )


def _report(log: "AuditLog", places: _Places) -> "AuditReport":
    from mrc.infra.chain.audit_check import check_against_ledger, check_log
    from mrc.infra.chain.client import LedgerClient
    from mrc.infra.chain.ethereum import http_provider
    from mrc.infra.chain.journal import Journal

    if places.rpc is None:
        return check_log(log)
    if not places.journals or places.contract is None or not places.streams:
        raise click.UsageError("--rpc needs --journal, --contract and --stream")
    client = LedgerClient(http_provider(places.rpc), places.contract)
    with contextlib.ExitStack() as stack:
        journals = [
            stack.enter_context(contextlib.closing(Journal(path))) for path in places.journals
        ]
        return check_against_ledger(log, journals, client, places.streams)
