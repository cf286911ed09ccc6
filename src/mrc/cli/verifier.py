"""`mrc verifier`: ask for cards, read outcomes, and check a card from a file.

`request` and `outcome` talk to the running verifier's management API; `check` works without any
server.
"""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mrc.cli.management import call
from mrc.cli.output import Refusal, json_option, print_json, refusals
from mrc.formats import base64url, json_text
from mrc.formats.x509.certificate import Certificate, decode_pem_bundle
from mrc.infra.http import HttpxClient
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.settings import Host, Settings
from mrc.infra.status_client import StatusListClient
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.keys import PublicKey
from mrc.verifier.checks.presentation import Exchange
from mrc.verifier.checks.shown import json_form
from mrc.verifier.policy import Decision
from mrc.verifier.stored import StoredCheck, check_stored
from mrc.verifier.trust import Authority, IssuerTrust
from mrc.web.verifier_api.documents import encode_finding
from mrc.wiring.verifiers import evidence_folder
from mrc.wiring.wallet_process import tls_roots

_EXIT_CODES = {Decision.VALID: 0, Decision.NOT_VALID: 1, Decision.ASK_FURTHER: 2}
_SIGNS = {"passed": "✓", "failed": "✗", "undetermined": "?"}
_POLL_SECONDS = 0.2
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.pass_context
def verifier(ctx: click.Context) -> None:
    """Start the verifier; ask for cards, read outcomes, check a card from a file."""
    ctx.obj = Settings()
    if ctx.invoked_subcommand is None:
        from mrc.cli.roles import serve_verifier

        serve_verifier(ctx.obj)


@verifier.command()
@click.option("--purpose", help="A configured purpose, such as age-19.")
@click.option("--dcql", type=_FILE, help="A file with a DCQL query instead.")
@click.option("--return-uri", help="Where the holder comes back to on the same device.")
@click.option(
    "--transaction-data", type=_FILE, help="A file with an array of transaction data objects."
)
@click.option("--response-mode", type=click.Choice(["direct_post", "direct_post.jwt"]))
@click.option("--client-id-prefix", type=click.Choice(["x509_hash", "x509_san_dns"]))
@click.option("--request-uri-method", type=click.Choice(["get", "post"]))
@json_option
@click.pass_obj
@refusals
def request(settings: Settings, /, as_json: bool, **wishes: Any) -> None:
    """Ask for a card. Prints the link for the wallet, and the id to read the outcome with."""
    asking = {name: value for name, value in wishes.items() if value is not None}
    for member, name in (("dcql_query", "dcql"), ("transaction_data", "transaction_data")):
        if name in asking:
            asking[member] = json_text.decode(asking.pop(name).read_bytes())
    asked = _call(settings, "POST", "/requests", asking)
    if as_json:
        print_json(asked)
    else:
        click.echo(asked["link"])
        click.echo(f"mrc verifier outcome {asked['id']}", err=True)


@verifier.command()
@click.argument("identifier", metavar="ID")
@click.option("--response-code", help="The code that the wallet's way back carried.")
@click.option("--wait", type=float, default=0, help="Seconds to wait for the wallet's answer.")
@json_option
@click.pass_obj
@refusals
def outcome(
    settings: Settings, identifier: str, response_code: str | None, wait: float, as_json: bool
) -> None:
    """Read what came of a question: the verdict with every finding. The claims are told once."""
    query = "" if response_code is None else f"?response_code={response_code}"
    found = _outcome(settings, f"/requests/{identifier}/outcome{query}", wait)
    if as_json:
        print_json(found)
    else:
        _print_outcome(found)


def _outcome(settings: Settings, path: str, wait: float) -> Any:
    until = time.monotonic() + wait
    while True:
        found = _call(settings, "GET", path)
        if found["decision"] != "pending" or time.monotonic() >= until:
            return found
        time.sleep(_POLL_SECONDS)


@verifier.command()
@click.argument("file", type=_FILE)
@click.option("--root", "roots", type=_FILE, multiple=True, help="A trusted root as PEM.")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]), help="Check as of this time.")
@click.option("--nonce", help="With --client-id and --response-uri: the request it answered.")
@click.option("--client-id")
@click.option("--response-uri")
@click.option("--jwk-thumbprint", help="Of the key it was encrypted to, base64url.")
@click.option("--online", is_flag=True, help="Ask the issuer's status list.")
@json_option
@click.pass_context
@refusals
def check(
    ctx: click.Context,
    file: Path,
    roots: tuple[Path, ...],
    at: datetime | None,
    nonce: str | None,
    client_id: str | None,
    response_uri: str | None,
    jwk_thumbprint: str | None,
    online: bool,
    as_json: bool,
) -> None:
    """Check a card or presentation in FILE: an SD-JWT VC, or an mdoc as CBOR, hex or base64url.

    Ends with 0 for valid, 1 for not valid, 2 where something could not be found out.
    """
    settings: Settings = ctx.obj
    moment = datetime.now(UTC) if at is None else at.replace(tzinfo=UTC)
    exchange = _exchange(nonce, client_id, response_uri, jwk_thumbprint)
    trust, data = _trust(settings, roots), file.read_bytes()

    async def act() -> StoredCheck:
        async with HttpxClient(tls_roots(settings)) as http:
            lists = StatusListClient(http, verifier=OpensslVerifier()) if online else None
            return await check_stored(data, trust=trust, exchange=exchange, lists=lists, at=moment)

    found = asyncio.run(act())
    if as_json:
        print_json(_encode_check(found))
    else:
        _print_outcome(_encode_check(found))
    ctx.exit(_EXIT_CODES[found.verdict.decision])


