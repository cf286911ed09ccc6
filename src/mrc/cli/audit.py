"""`mrc audit`: re-check the audit log, alone or against the ledger."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from web3 import HTTPProvider

from mrc.cli.ledger import ADDRESS, RPC_TIMEOUT_S
from mrc.infra.chain.audit_check import AuditReport, check_against_ledger, check_log
from mrc.infra.chain.client import LedgerClient, Reverted
from mrc.infra.chain.publisher import Journal
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.stores.audit import AuditLog
from mrc.kernel.errors import Unavailable
from mrc.ledger.headers import Address
from mrc.ledger.statements import StreamId

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """Check the audit log against the ledger."""


@audit.command()
@click.option("--log", "log_file", type=FILE, required=True, help="The audit log's file.")
@click.option("--journal", "journal_file", type=FILE, help="The publisher's journal.")
@click.option("--rpc", help="The ledger's address; without it only the log is checked.")
@click.option("--contract", type=ADDRESS)
@click.option("--stream", help="The stream's identifier, 64 hexadecimal digits.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    log_file: Path,
    journal_file: Path | None,
    rpc: str | None,
    contract: Address | None,
    stream: str | None,
    *,
    as_json: bool,
) -> None:
    """Recompute every head and compare it with what was anchored. Ends with 1 on any fault."""
    log = AuditLog(log_file, SystemEntropy())
    try:
        report = _report(log, journal_file, rpc, contract, stream)
    except (Unavailable, Reverted, ValueError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        log.close()
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        click.echo(
            f"{report.entries} entries, {report.heads} heads, {report.ticks} ticks on the ledger, "
            f"{report.anchored_heads} heads anchored"
        )
        for fault in report.faults:
            click.echo(f"FAULT: {fault}")
    if report.faults:
        sys.exit(1)


def _report(
    log: AuditLog,
    journal_file: Path | None,
    rpc: str | None,
    contract: Address | None,
    stream: str | None,
) -> AuditReport:
    if rpc is None:
        return check_log(log)
    if journal_file is None or contract is None or stream is None:
        raise click.UsageError("--rpc needs --journal, --contract and --stream")
    provider = HTTPProvider(rpc, request_kwargs={"timeout": RPC_TIMEOUT_S})
    journal = Journal(journal_file)
    try:
        return check_against_ledger(
            log, journal, LedgerClient(provider, contract), StreamId(bytes.fromhex(stream))
        )
    finally:
        journal.close()
