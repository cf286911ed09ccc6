"""`mrc ic-card read`, `tries`, `unblock` and `readers`."""

from dataclasses import dataclass, replace
from pathlib import Path

import click

from mrc.cli.ic_card_transports import connection_to, run, transport_options
from mrc.cli.output import json_option, print_json, read_secret_line, refusals
from mrc.formats.catalogue.ages import seoul_date
from mrc.formats.x509.certificate import Certificate
from mrc.formats.x509.revocation import RevocationList, decode_revocation_list
from mrc.ic_card.in_force import find_in_force
from mrc.ic_card.lds.data_groups import decode_dg1, decode_dg11
from mrc.ic_card.lds.face import decode_dg2
from mrc.ic_card.lds.files import CARD_ACCESS, RESIDENCE, FileRef, data_group
from mrc.ic_card.mrz import MrzKey
from mrc.ic_card.pace import Password
from mrc.ic_card.passive_authentication import CscaTrust, files_are_authentic, verify_files
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal import opening, proving, reading
from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.clock import SystemClock
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.infra.readers.authority import read_certificates
from mrc.infra.readers.pcsc import list_readers
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, Outcome, failed

_ENTROPY = SystemEntropy()
NOT_AUTHENTIC = 3  # exit code: read, but a check failed or could not be made
NOT_IN_FORCE = 4  # exit code of --in-force: authentic, but expired or without a readable date
_IN_FORCE_TEXT = {
    Outcome.PASSED: "in force",
    Outcome.FAILED: "NOT in force",
    Outcome.UNDETERMINED: "could not find out whether it is in force",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the card shall be opened. Exactly one secret."""

    mode: str
    can: str | None
    mrz: MrzKey | None
    pin: str | None
    ask_pin: bool
    """Typed only after the tries left have been shown."""
    last_try: bool

    async def open(self, connection: CardConnection, card_access: bytes | None) -> None:
        if self.mode == "bac":
            if self.mrz is None:
                raise click.UsageError("BAC needs --document-number, --birth and --expiry")
            await opening.open_with_bac(connection, self.mrz, allowed=True, entropy=_ENTROPY)
            return
        if card_access is None:
            raise Malformed("EF.CardAccess", "this card does not offer PACE; try --access bac")
        info = opening.choose_pace(card_access)
        if self.pin is not None:
            await opening.open_with_pin(
                connection,
                info,
                self.pin,
                entropy=_ENTROPY,
                can=self.can,
                last_try_agreed=self.last_try,
            )
        elif self.can is not None:
            secret = opening.credential(Password.CAN, self.can)
            await opening.run_pace(connection, info, secret, entropy=_ENTROPY)
        elif self.mrz is not None:
            secret = opening.mrz_credential(self.mrz)
            await opening.run_pace(connection, info, secret, entropy=_ENTROPY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    files: dict[FileRef, bytes]
    missing: set[FileRef]
    findings: list[Finding]
    in_force: Finding
    commands: int


@click.command()
@transport_options
@click.option("--access", type=click.Choice(["pace", "bac"]), default="pace", show_default=True)
@click.option("--can", help="The six digits printed on the card.")
@click.option("--document-number", help="MRZ: document number.")
@click.option("--birth", help="MRZ: date of birth, YYMMDD.")
@click.option("--expiry", help="MRZ: date of expiry, YYMMDD.")
@click.option("--pin", "ask_pin", is_flag=True, help="Open with the PIN, typed unseen.")
@click.option("--pin-file", type=click.Path(path_type=Path), help="The PIN in a file of mode 600.")
@click.option("--last-try", is_flag=True, help="The holder agrees to spend the PIN's last try.")
@click.option(
    "--csca", "cscas", multiple=True, type=click.Path(path_type=Path), help="Trusted roots, PEM."
)
@click.option("--crl", "crls", multiple=True, type=click.Path(path_type=Path), help="CRL, DER.")
@click.option("--in-force", is_flag=True, help="Exit with 4 for an authentic card that expired.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the files here: 0101.bin …")
@click.option("--picture", type=click.Path(path_type=Path), help="Write the portrait here.")
@json_option
@refusals
def read(
    reader: str | None,
    card_file: Path | None,
    wait: float,
    extended_length: bool,
    access: str,
    can: str | None,
    document_number: str | None,
    birth: str | None,
    expiry: str | None,
    ask_pin: bool,
    pin_file: Path | None,
    last_try: bool,
    cscas: tuple[Path, ...],
    crls: tuple[Path, ...],
    in_force: bool,
    out: Path | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Read a card and verify it, file by file. Exits 0 only for an authentic card.

    Exit code 1: the card could not be read. 3: it was read, but not everything is proved. An
    expired card is authentic still; with --in-force it exits with 4, as does a card of which it
    could not be found out.
    """
    mrz = None
    if document_number and birth and expiry:
        mrz = MrzKey(document_number=document_number, birth_date=birth, expiry_date=expiry)
    pin = None if pin_file is None else read_secret_line(pin_file, "PIN")
    if can is None and mrz is None and pin is None and not ask_pin:
        raise click.UsageError("give --can, the MRZ's fields, or --pin")
    ask_pin = ask_pin and pin is None
    way = Access(mode=access, can=can, mrz=mrz, pin=pin, ask_pin=ask_pin, last_try=last_try)
    anchors = [root for path in cscas for root in read_certificates(path)]
    lists = [decode_revocation_list(path.read_bytes()) for path in crls]
    connection = connection_to(reader, card_file, wait, extended_length)
    report = run(_read(connection, way, anchors, lists, quiet=as_json))
    _write(report, out, picture)
    _show(report, as_json=as_json)
    if not files_are_authentic(report.findings):
        raise SystemExit(NOT_AUTHENTIC)
    if in_force and report.in_force.outcome is not Outcome.PASSED:
        raise SystemExit(NOT_IN_FORCE)


async def _read(
    connection: CardConnection,
    way: Access,
    anchors: list[Certificate],
    crls: list[RevocationList],
    *,
    quiet: bool,
) -> Report:
    await connection.connect()
    card_access = await _card_access(connection, way.mode)
    await _tell_tries(connection, way, card_access)
    if way.ask_pin:
        way = replace(way, pin=read_secret_line(None, "PIN"))
    await way.open(connection, card_access)

    async def again(card: CardConnection) -> None:
        if card_access is not None:
            await opening.read_card_access(card)
        await way.open(card, card_access)

    def show(progress: reading.Progress) -> None:
        if not quiet and progress.read == progress.total:
            place = f"{progress.position}/{progress.count}"
            click.echo(f"{place} {progress.file.name}: {progress.total} bytes", err=True)

    read = await reading.read_document(
        connection, again, residence=way.pin is not None, listener=show
    )
    files = dict(read.files)
    if card_access is not None:
        files[CARD_ACCESS] = card_access
    trust = CscaTrust(production=False, anchors=anchors, crls=crls)
    at = SystemClock().now()
    findings = verify_files(files, trust=trust, at=at, verifier=OpensslVerifier())
    in_force = find_in_force(files, findings, today=seoul_date(at))
    findings += await _prove(connection, files)
    return Report(
        files=files,
        missing=read.missing,
        findings=findings,
        in_force=in_force,
        commands=connection.sent,
    )


async def _card_access(connection: CardConnection, mode: str) -> bytes | None:
    """EF.CardAccess; with BAC a card may do without."""
    try:
        return await opening.read_card_access(connection)
    except (Rejected, Malformed):
        if mode == "pace":
            raise
        await connection.connect()
        return None


async def _tell_tries(connection: CardConnection, way: Access, card_access: bytes | None) -> None:
    asked = way.ask_pin or way.pin is not None
    if not asked or card_access is None or way.mode != "pace":
        return
    info = opening.choose_pace(card_access)
    left = await opening.ask_tries(connection, info, Password.PIN)
    click.echo("PIN: all tries left" if left is None else f"PIN: {left} tries left", err=True)


async def _prove(connection: CardConnection, files: dict[FileRef, bytes]) -> list[Finding]:
    """The chip is no copy: Chip Authentication, and Active Authentication where DG15 is."""
    findings = []
    dg14, dg15 = files.get(data_group(14)), files.get(data_group(15))
    try:
        chip = dg14 is not None and proving.offers_chip_authentication(dg14)
    except Malformed as error:
        return [failed(proving.CHIP_CHECK, "9303-11 6.2", Reason.CHIP_AUTHENTICATION, str(error))]
    if dg15 is not None:  # first: a failed chip authentication ends the session
        findings.append(await proving.find_active_copy(connection, dg15, dg14, entropy=_ENTROPY))
    if chip and dg14 is not None:
        findings.append(await proving.find_chip_copy(connection, dg14, entropy=_ENTROPY))
    return findings or [proving.no_proof()]


def _write(report: Report, out: Path | None, picture: Path | None) -> None:
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for ref, content in report.files.items():
            name = "RES" if ref == RESIDENCE else f"{ref.file_id:04X}"
            (out / f"{name}.bin").write_bytes(content)
    if picture is not None and data_group(2) in report.files:
        try:
            picture.write_bytes(decode_dg2(report.files[data_group(2)]).image)
        except Malformed as error:  # the verdict stands without it
            click.echo(f"no portrait: {error}", err=True)


def _show(report: Report, *, as_json: bool) -> None:
    authentic = files_are_authentic(report.findings)
    findings = [*report.findings, report.in_force]
    if as_json:
        print_json(
            {
                "authentic": authentic,
                "in_force": report.in_force.outcome.value,
                "person": _person(report.files),
                "files": {ref.name: len(content) for ref, content in report.files.items()},
                "missing": sorted(ref.name for ref in report.missing),
                "findings": [_finding(finding) for finding in findings],
                "commands": report.commands,
            }
        )
        return
    for name, value in _person(report.files).items():
        click.echo(f"{name}: {value}")
    for finding in findings:
        reason = "" if finding.reason is None else f" ({finding.reason}: {finding.detail})"
        click.echo(f"{finding.outcome.value:12} {finding.check}{reason}")
    click.echo("authentic" if authentic else "NOT proved to be authentic")
    click.echo(_IN_FORCE_TEXT[report.in_force.outcome])


def _finding(finding: Finding) -> dict[str, str | None]:
    return {
        "check": finding.check,
        "outcome": finding.outcome.value,
        "clause": finding.clause,
        "reason": finding.reason,
        "detail": finding.detail,
    }


def _person(files: dict[FileRef, bytes]) -> dict[str, str]:
    """What the card says; a file that does not decode is left out, its finding says why."""
    said: dict[str, str] = {}
    try:
        zone = decode_dg1(files[data_group(1)])
        said["document_number"] = zone.document_number
        said["name"] = f"{zone.primary_name} {zone.secondary_name.replace('<', ' ')}".strip()
        said["nationality"], said["expiry_date"] = zone.nationality, zone.expiry_date
        said["full_name"] = decode_dg11(files[data_group(11)]).full_name
    except (KeyError, Malformed):
        return said
    return said


@click.command()
@transport_options
@refusals
def tries(reader: str | None, card_file: Path | None, wait: float, extended_length: bool) -> None:
    """How many tries PIN and PUK have left. Costs none."""
    run(_tries(connection_to(reader, card_file, wait, extended_length)))


async def _tries(connection: CardConnection) -> None:
    await connection.connect()
    info = opening.choose_pace(await opening.read_card_access(connection))
    for password in (Password.PIN, Password.PUK):
        left = await opening.ask_tries(connection, info, password)
        click.echo(f"{password.name}: {'all' if left is None else left} tries left")


@click.command()
@transport_options
@click.option("--puk-file", type=click.Path(path_type=Path), help="The PUK in a file of mode 600.")
@refusals
def unblock(
    reader: str | None,
    card_file: Path | None,
    wait: float,
    extended_length: bool,
    puk_file: Path | None,
) -> None:
    """Give a blocked PIN its tries back, with the PUK."""
    puk = read_secret_line(puk_file, "PUK")
    run(_unblock(connection_to(reader, card_file, wait, extended_length), puk))
    click.echo("the PIN has all its tries again")


async def _unblock(connection: CardConnection, puk: str) -> None:
    await connection.connect()
    info = opening.choose_pace(await opening.read_card_access(connection))
    await opening.unblock_pin(connection, info, puk, entropy=_ENTROPY)


@click.command()
@refusals
def readers() -> None:
    """The PC/SC readers of this machine."""
    for name in list_readers():
        click.echo(name)