@verifier.command()
@click.argument("name", required=False)
@json_option
@click.pass_obj
@refusals
def evidence(settings: Settings, name: str | None, as_json: bool) -> None:
    """List contradictions that were kept: two status lists of one time. With NAME: the whole one."""
    files = {path.stem: path for path in evidence_folder(settings).files()}
    if name is not None:
        if name not in files:
            raise Refusal(f"there is no evidence named {name}")
        click.echo(files[name].read_text())
        return
    kept = [_evidence(path) for path in files.values()]
    if as_json:
        print_json(kept)
        return
    for one in kept:
        click.echo(f"{one['name']}  {one['uri']}  {one['issued_at']}  {one['media_type']}")
        click.echo(f"    found     {one['found_digest']}")
        click.echo(f"    anchored  {one['anchored_digest']}  tick {one['tick']}")
    if not kept:
        click.echo("No contradiction was ever seen.")


def _evidence(path: Path) -> dict[str, Any]:
    members = json.loads(path.read_bytes())
    shown = ("uri", "media_type", "found_digest", "anchored_digest", "tick")
    issued_at = datetime.fromtimestamp(members["iat"], UTC).isoformat()
    return {"name": path.stem, "issued_at": issued_at} | {key: members[key] for key in shown}


def _exchange(
    nonce: str | None, client_id: str | None, response_uri: str | None, thumbprint: str | None
) -> Exchange | None:
    """The request that a stored presentation answered; None where it is not given."""
    if nonce is None:
        return None
    if client_id is None or response_uri is None:
        raise click.UsageError("--nonce needs --client-id and --response-uri")
    return Exchange(
        client_id=client_id,
        nonce=nonce,
        response_uri=response_uri,
        jwk_thumbprint=None if thumbprint is None else base64url.decode(thumbprint),
        opened_at=datetime.fromtimestamp(0, UTC),
    )


def _trust(settings: Settings, roots: tuple[Path, ...]) -> IssuerTrust:
    """The given roots, or those of this installation's trust store."""
    found: list[Certificate] = [
        root for path in roots for root in decode_pem_bundle(path.read_bytes())
    ]
    keys: tuple[PublicKey, ...] = ()
    if not roots:
        entries = TrustStore(settings.home / "trust").entries(TrustKind.ISSUER)
        found = [entry.certificate for entry in entries if entry.certificate is not None]
        keys = tuple(entry.key for entry in entries if entry.certificate is None)
    authority = Authority(name="trusted root", anchors=tuple(found), types=None, keys=keys)
    return IssuerTrust([authority], verifier=OpensslVerifier())


def _encode_check(found: StoredCheck) -> dict[str, Any]:
    verdict = found.verdict
    told = verdict.decision is not Decision.NOT_VALID
    return {
        "decision": verdict.decision.value,
        "reasons": list(verdict.reasons),
        "data_as_of": None if verdict.data_as_of is None else verdict.data_as_of.isoformat(),
        "findings": [encode_finding(finding) for finding in verdict.findings],
        "cards": [
            {
                "format": found.format.value,
                "type": found.type,
                "claims": json_form(found.claims) if told else {},
            }
        ],
    }


def _print_outcome(found: dict[str, Any]) -> None:
    click.echo(found["decision"].replace("_", " "))
    if "declined" in found:
        click.echo(f"  the wallet answered {found['declined']['error']}")
    for finding in found.get("findings", ()):
        reason = f"  {finding['reason']}" if finding["reason"] else ""
        detail = f"  {finding['detail']}" if finding["detail"] else ""
        sign = _SIGNS[finding["outcome"]]
        click.echo(f"  {sign} {finding['check']}  ({finding['clause']}){reason}{detail}")
    for card in found.get("cards", ()):
        click.echo(f"  {card['type']} ({card['format']})")
        for name, value in (card.get("values") or card["claims"]).items():
            click.echo(f"    {name}: {_shortened(value)}")


def _shortened(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:60]}… ({len(text)} characters)"


def _call(settings: Settings, method: str, path: str, body: dict[str, object] | None = None) -> Any:
    url = settings.url_of(Host.VERIFIER) + path
    token = settings.home / "verifier" / "management.token"
    return call(settings, method, url, token=token, body=body)
