"""`mrc ic-card csca`: the ceremonies of the country signing CA and its document signers."""

from pathlib import Path

import click

from mrc.cli.ic_card_transports import refuse_in_production
from mrc.cli.output import Refusal, refusals
from mrc.formats import json_text
from mrc.formats.jose.jwk import encode_jwk
from mrc.infra.clock import SystemClock
from mrc.infra.files import write_atomic, write_secret
from mrc.infra.keys.certified import FileKeys, KeyPlace
from mrc.infra.keys.pkcs11_uri import decode_pkcs11_uri
from mrc.infra.keys.software import SoftwareSigner, SystemEntropy
from mrc.infra.keys.token_keys import TokenKeys, Tokens
from mrc.infra.readers.authority import CscaFolder, read_certificates

_token = click.option(
    "--token",
    help="PKCS#11 URI of the token for the new key: pkcs11:token=…;object=LABEL?module-path=….",
)
_existing = click.option(
    "--existing-key", is_flag=True, help="Certify the token's key of this label; make none."
)
_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.group()
def csca() -> None:
    """The country signing CA of the chip, its document signers, CRL and master list."""


@csca.command()
@_FOLDER
@click.option("--real", is_flag=True, help="Without the mark that production refuses.")
@_token
@_existing
@refusals
def create(folder: Path, real: bool, token: str | None, existing_key: bool) -> None:
    """A new CSCA, its key in a token or in software. Practice, unless told otherwise."""
    at_folder = csca_folder(folder)
    place = _place(at_folder, token, existing_key, "a CSCA with a software key")
    made = at_folder.create(
        practice=not real, entropy=SystemEntropy(), at=SystemClock().now(), place=place
    )
    click.echo(f"{made.subject.text}: {made.fingerprint.hex()}")


@csca.command()
@_FOLDER
@_token
@_existing
@refusals
def signer(folder: Path, token: str | None, existing_key: bool) -> None:
    """A new document signer, its key in a token or in software; about every three months."""
    at_folder = csca_folder(folder)
    place = _place(at_folder, token, existing_key, "a document signer with a software key")
    made = at_folder.create_document_signer(
        entropy=SystemEntropy(), at=SystemClock().now(), place=place
    )
    click.echo(f"{made.subject.text}: serial {made.serial:x}")


def csca_folder(path: Path) -> CscaFolder:
    """The folder; a token's PIN is typed here where its address names no file."""
    return CscaFolder(path, Tokens(pin=_ask_pin))


def _ask_pin(token: str) -> str:
    return str(click.prompt(f"PIN of token {token}", hide_input=True, err=True))


def _place(folder: CscaFolder, token: str | None, existing: bool, software: str) -> KeyPlace:
    if token is None:
        if existing:
            raise Refusal("--existing-key needs --token")
        refuse_in_production(software)
        click.echo("a software key: use a token for real cards", err=True)
        return FileKeys()
    return TokenKeys(
        tokens=folder.tokens,
        address=decode_pkcs11_uri(token),
        entropy=SystemEntropy(),
        existing=existing,
    )


@csca.command()
@_FOLDER
@click.argument("serial")
@refusals
def revoke(folder: Path, serial: str) -> None:
    """Revoke a document signer by its serial number (hexadecimal) and publish the CRL."""
    crl = csca_folder(folder).revoke(int(serial, 16), at=SystemClock().now())
    click.echo(f"{len(crl.revoked)} revoked")


@csca.command()
@_FOLDER
@refusals
def crl(folder: Path) -> None:
    """Publish the CRL anew."""
    published = csca_folder(folder).publish_crl(at=SystemClock().now())
    click.echo(f"csca.crl: {len(published.revoked)} revoked, next update {published.next_update}")


@csca.command("master-list")
@_FOLDER
@click.option("--with", "others", multiple=True, type=click.Path(path_type=Path), help="PEM.")
@refusals
def master_list(folder: Path, others: tuple[Path, ...]) -> None:
    """Publish the signed list of roots: ours, and those of `--with`."""
    roots = [root for path in others for root in read_certificates(path)]
    data = csca_folder(folder).publish_master_list(roots)
    click.echo(f"master-list.ml: {1 + len(roots)} roots, {len(data)} bytes")


@click.command()
@click.argument("name")
@click.option("--key", "key_file", type=click.Path(path_type=Path), required=True)
@click.option("--officers", type=click.Path(path_type=Path), required=True, help="JSON; made here.")
@refusals
def officer(name: str, key_file: Path, officers: Path) -> None:
    """Make the key with which one officer signs card orders, and enter it in the list."""
    refuse_in_production("an officer's key in a file")
    if key_file.exists():
        raise Refusal(f"{key_file} exists already")
    known = json_text.decode_object(officers.read_bytes()) if officers.exists() else {}
    signer = SoftwareSigner.generate()
    write_secret(key_file, signer.to_pem())
    write_atomic(officers, json_text.encode({**known, name: encode_jwk(signer.public_key)}))
    click.echo(f"{name} may sign card orders with {key_file}")
