"""`python -m bench`: the ratios. `--only formats|status` for a part, `--json` for programs."""

import argparse
import json

from bench import formats, status_lists
from bench.measure import Figure, measure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--only", choices=["formats", "status"])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results: dict[str, object] = {}
    if asked.only in (None, "formats"):
        results["formats"] = _formats(quiet=asked.json)
    if asked.only in (None, "status"):
        results["status lists"] = _status(quiet=asked.json)
    if asked.json:
        print(json.dumps(results, indent=2))


def _formats(*, quiet: bool) -> dict[str, object]:
    found = measure(formats.acts())
    rows = {name: _row(name, figure, found) for name, figure in found.items()}
    for name, row in {} if quiet else rows.items():
        gate = f"gate {row['gate']} {row['unit']}" if row["gate"] else ""
        print(f"{name:36} {row['best us']:9.1f} us  {row['ratio']:6.2f} {row['unit']:5} {gate}")
    return dict(rows)


def _row(name: str, figure: Figure, found: dict[str, Figure]) -> dict[str, object]:
    target = formats.TARGETS.get(name)
    unit = target.unit if target else "V"
    return {
        "best us": round(figure.best, 1),
        "median us": round(figure.median, 1),
        "unit": unit,
        "ratio": round(figure.best / found[unit].best, 2),
        "gate": target.gate if target else None,
    }


def _status(*, quiet: bool) -> dict[str, object]:
    results: dict[str, object] = {}
    for size in status_lists.SIZES:
        made = status_lists.make_list(size)
        times = {
            n: round(f.best, 2) for n, f in measure(status_lists.acts(made), rounds=10).items()
        }
        sizes = status_lists.sizes(made)
        results[str(size)] = {"us": times, "bytes": sizes, "memory": status_lists.memory(size)}
        if not quiet:
            print(f"status list of {size:,}: {times} us, {sizes} bytes")
    return results


if __name__ == "__main__":
    main()
