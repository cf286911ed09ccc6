"""`mrc ledger network`: the files of a consortium's own network, and whom to trust in it."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from mrc.cli.addresses import ADDRESS
from mrc.ledger.headers import Address
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.trust_file import encode_trust

DEFAULT_CHAIN_ID = 8230


@click.group()
def network() -> None:
    """A consortium's own network of validators."""


@network.command("init")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--validators", default=4, show_default=True, type=click.IntRange(4, 64))
@click.option("--host", "hosts", multiple=True, help="One per validator, in their order.")
@click.option("--chain-id", default=DEFAULT_CHAIN_ID, show_default=True)
def init(directory: Path, validators: int, hosts: Sequence[str], chain_id: int) -> None:
    """Write genesis, keys, configuration and units of a Besu QBFT network to DIRECTORY."""
    from mrc.infra.chain.network import make_nodes, write_network

    names = list(hosts) or [f"validator-{n}.ledger.internal" for n in range(1, validators + 1)]
    if len(names) != validators:
        raise click.UsageError(f"{validators} validators need {validators} hosts")
    try:
        write_network(directory, make_nodes(names), chain_id)
    except (FileExistsError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{validators} validators in {directory}. Next: docs/how-to/ledger-network.md")


@network.command("trust")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--contract", type=ADDRESS, required=True, help="As `mrc ledger deploy` printed it.")
def write_trust(directory: Path, contract: Address) -> None:
    """Write DIRECTORY/ledger.json: this network and its contract, as issuers and verifiers trust it.

    It goes to `trust/ledger.json` of each of their homes.
    """
    from mrc.infra.files import write_atomic

    found = json.loads((directory / "trust.json").read_text())
    validators = frozenset(Address(bytes.fromhex(one[2:])) for one in found["validators"])
    path = directory / "ledger.json"
    write_atomic(path, encode_trust(LedgerTrust(contract=contract, validators=validators)))
    click.echo(str(path))
