"""`mrc trust`: whom the roles of this installation trust."""

import json
import sys
from pathlib import Path
from typing import BinaryIO

import click

from mrc.formats.x509.certificate import Certificate
from mrc.infra.settings import Settings
from mrc.infra.trust_store import TrustEntry, TrustKind, TrustStore
from mrc.kernel.errors import Malformed

_KIND = click.Choice([kind.value for kind in TrustKind])
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def trust() -> None:
    """Export, add, remove and list trusted roots."""


@trust.command("list")
@_JSON
def list_roots(as_json: bool) -> None:
    """List every trusted root."""
    found = [entry for kind in TrustKind for entry in _store().entries(kind)]
    if as_json:
        click.echo(json.dumps([_described(entry) for entry in found], ensure_ascii=False))
        return
    for entry in found:
        described = _described(entry)
        until = f"until {described['valid_until']}" if entry.certificate else "a key"
        click.echo(f"{entry.kind.value:16} {entry.name:24} {described['subject']}  {until}")
    if not found:
        click.echo("Nobody is trusted yet. Start a role, or add a root with `mrc trust add`.")


@trust.command("add")
@click.argument("kind", type=_KIND)
@click.argument("name")
@click.argument("file", type=click.File("rb"))
@_JSON
def add_root(kind: str, name: str, file: BinaryIO, as_json: bool) -> None:
    """Trust the root in FILE (a PEM certificate or a JWK) under NAME."""
    try:
        entry = _store().add(TrustKind(kind), name, file.read())
    except Malformed as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(_described(entry)) if as_json else f"{kind} {name} is trusted now.")


@trust.command("remove")
@click.argument("kind", type=_KIND)
@click.argument("name")
def remove_root(kind: str, name: str) -> None:
    """End the trust in NAME."""
    if not _store().remove(TrustKind(kind), name):
        raise click.ClickException(f"there is no {kind} root named {name}")
    click.echo(f"{kind} {name} is no longer trusted.")


@trust.command("export")
@click.argument("kind", type=_KIND)
@click.argument("name")
def export_root(kind: str, name: str) -> None:
    """Print one root as PEM or JWK."""
    folder = _folder() / kind
    found = [path for path in (folder / f"{name}.pem", folder / f"{name}.jwk") if path.exists()]
    if not found:
        raise click.ClickException(f"there is no {kind} root named {name}")
    sys.stdout.write(found[0].read_text())


def _folder() -> Path:
    return Settings().home / "trust"


def _store() -> TrustStore:
    return TrustStore(_folder())


def _described(entry: TrustEntry) -> dict[str, str | None]:
    certificate: Certificate | None = entry.certificate
    return {
        "kind": entry.kind.value,
        "name": entry.name,
        "subject": certificate.subject.text if certificate else None,
        "valid_until": certificate.not_after.date().isoformat() if certificate else None,
    }
