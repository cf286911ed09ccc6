"""`python -m bench`: the figures. `--only PART` for one of them, `--json` for programs.

Ratios, not times, are what counts: each is a best of many interleaved rounds of CPU time, so that
other work on the machine cancels out.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any

from bench import formats, status_lists
from bench.end_to_end import end_to_end
from bench.mdocs import Mdocs
from bench.measure import Figure, measure
from bench.peers.race import race
from bench.sd_jwts import SdJwts
from tests.simulators.pki import NOW

Rows = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results: dict[str, Rows] = {}
    for name in [asked.only] if asked.only else PARTS:
        measured, line = PARTS[name]
        results[name] = rows = measured()
        if not asked.json:
            print(f"\n{TITLES[name]}")
            print("\n".join(line(*row) for row in rows.items()))
    if asked.json:
        print(json.dumps(results, indent=2))


def _formats() -> Rows:
    found = measure(formats.acts(Mdocs(at=NOW), SdJwts(at=NOW)))
    return {name: _format_row(name, figure, found) for name, figure in found.items()}


def _format_row(name: str, figure: Figure, found: Mapping[str, Figure]) -> Rows:
    target = formats.TARGETS.get(name)
    unit = target.unit if target else "V"
    return {
        "best us": round(figure.best, 1),
        "median us": round(figure.median, 1),
        "unit": unit,
        "ratio": round(figure.best / found[unit].best, 2),
        "gate": target.gate if target else None,
    }


def _format_line(name: str, row: Rows) -> str:
    gate = (
        f"gate {row['gate']} {row['unit']}: {_met(row['ratio'] <= row['gate'])}"
        if row["gate"]
        else ""
    )
    return f"{name:36} {row['best us']:9.1f} us  {row['ratio']:6.2f} {row['unit']:5} {gate}"


def _peer_line(name: str, row: Rows) -> str:
    if name == "units":
        return f"{name:36} {row}"
    gate = f"gate {row['gate']}: {_met(row['times ours'] >= row['gate'])}" if row["gate"] else ""
    less = f"does without: {row['leaves out']}" if row["leaves out"] else ""
    times = f"{row['their us']:8.1f} us, ours {row['our us']:7.1f} us"
    return f"{name:36} {row['times ours']:6.2f} times ours  {times}  {gate:18} {less}".rstrip()


def _met(holds: bool) -> str:
    return "met" if holds else "MISSED"


def _status() -> Rows:
    results: Rows = {}
    for size in status_lists.SIZES:
        made = status_lists.make_list(size)
        found = measure(status_lists.acts(made), rounds=10)
        times = {name: round(figure.best, 2) for name, figure in found.items()}
        sizes = status_lists.sizes(made)
        results[f"{size:,}"] = {"us": times, "bytes": sizes, "memory": status_lists.memory(size)}
    return results


def _status_line(name: str, row: Rows) -> str:
    return f"status list of {name}: {row['us']} us, {row['bytes']} bytes, {row['memory']} in memory"


def _http_line(name: str, row: Rows) -> str:
    acts = f"{row['acts/s']:5.1f}/s  p50 {row['act ms']['p50']:7.1f}  p99 {row['act ms']['p99']:7.1f} ms"
    asked = row["request ms"]
    requests = (
        f"{row['requests/s']:6.1f} requests/s  p50 {asked['p50']:6.1f}  p99 {asked['p99']:6.1f} ms"
    )
    server = ", ".join(f"{role} {ms}" for role, ms in row["server cpu ms an act"].items())
    phones = row["phone cpu ms an act"]
    return f"{name:24} {acts} | {requests} | CPU ms an act: {server}; phones {phones}"


def _spread(row: Rows) -> str:
    return f"p50 {row['p50']:7.1f}  p99 {row['p99']:7.1f} ms"


PARTS: Mapping[str, tuple[Callable[[], Rows], Callable[[str, Rows], str]]] = {
    "formats": (_formats, _format_line),
    "peers": (race, _peer_line),
    "status": (_status, _status_line),
    "http": (end_to_end, _http_line),
}
TITLES = {
    "formats": "Formats, as multiples of one raw P-256 signature (S), verification (V) or agreement"
    " (ECDH);\nbest of interleaved rounds of CPU time; every key of a holder is new to the verifier",
    "peers": "Libraries of others on the same inputs, in rounds that take turns with ours",
    "status": "Status lists",
    "http": "End to end over https on real sockets: act, store, workers of the issuer",
}


if __name__ == "__main__":
    main()
