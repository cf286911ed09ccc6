"""Strangers' programs for cards, as `tools/card-parts` installs and builds them."""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulators.pcsc_stack import Stack

HERE = Path(__file__).parent
PARTS = HERE.parents[2] / ".card-parts"
BUILT_FROM = (
    *("java/pom.xml", "java/jars.sha256", "java/Terminal.java"),
    *("c/channel.h", "c/channel.c", "c/terminal.c"),
)
SECONDS = 60
_LIBRARIES = ("/usr/lib/*/libpcsclite.so.1", "/usr/lib*/libpcsclite.so.1")


class CardRefused(Exception):
    """A stranger's terminal could not open or read the card; the text is what it printed."""


def stamp() -> str:
    """What `tools/card-parts` writes when it is done: the sources that it built."""
    whole = b"".join((HERE / name).read_bytes() for name in BUILT_FROM)
    return hashlib.sha256(whole).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a stranger's terminal says of a card."""

    checks: dict[str, str]
    files: dict[str, str]
    said: dict[str, str]

    @property
    def failed(self) -> set[str]:
        return {name for name, outcome in self.checks.items() if outcome != "passed"}


def jmrtd(stack: Stack, can: str, root: Path, reading: str = "selected") -> Judgement:
    """JMRTD's terminal with the card in the reader."""
    found = [path for pattern in _LIBRARIES for path in Path("/").glob(pattern[1:])]
    command = [
        "java",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        f"-Dsun.security.smartcardio.library={found[0]}",
        "-classpath",
        f"{PARTS / 'classes'}:{PARTS / 'jars'}/*",
        "Terminal",
    ]
    return _judgement(stack, [*command, can, str(root), reading])


def openpace(stack: Stack, can: str, root: Path) -> Judgement:
    """The C terminal over OpenPACE and OpenSSL with the card in the reader."""
    return _judgement(stack, [str(PARTS / "bin" / "terminal"), can, str(root)])


def _judgement(stack: Stack, command: list[str]) -> Judgement:
    done = subprocess.run(
        command,
        env={**os.environ, **stack.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode != 0:
        raise CardRefused(done.stderr[-3000:])
    told: Any = json.loads(done.stdout)
    return Judgement(checks=told["checks"], files=told["files"], said=told["said"])
