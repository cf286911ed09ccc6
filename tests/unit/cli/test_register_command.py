"""`mrc register`: the three commands as an operator types them."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from mrc.cli.register import register
from mrc.registry.importing import BATCH


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MRC_HOME", str(tmp_path / "home"))


def mrc(*arguments: str, expected: int = 0) -> Result:
    result = CliRunner().invoke(register, arguments)
    assert result.exit_code == expected, result.output
    return result


def test_generate_import_show(tmp_path: Path) -> None:
    made = json.loads(
        mrc("generate", "--count", "12", "--faces", "2", "--out", str(tmp_path), "--json").stdout
    )
    first = json.loads(mrc("import", made["file"], "--json").stdout)
    assert (first["entered"], first["refused"], first["errors"]) == (12, 0, [])
    again = json.loads(mrc("import", made["file"], "--json").stdout)
    assert (again["entered"], again["unchanged"]) == (0, 12)
    shown = json.loads(mrc("show", "P-LONG-NAME", "--json").stdout)
    assert len(shown["name"]) > 100
    assert shown["name"] in mrc("show", "P-LONG-NAME").stdout
    assert [act["kind"] for act in shown["acts"]] == ["entered"]
    assert json.loads(mrc("show", shown["number"], "--json").stdout)["id"] == "P-LONG-NAME"
    mrc("show", "P-CHILD", "--portrait", str(tmp_path / "saved.jpg"))
    assert (tmp_path / "saved.jpg").read_bytes().startswith(b"\xff\xd8")
    mrc("show", "P-NO-PORTRAIT", "--portrait", str(tmp_path / "none.jpg"), expected=1)
    mrc("show", "nobody at all", expected=1)


def test_bad_lines_are_told_and_the_exit_code_says_so(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("id,number\nx,1\n" + "y" * 70_000 + "\nz,2\n")
    told = json.loads(mrc("import", str(file), "--json", expected=1).stdout)
    assert told["refused"] == 3
    assert {error["line"] for error in told["errors"]} == {2, 3, 4}
    assert "line 2: number: not 13 digits" in mrc("import", str(file), expected=1).output


def test_a_file_that_is_no_register_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("colour\nred\n")
    assert "colour" in mrc("import", str(file), expected=1).output


IMPORT = "import sys; from mrc.cli.register import register; register(sys.argv[1:])"


def entries_and_acts(url: str) -> tuple[int, int]:
    schema = "authority." if url.startswith("postgresql") else ""  # of the role: see Settings
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            counts = [
                connection.execute(sa.text(f"SELECT count(*) FROM {schema}{table}")).scalar_one()
                for table in ("registrants", "registry_acts")
            ]
    finally:
        engine.dispose()
    return counts[0], counts[1]


def entered_so_far(url: str) -> int:
    """0 also while the tables are still being made."""
    try:
        return entries_and_acts(url)[0]
    except sa.exc.DBAPIError:
        return 0


def test_an_import_that_is_killed_leaves_whole_batches_and_can_be_repeated(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MRC_DATABASE_URL", database_url)
    made = mrc("generate", "--count", "3000", "--faces", "1", "--out", str(tmp_path), "--json")
    file = json.loads(made.stdout)["file"]
    running = subprocess.Popen([sys.executable, "-c", IMPORT, "import", file, "--json"])
    while entered_so_far(database_url) == 0:
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.wait()
    entries, acts = entries_and_acts(database_url)
    assert entries == acts < 3000
    assert entries % BATCH == 0
    again = json.loads(mrc("import", file, "--json").stdout)
    assert (again["entered"], again["unchanged"]) == (3000 - entries, entries)
    assert entries_and_acts(database_url) == (3000, 3000)
