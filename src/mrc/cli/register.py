"""`mrc register`: import people, generate practice people, look at one."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from mrc.cli.register_views import act_view, registrant_view
from mrc.formats.catalogue.ages import seoul_date
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.files import write_atomic
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.portraits import PortraitFolder
from mrc.infra.practice_faces import draw_face
from mrc.infra.settings import Settings
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.kernel.errors import Malformed
from mrc.registry.entries import FIELDS, JSON_ONLY_FIELDS
from mrc.registry.importing import Import, Line, LineResult, Result, import_lines
from mrc.registry.line_formats import MAX_LINE, csv_lines, json_lines
from mrc.registry.numbers import CheckDigits
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.practice.people import practice_people

SHOWN_ERRORS = 50  # refused lines told one by one on a terminal; --json tells all
ROLE = "authority"


@click.group()
def register() -> None:
    """The immigration register."""


def database_url() -> str:
    """The authority's database, brought up to date."""
    url = Settings().database_of(ROLE)
    upgrade(url, "registry")
    return url


@register.command(
    "import", epilog=f"Fields: {', '.join(FIELDS)}; in JSON also {', '.join(JSON_ONLY_FIELDS)}."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--portraits",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the portrait files. Default: the folder of FILE.",
)
@click.option("--actor", default="import", show_default=True, help="Who answers for the import.")
@click.option("--reason", default="import of a file", show_default=True)
@click.option(
    "--check-digits",
    type=click.Choice(CheckDigits, case_sensitive=False),
    default=CheckDigits.UNTIL_OCTOBER_2020,
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def import_file(
    file: Path,
    portraits: Path | None,
    actor: str,
    reason: str,
    check_digits: CheckDigits,
    as_json: bool,
) -> None:
    """Import FILE (.csv, else JSON Lines): good lines go in, bad ones are reported, a re-run is
    harmless. Exits 1 if any line is bad. `mrc register generate` writes an example.
    """
    report = asyncio.run(
        _import(file, portraits or file.parent, actor, reason, check_digits, quiet=as_json)
    )
    if as_json:
        print(json.dumps(report.view(), ensure_ascii=False))
    else:
        report.print(Console())
    if report.refused:
        raise SystemExit(1)


class Report:
    """What an import did: counts and the refused lines."""

    def __init__(self) -> None:
        self.counts: Counter[Result] = Counter()
        self.refused: list[LineResult] = []
        self.seconds = 0.0

    def add(self, result: LineResult) -> None:
        self.counts[result.result] += 1
        if result.result is Result.REFUSED:
            self.refused.append(result)

    def view(self) -> dict[str, object]:
        errors = [
            {"line": item.line, "field": error.field, "reason": error.reason}
            for item in self.refused
            for error in item.errors
        ]
        counts = {result.value: self.counts[result] for result in Result}
        return {**counts, "seconds": round(self.seconds, 2), "errors": errors}

    def print(self, console: Console) -> None:
        for item in self.refused[:SHOWN_ERRORS]:
            for error in item.errors:
                console.print(f"line {item.line}: {error.field}: {error.reason}", markup=False)
        if len(self.refused) > SHOWN_ERRORS:
            console.print(f"… and {len(self.refused) - SHOWN_ERRORS} more; --json tells all")
        counts = ", ".join(f"{self.counts[result]} {result.value}" for result in Result)
        console.print(f"{counts} in {self.seconds:.1f} s")


async def _import(
    file: Path, portraits: Path, actor: str, reason: str, check_digits: CheckDigits, *, quiet: bool
) -> Report:
    report, started = Report(), time.monotonic()
    async with open_database(database_url()) as database:
        order = Import(
            store=DatabaseRegistry(database),
            portraits=PortraitFolder(portraits),
            entropy=SystemEntropy(),
            check_digits=check_digits,
            actor=actor,
            reason=reason,
            at=SystemClock().now(),
        )
        with _progress(quiet) as progress:
            try:
                async for result in import_lines(order, _lines(file, progress)):
                    report.add(result)
            except Malformed as error:
                raise click.ClickException(f"{file}: {error}") from error
    report.seconds = time.monotonic() - started
    return report


def _progress(quiet: bool) -> Progress:
    columns = (TextColumn("importing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=quiet)


def _lines(file: Path, progress: Progress) -> Iterator[Line]:
    decode = csv_lines if file.suffix.lower() == ".csv" else json_lines
    return decode(_raw_lines(file, progress))


def _raw_lines(file: Path, progress: Progress) -> Iterator[bytes]:
    """Lines of the file; of an overlong one only so much that it is refused."""
    task = progress.add_task("import", total=file.stat().st_size)
    with file.open("rb") as source:
        while line := source.readline(MAX_LINE + 1):
            taken = len(line)
            while not line.endswith(b"\n") and (rest := source.readline(MAX_LINE)):
                taken += len(rest)
                if rest.endswith(b"\n"):
                    break
            progress.advance(task, taken)
            yield line


@register.command()
@click.option("--count", type=click.IntRange(1, 1_000_000), default=50, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--faces", type=click.IntRange(1, 10_000), default=300, show_default=True)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Default: today in Korea.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for registrants.jsonl and the drawn portraits.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def generate(
    count: int, seed: int, faces: int, today: datetime | None, out: Path, as_json: bool
) -> None:
    """Write practice registrants and their drawn portraits, ready to be imported."""
    day = today.date() if today else seoul_date(datetime.now(UTC))
    file = write_practice(out, count=count, seed=seed, faces=faces, today_iso=day.isoformat())
    if as_json:
        print(json.dumps({"file": str(file), "count": count, "seed": seed}))
    else:
        print(f"{count} practice registrants: {file}")


def write_practice(out: Path, *, count: int, seed: int, faces: int, today_iso: str) -> Path:
    """Write ``registrants.jsonl`` and the portraits into `out`; the file's path."""
    out.mkdir(parents=True, exist_ok=True)
    file, drawn = out / "registrants.jsonl", set[int]()
    today = datetime.fromisoformat(today_iso).date()
    with file.open("w", encoding="utf-8") as lines:
        for person in practice_people(seed=seed, count=count, today=today, faces=faces):
            lines.write(json.dumps(person.fields, ensure_ascii=False) + "\n")
            face = person.portrait_seed
            if face is not None and face not in drawn:
                drawn.add(face)
                write_atomic(out / str(person.fields["portrait"]), draw_face(face))
    return file


@register.command()
@click.argument("registrant")
@click.option("--json", "as_json", is_flag=True, help="Print the entry as one JSON object.")
@click.option("--portrait", type=click.Path(dir_okay=False, path_type=Path), help="Save it there.")
def show(registrant: str, as_json: bool, portrait: Path | None) -> None:
    """Show one entry and its acts, by id, registration number or a unique part of a name."""
    view, acts, jpeg = asyncio.run(_show(registrant))
    if portrait is not None:
        if jpeg is None:
            raise click.ClickException("there is no portrait")
        write_atomic(portrait, jpeg)
    if as_json:
        print(json.dumps({**view, "acts": acts}, ensure_ascii=False))
        return
    console = Console()
    for name, value in view.items():
        console.print(f"{name:>18}  {value}", markup=False, highlight=False, soft_wrap=True)
    for act in acts:
        line = f"{act['at']}  {act['kind']}  {act['actor']}  {act['reason']}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


async def _show(
    text: str,
) -> tuple[dict[str, object], list[dict[str, object]], bytes | None]:
    """The entry, its acts and its portrait."""
    async with open_database(database_url()) as database:
        store = DatabaseRegistry(database)
        found = await find_one(store, text)
        acts = [act_view(item) for item in await store.acts_of(found.id)]
        return registrant_view(found), acts, await store.find_portrait(found.id)


async def find_one(store: DatabaseRegistry, text: str) -> Registrant:
    """The entry that `text` means. Raises `ClickException` where that is none or several."""
    exact = await store.find(RegistrantId(text))
    if exact is not None:
        return exact
    found = await store.search(text, limit=2)
    if len(found) != 1:
        raise click.ClickException("nobody found" if not found else "several people match")
    return found[0]
