"""Practice registrants, drawn and imported once, for `mrc run` and `mrc demo`."""

import os
import subprocess
import sys

from rich.console import Console

from mrc.infra.settings import Settings
from mrc.wiring.installation import (
    PRACTICE_COUNT,
    PRACTICE_SEED,
    environment_of,
    practice_folder,
)


def import_practice(settings: Settings, console: Console) -> None:
    """Generate practice people and import them by the commands an operator would use."""
    folder = practice_folder(settings)
    with console.status(f"Drawing {PRACTICE_COUNT} practice registrants …"):
        _mrc(
            settings,
            "register",
            "generate",
            "--count",
            str(PRACTICE_COUNT),
            "--seed",
            str(PRACTICE_SEED),
            "--out",
            str(folder),
        )
    with console.status("Importing them …"):
        _mrc(settings, "register", "import", str(folder / "registrants.jsonl"))
    (folder / "imported").touch()


def _mrc(settings: Settings, *arguments: str) -> None:
    environment = {**os.environ, **environment_of(settings)}
    command = [sys.executable, "-m", "mrc", *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603  # our own words
