"""`mrc ledger`: serve the embedded chain, make a network's files, look, and check bundles."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from mrc.cli.addresses import ADDRESS
from mrc.cli.authorities import authority_option
from mrc.cli.ledger_council import council
from mrc.cli.ledger_network import DEFAULT_CHAIN_ID, network
from mrc.cli.output import Refusal, refusals
from mrc.infra.http import HttpxClient
from mrc.infra.settings import Settings
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.findings import Finding, Outcome
from mrc.ledger.findings import Document, judge_document, read_bundle
from mrc.ledger.headers import Address
from mrc.ledger.proofs import Facts, LedgerTrust, ProvenFacts
from mrc.ledger.statements import issuer_stream_id
from mrc.ledger.trust_file import decode_trust
from mrc.wiring.issuers import AUTHORITIES
from mrc.wiring.ledger_files import LedgerFiles, get_ledger_trust, load_ledger_trust
from mrc.wiring.wallet_process import tls_roots

if TYPE_CHECKING:
    from mrc.infra.chain.ethereum import HTTPProvider

DEFAULT_RPC = "http://127.0.0.1:8545"


FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Serve and inspect the ledger."""


@ledger.command()
@click.option("--file", "path", type=FILE, help="Serve this chain alone, without an installation.")
@click.option("--key-file", type=FILE, help="The validator's key; made where there is none.")
@click.option("--chain-id", default=DEFAULT_CHAIN_ID, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Keep it on loopback.")
@click.option("--port", default=8545, show_default=True)
@click.option("--read-only", is_flag=True, help="Read a file that another process writes.")
@refusals
def serve(
    path: Path | None,
    key_file: Path | None,
    chain_id: int,
    host: str,
    port: int,
    *,
    read_only: bool,
) -> None:
    """Start this installation's ledger: chain, council, anchors and explorer.

    With --file only the embedded chain is served, as Ethereum JSON-RPC over HTTP and WebSocket.
    """
    if path is None:
        from mrc.wiring.ledger import run_ledger

        asyncio.run(run_ledger(Settings()))
        return
    if read_only == (key_file is not None):
        raise click.UsageError("give either --key-file or --read-only")
    _serve_file(path, key_file, chain_id, host, port)


def _serve_file(path: Path, key_file: Path | None, chain_id: int, host: str, port: int) -> None:
    from mrc.infra.chain.chain import ChainReader, EmbeddedChain
    from mrc.infra.chain.limits import limits_of
    from mrc.infra.chain.sealing import SoftwareSealer, read_or_make_secret
    from mrc.infra.clock import SystemClock
    from mrc.wiring.ledger import serve_chain

    try:
        chain = (
            ChainReader.open_for_reading(path)
            if key_file is None
            else EmbeddedChain.open(
                path,
                sealer=SoftwareSealer(read_or_make_secret(key_file)),
                clock=SystemClock(),
                chain_id=chain_id,
            )
        )
    except (Unavailable, PermissionError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"ledger {chain.chain_id} at http://{host}:{port}, block {chain.head().number}")
    try:
        asyncio.run(serve_chain(chain, limits_of(Settings()), host, port))
    finally:
        chain.close()


@ledger.command("deploy")
@click.option("--rpc", default=DEFAULT_RPC, show_default=True)
@click.option("--member", "members", type=ADDRESS, multiple=True, required=True)
@click.option("--threshold", type=int, required=True, help="How many seats must agree.")
@click.option("--key-file", type=FILE, required=True, help="Who sends it; keeps no power.")
def deploy_contract(rpc: str, members: Sequence[Address], threshold: int, key_file: Path) -> None:
    """Make the ledger contract with its first council and print its address."""
    from mrc.infra.chain.client import Reverted, deploy
    from mrc.infra.chain.sealing import read_or_make_secret

    try:
        made = deploy(_provider(rpc), read_or_make_secret(key_file), members, threshold)
    except (Unavailable, Reverted) as error:
        raise click.ClickException(str(error)) from error
    click.echo("0x" + made.hex())


@ledger.command()
@click.option("--rpc", help="By default that of this installation.")
@click.option("--contract", type=ADDRESS, help="By default that of this installation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@refusals
def status(rpc: str | None, contract: Address | None, *, as_json: bool) -> None:
    """Show the newest block, its validators, and the council."""
    from mrc.infra.chain.client import LedgerClient, Reverted

    address = contract or _installed_trust().contract
    client = LedgerClient(_provider(rpc or Settings().ledger_url), address)
    try:
        header = client.newest_header()
        found = {
            "block": header.number,
            "sealed_at": header.timestamp.isoformat(),
            "validators": ["0x" + address.hex() for address in header.extra.validators],
            "council_seats": client.read("occupied"),
            "threshold": client.read("threshold"),
            "proposals": client.read("proposal_count"),
            "paused": client.read("paused"),
        }
    except (Unavailable, Reverted) as error:
        raise click.ClickException(str(error)) from error
    _show(found, as_json=as_json)


@ledger.command()
@authority_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@refusals
def stream(role: str, *, as_json: bool) -> None:
    """Show an authority's stream: who holds it, this installation's key, the newest anchor.

    The council nominates `own_key` for `stream`. Ends with 1 where another key holds it.
    """
    from mrc.infra.chain.client import LedgerClient, Reverted
    from mrc.infra.chain.sealing import SoftwareSealer, read_or_make_secret

    settings = Settings()
    files = LedgerFiles(settings.home)
    name, key = files.find_organisation(role), files.stream_files(role).key
    if name is None or not key.exists():
        raise Refusal("this authority was not started yet: it has no key")
    own = "0x" + SoftwareSealer(read_or_make_secret(key)).address.hex()
    client = LedgerClient(_provider(settings.ledger_url), get_ledger_trust(settings).contract)
    try:
        _, holder, nominee = client.read("streams", issuer_stream_id(name))
        head = client.stream_head(issuer_stream_id(name))
    except (Unavailable, Reverted) as error:
        raise Refusal(f"{error}; own key: {own}") from error
    found = {
        "stream": "0x" + issuer_stream_id(name).hex(),
        "own_key": own,
        "holder": holder.lower(),
        "nominee": nominee.lower(),
        "tick": 0 if head is None else head.tick,
        "anchored_at": None if head is None else head.anchored_at.isoformat(),
    }
    _show(found, as_json=as_json)
    if found["holder"] != own:
        sys.exit(1)


@ledger.group()
def bundle() -> None:
    """Check proof bundles, without a network."""


@bundle.command("check")
@click.argument("file", type=click.File("rb"))
@click.option("--trust", "trust_file", type=click.File("rb"), help="The ledger you trust.")
@click.option("--contract", type=ADDRESS, help="Its contract, where there is no trust file,")
@click.option("--validator", "validators", type=ADDRESS, multiple=True, help="and validators.")
@click.option("--document", type=click.File("rb"), help="A status list that it shall prove.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_file(
    file: BinaryIO,
    trust_file: BinaryIO | None,
    contract: Address | None,
    validators: Sequence[Address],
    document: BinaryIO | None,
    *,
    as_json: bool,
) -> None:
    """Check the bundle in FILE against the trusted validators and say what it proves.

    Needs no network. Ends with 1 where the bundle, or the document by it, is refused, with 2
    where nothing could be found out. By default this installation's ledger is trusted.
    """
    trust, data, now = _trust(trust_file, contract, validators), file.read(), datetime.now(UTC)
    facts, finding = read_bundle(data, trust=trust, at=now)
    shown: dict[str, object] = {"outcome": finding.outcome.value, "reason": finding.reason}
    if facts is not None:
        shown.update(_described(facts))
    if facts is not None and document is not None:
        finding = _judge_document(document.read(), data, facts, trust, now)
        shown["document"] = {"outcome": finding.outcome.value, "reason": finding.reason}
    _show(shown, as_json=as_json)
    if finding.outcome is not Outcome.PASSED:
        sys.exit(1 if finding.outcome is Outcome.FAILED else 2)


@bundle.command("fetch")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@authority_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@refusals
def fetch(directory: Path, role: str, *, as_json: bool) -> None:
    """Fetch an authority's status list and its proof into DIRECTORY, for checking offline."""
    from mrc.cli.ledger_fetching import fetch_list

    settings = Settings()
    authority = next(authority for authority in AUTHORITIES if authority.role == role)

    async def act() -> tuple[bytes, bytes]:
        async with HttpxClient(tls_roots(settings)) as http:
            return await fetch_list(http, settings.url_of(authority.host))

    found, proof = asyncio.run(act())
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{role}.list").write_bytes(found)
    (directory / f"{role}.proof.json").write_bytes(proof)
    _show(
        {
            "list": str(directory / f"{role}.list"),
            "proof": str(directory / f"{role}.proof.json"),
            "proof_bytes": len(proof),
        },
        as_json=as_json,
    )


def _judge_document(
    data: bytes, proof: bytes, facts: ProvenFacts, trust: LedgerTrust, now: datetime
) -> Finding:
    """As the document of the issuer that the bundle names and in whose stream it is."""
    from mrc.cli.ledger_fetching import as_document, find_issuer_key

    try:
        document: Document = as_document(data)
    except Malformed as error:
        raise Refusal(f"not understood: {error}") from error
    return judge_document(
        document,
        proof,
        trust=trust,
        at=now,
        max_unanchored_age=timedelta(),
        issuer_key_hash=find_issuer_key(facts, document),
    ).finding


ledger.add_command(network)
ledger.add_command(council)


def _provider(rpc: str) -> "HTTPProvider":
    from mrc.infra.chain.ethereum import http_provider

    return http_provider(rpc)


def _trust(
    trust_file: BinaryIO | None, contract: Address | None, validators: Sequence[Address]
) -> LedgerTrust:
    if trust_file is not None:
        try:
            return decode_trust(trust_file.read())
        except Malformed as error:
            raise click.ClickException(str(error)) from error
    if contract is None and not validators:
        return _installed_trust()
    if contract is None or not validators:
        raise click.UsageError("give --trust, or --contract and every --validator")
    return LedgerTrust(contract=contract, validators=frozenset(validators))


def _installed_trust() -> LedgerTrust:
    trust = load_ledger_trust(Settings())
    if trust is None:
        raise click.UsageError("no ledger is trusted here: give --trust")
    return trust


def _described(facts: Facts) -> dict[str, object]:
    return {
        "block": facts.block_number,
        "sealed_at": facts.sealed_at.isoformat(),
        "organisations": {
            name.hex(): None
            if entry is None
            else {
                "roles": sorted(entry.roles),
                "standing": entry.standing.name.lower(),
                "valid_until": entry.valid_until.isoformat(),
                "key_hash": entry.key_hash.hex(),
            }
            for name, entry in facts.organisations.items()
        },
        "entitlements": {
            f"{asker.hex()}/{purpose.hex()}": None if claims is None else claims.hex()
            for (asker, purpose), claims in facts.entitlements.items()
        },
        "publications": [
            {
                "uri": entry.publication.uri,
                "media_type": entry.publication.media_type,
                "issued_at": datetime.fromtimestamp(entry.publication.iat, UTC).isoformat(),
                "digest": entry.publication.digest.hex(),
                "tick": entry.tick,
                "stream": entry.stream.hex(),
                "issuer": next(
                    (
                        name.hex()
                        for name in facts.organisations
                        if issuer_stream_id(name) == entry.stream
                    ),
                    None,
                ),
            }
            for entry in facts.publications
        ],
    }


def _show(values: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    for name, value in values.items():
        click.echo(f"{name:16} {value}")
