"""`mrc ic-card blank`, `emulate`, `order` and `personalise`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from mrc.cli.ic_card_authority import csca_folder
from mrc.cli.ic_card_register import register_made_card
from mrc.cli.ic_card_transports import (
    connection_to,
    in_production,
    refuse_in_production,
    run,
    transport_options,
)
from mrc.cli.output import json_option, print_json, read_secret_line, refusals
from mrc.formats import base64url, json_text
from mrc.formats.jose.jwk import decode_jwk
from mrc.ic_card.chip.state import ChipProfile
from mrc.ic_card.mrz import last_day
from mrc.ic_card.passive_authentication import CscaTrust
from mrc.ic_card.personalisation.job import Job, Step, decode_job, encode_job
from mrc.ic_card.personalisation.making import CardRecord, Office, PinRule, make_card
from mrc.ic_card.personalisation.order import (
    Order,
    SignedOrder,
    check_order,
    decode_order,
    encode_order,
    signed_bytes,
)
from mrc.infra.clock import SystemClock
from mrc.infra.files import read_secret, write_secret
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.infra.readers.blanks import MasterKey, make_blank
from mrc.infra.readers.emulator import Faults
from mrc.infra.readers.emulator import emulate as emulate_card
from mrc.infra.readers.vpcd import DEFAULT_PORT
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import EcPublicKey

_PATH = click.Path(path_type=Path)
_CURVES = {"P-256": 12, "brainpoolP256r1": 13}


@click.command()
@click.argument("card_file", type=_PATH)
@click.option("--master-key", type=_PATH, required=True, help="The office's key; made if missing.")
@click.option("--curve", type=click.Choice(list(_CURVES)), default="P-256", show_default=True)
@click.option("--bac", is_flag=True, help="The card speaks BAC too (development only).")
@refusals
def blank(card_file: Path, master_key: Path, curve: str, bac: bool) -> None:
    """Make a blank emulated card, as it comes from the factory."""
    refuse_in_production("an emulated card")
    entropy = SystemEntropy()
    if not master_key.exists():
        MasterKey.make(master_key, entropy)
    profile = ChipProfile(parameter_id=_CURVES[curve], bac=bac)
    serial = make_blank(card_file, MasterKey.read(master_key), profile, entropy)
    click.echo(f"{card_file}: blank card {serial.hex()}")


@click.command()
@click.argument("card_file", type=_PATH)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=DEFAULT_PORT, show_default=True)
@click.option("--delay-ms", default=0.0, help="Added to each APDU, as NFC would.")
@click.option("--lose-tag-at", multiple=True, type=int, help="The card leaves at this command.")
@click.option("--power-cut-at", type=int, help="The power goes after this command's work.")
@refusals
def emulate(
    card_file: Path,
    host: str,
    port: int,
    delay_ms: float,
    lose_tag_at: tuple[int, ...],
    power_cut_at: int | None,
) -> None:
    """Be the card in vpcd's reader, until the reader goes away. For practice and tests only."""
    refuse_in_production("the emulator")
    click.echo("an emulated card: its keys are in a file, never trust it in production", err=True)
    faults = Faults(
        delay_seconds=delay_ms / 1000,
        lose_tag_at=frozenset(lose_tag_at),
        power_cut_at=power_cut_at,
    )
    emulate_card(card_file, (host, port), faults)


@click.command()
@click.argument("order_file", type=click.Path(path_type=Path, exists=True))
@click.option("--officer", required=True, help="The officer's name in the list of officers.")
@click.option("--key", "key_file", type=_PATH, required=True, help="The officer's key, PEM.")
@refusals
def order(order_file: Path, officer: str, key_file: Path) -> None:
    """Sign a card order; a second officer signs the same file for a reissue."""
    document = json_text.decode_object(order_file.read_bytes())
    payload = _payload(document)
    signer = SoftwareSigner.from_pem(read_secret(key_file))
    signatures = _texts(document.get("signatures", {}))
    signatures[officer] = base64url.encode(signer.sign_now(signed_bytes(payload)))
    signed = {"payload": base64url.encode(payload), "signatures": signatures}
    write_secret(order_file, json_text.encode(signed))
    click.echo(f"signed by {', '.join(sorted(signatures))}")


def _payload(document: Mapping[str, object]) -> bytes:
    """The signed bytes; an order that nobody has signed yet is encoded first."""
    payload = document.get("payload")
    if isinstance(payload, str):
        return base64url.decode(payload)
    return encode_order(decode_order(json_text.encode(document)))


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Malformed("card order", "signatures expected")
    return dict(value)


