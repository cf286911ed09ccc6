"""Our formats beside those of others: same inputs, same `cryptography`, rounds in turn.

What a peer leaves out is said beside its figure: a check that is not made is fast.
"""

import base64
import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from bench import formats
from bench.cards import CLAIMS, CLIENT, DAYS, DEFINITION, NONCE
from bench.mdocs import Mdocs
from bench.measure import Figure, Meter, measure_all, meter
from bench.sd_jwts import ISSUER, PORTRAIT, SdJwts
from mrc.formats import cbor
from mrc.formats.sd_jwt_vc.claims import Disclosable

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-peers" / "bin" / "python"
ROUNDS = 15

OURS = {
    "mdoc issue": formats.MDOC_ISSUE,
    "mdoc verify 25": formats.MDOC_VERIFY_ALL,
    "mdoc verify 5": formats.MDOC_VERIFY_5,
    "SD-JWT issue": formats.SD_JWT_ISSUE_SMALL,
    "SD-JWT issue + portrait": formats.SD_JWT_ISSUE,
    "SD-JWT verify 5": formats.SD_JWT_VERIFY,
}
"""Our act for each work of the peers."""

GATES: Mapping[str, float] = {
    "mdoc issue/isomdoc": 2.0,
    "mdoc issue/pymdoccbor": 14.0,
    "mdoc verify 25/isomdoc": 1.15,
    "mdoc verify 25/openvc-core": 2.8,
    "mdoc verify 5/openvc-core": 2.8,
    "SD-JWT issue/openvc-core": 2.4,
    "SD-JWT issue/sd-jwt": 3.7,
    "SD-JWT issue + portrait/openvc-core": 3.6,
    "SD-JWT issue + portrait/sd-jwt": 3.7,
    "SD-JWT verify 5/openvc-core": 1.5,
    "SD-JWT verify 5/sd-jwt": 2.3,
}
"""How many times the peer's time must be ours."""

LEAVES_OUT: Mapping[str, str] = {
    "mdoc issue/isomdoc": "status",
    "mdoc issue/pymdoccbor": "status",
    "mdoc verify 25/isomdoc": "certificate chain, validity",
    "mdoc verify 5/isomdoc": "certificate chain, validity",
    "mdoc verify 25/pymdoccbor": "device authentication, validity",
    "mdoc verify 5/pymdoccbor": "device authentication, validity",
    "SD-JWT issue/openvc-core": "status",
    "SD-JWT issue/sd-jwt": "status",
    "SD-JWT issue + portrait/openvc-core": "status",
    "SD-JWT issue + portrait/sd-jwt": "status",
    "SD-JWT verify 5/openvc-core": "certificate chain",
    "SD-JWT verify 5/sd-jwt": "certificate chain, validity, age of the key binding",
}


def race() -> dict[str, dict[str, object]]:
    """Every peer's act beside ours. Raises `FileNotFoundError` before tools/bench-parts did run."""
    at = datetime.now(UTC)
    mdocs, sd_jwts = Mdocs(at=at), SdJwts(at=at)
    own = formats.acts(mdocs, sd_jwts)
    with _strangers(inputs(mdocs, sd_jwts)) as theirs:
        meters = {name: meter(own[name]) for name in ("S", "V", *OURS.values())}
        found = measure_all({**meters, **theirs}, rounds=ROUNDS)
    rows = {name: _row(name, found) for name in theirs if "/" in name}
    rows["units"] = {n: round(found[n].best, 1) for n in ("S", "V", "their S", "their V")}
    return rows


def _row(name: str, found: Mapping[str, Figure]) -> dict[str, object]:
    ours, theirs = found[OURS[name.split("/")[0]]], found[name]
    return {
        "our us": round(ours.best, 1),
        "their us": round(theirs.best, 1),
        "times ours": round(theirs.best / ours.best, 2),
        "gate": GATES.get(name),
        "leaves out": LEAVES_OUT.get(name, ""),
    }


def inputs(mdocs: Mdocs, sd_jwts: SdJwts) -> dict[str, object]:
    """What the peers are told: keys as PEM, binary as base64."""
    pki = mdocs.pki
    plain = {name: _plain(value) for name, value in sd_jwts.claims.items()}
    return {
        "doctype": DEFINITION.doctype,
        "vct": DEFINITION.vct,
        "issuer": ISSUER,
        "days": DAYS,
        "root": _b64(pki.iaca.der),
        "signer_key": pki.document_signer.signer.to_pem().decode(),
        "signer_certificate": _b64(pki.document_signer.der),
        "sd_jwt_key": pki.sd_jwt_issuer.signer.to_pem().decode(),
        "sd_jwt_certificate": _b64(pki.sd_jwt_issuer.der),
        "device_key": mdocs.device.to_pem().decode(),
        "name_spaces": _b64(cbor.encode(mdocs.elements)),
        "claims": plain,
        "selective": [name for name, value in sd_jwts.claims.items() if value != plain[name]],
        "portrait": PORTRAIT,
        "transcript": _b64(mdocs.transcript.data),
        "response 25": _b64(mdocs.shown(CLAIMS, mdocs.device)),
        "response 5": _b64(mdocs.shown(5, mdocs.device)),
        "presentation": sd_jwts.shown(sd_jwts.device),
        "audience": CLIENT,
        "nonce": NONCE,
    }


def _plain(value: object) -> object:
    """Without our marks. A claim with a marked part is hidden as a whole by the peers."""
    if isinstance(value, Disclosable):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@contextlib.contextmanager
def _strangers(told: Mapping[str, object]) -> Iterator[dict[str, Meter]]:
    """The peers' acts as meters, in a process of their own that ends with the context."""
    if not PYTHON.exists():
        raise FileNotFoundError(f"{PYTHON}: run tools/bench-parts")
    command = [str(PYTHON), str(HERE / "stranger.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            names = _ask(process.stdin, process.stdout, told)
            yield {
                name if "/" in name else f"their {name}": _meter(
                    process.stdin, process.stdout, name
                )
                for name in names
            }
        finally:
            process.terminate()


def _meter(out: IO[str], back: IO[str], name: str) -> Meter:
    def once(count: int) -> float:
        answered: float = _ask(out, back, [name, count])
        return answered

    return once


def _ask(out: IO[str], back: IO[str], line: object) -> Any:
    out.write(json.dumps(line) + "\n")
    out.flush()
    answer = back.readline()
    if not answer:
        raise RuntimeError("the peers' process ended; its error is above")
    return json.loads(answer)