class _Pad:
    """The holder's pad on this terminal: typed unseen, or from a file of mode 600."""

    def __init__(self, pin_file: Path | None, puk_file: Path) -> None:
        self._pin_file = pin_file
        self._puk_file = puk_file

    async def choose(self, rule: PinRule) -> str:
        prompt = f"New PIN, {rule.least} to {rule.most} digits"
        if self._pin_file is not None:
            return read_secret_line(self._pin_file, prompt)
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=True))

    async def enter(self, tries_left: int | None) -> str:
        left = "all" if tries_left is None else str(tries_left)
        return read_secret_line(self._pin_file, f"PIN ({left} tries left)")

    async def hand_out(self, puk: str) -> None:
        write_secret(self._puk_file, puk.encode())


@dataclass(frozen=True, slots=True)
class _JobFile:
    path: Path

    async def save(self, job: Job) -> None:
        write_secret(self.path, encode_job(job))


@click.command()
@transport_options
@click.option("--order", "order_file", type=_PATH, required=True, help="The signed order.")
@click.option("--officers", type=_PATH, required=True, help="Officers' public keys, JSON.")
@click.option("--job", "job_file", type=_PATH, required=True, help="Where the job is kept.")
@click.option("--authority", type=_PATH, required=True, help="Folder of CSCA and document signer.")
@click.option("--master-key", type=_PATH, required=True, help="The office's transport key.")
@click.option("--pin-file", type=_PATH, help="The holder's PIN in a file of mode 600.")
@click.option("--puk-file", type=_PATH, required=True, help="Where the PUK is handed out.")
@click.option("--production", is_flag=True, help="Refuse a practice CSCA.")
@click.option("--bac", is_flag=True, help="The card opens with BAC too (development only).")
@click.option("--registrant", help="Enter the card in this authority's register, as this person's.")
@json_option
@refusals
def personalise(
    reader: str | None,
    card_file: Path | None,
    wait: float,
    extended_length: bool,
    order_file: Path,
    officers: Path,
    job_file: Path,
    authority: Path,
    master_key: Path,
    pin_file: Path | None,
    puk_file: Path,
    production: bool,
    bac: bool,
    registrant: str | None,
    as_json: bool,
) -> None:
    """Make one card from its order. Interrupted, the same command goes on where it stopped."""
    folder = csca_folder(authority)
    signer = folder.document_signer()
    if isinstance(signer.signer, SoftwareSigner):
        refuse_in_production("a document signer with a software key")
    job = _job(job_file, order_file, officers)
    office = Office(
        transport_keys=MasterKey.read(master_key),
        document_signer=signer,
        trust=CscaTrust(
            production=production or in_production(), anchors=[folder.root()], crls=folder.crls()
        ),
        verifier=OpensslVerifier(),
        entropy=SystemEntropy(),
        pin_pad=_Pad(pin_file, puk_file),
        jobs=_JobFile(job_file),
        bac=bac,
    )
    connection = connection_to(reader, card_file, wait, extended_length)

    def show(step: Step) -> None:
        click.echo(f"{step.value}/{Step.ACTIVE.value} {step.name.lower()}", err=True)

    record = run(make_card(connection, job, office, at=SystemClock().now(), listener=show))
    if registrant is not None:
        entry = json.dumps(_described(record, job.order)).encode()
        register_made_card(entry, registrant, "personalisation")
    _show(record, job.order, as_json=as_json)


def _job(job_file: Path, order_file: Path, officers: Path) -> Job:
    """The job that was begun, or a new one from a checked order."""
    document = json_text.decode_object(order_file.read_bytes())
    signatures = {
        name: base64url.decode(text)
        for name, text in _texts(document.get("signatures", {})).items()
    }
    signed = SignedOrder(payload=_payload(document), signatures=signatures)
    checked = check_order(signed, officers=_officers(officers), verifier=OpensslVerifier())
    if not job_file.exists():
        return Job(order=checked)
    job = decode_job(read_secret(job_file))
    if job.order != checked:
        raise Malformed("personalisation job", "it belongs to another order")
    return job


def _officers(path: Path) -> dict[str, EcPublicKey]:
    keys: dict[str, EcPublicKey] = {}
    for name, jwk in json_text.decode_object(path.read_bytes()).items():
        key = decode_jwk(_texts(jwk))
        if not isinstance(key, EcPublicKey):
            raise Malformed("officer's key", name)
        keys[name] = key
    return keys


def _described(record: CardRecord, made_from: Order) -> dict[str, object]:
    """What the register keeps."""
    return {
        "order_id": record.order_id,
        "document_number": record.document_number,
        "serial": record.serial.hex(),
        "sod_hash": record.sod_hash.hex(),
        "dg1_hash": record.dg1_hash.hex(),
        "chip_key": record.chip_key.hex(),
        "issuance_key": record.issuance_key.hex(),
        "document_signer": record.document_signer.hex(),
        "issued_on": made_from.issued.isoformat(),
        "expires_on": last_day(made_from.zone.expiry_date).isoformat(),
        "checks": len(record.findings),
    }


def _show(record: CardRecord, made_from: Order, *, as_json: bool) -> None:
    if as_json:
        print_json(_described(record, made_from))
        return
    click.echo(f"card {record.document_number} is active: {len(record.findings)} checks passed")
