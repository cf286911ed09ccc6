"""Strangers' programs for cards, as `tools/card-parts` installs and builds them."""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mrc.ic_card.scp03 import TransportKeys
from tests.simulators.pcsc_stack import Stack

HERE = Path(__file__).parent
PARTS = HERE.parents[2] / ".card-parts"
BUILT_FROM = (
    *("java/pom.xml", "java/jars.sha256"),
    *("java/Issuer.java", "java/Signer.java", "java/Terminal.java"),
    *("c/channel.h", "c/channel.c", "c/terminal.c"),
    *("go/go.mod", "go/go.sum", "go/channel.go", "go/pcsc.go", "go/terminal.go"),
    *("rust/Cargo.toml", "rust/Cargo.lock", "rust/src/main.rs"),
    "scp03/requirements.txt",
)
YUBIKIT = PARTS / "python"
SECONDS = 60
VICC_CAN = "222222"  # virtualsmartcard's own
_VICC = (sys.executable, HERE / "vicc" / "card.py")
_PASSPORT = (sys.executable, HERE / "vicc" / "passport.py")
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


def jmrtd(
    stack: Stack, secret: str, root: Path, *, kind: str = "can", reading: str = "selected"
) -> Judgement:
    """JMRTD's terminal with the card in the reader."""
    return _judgement(stack, [*_java("Terminal"), kind, secret, str(root), reading])


def _java(program: str) -> list[str]:
    found = [path for pattern in _LIBRARIES for path in Path("/").glob(pattern[1:])]
    return [
        "java",
        "-XX:TieredStopAtLevel=1",
        f"-Dsun.security.smartcardio.library={found[0]}",
        "-classpath",
        f"{PARTS / 'classes'}:{PARTS / 'jars'}/*",
        program,
    ]


def issue(key: Path, signer: Path, folder: Path, algorithm: str, **wanted: object) -> None:
    """The files of a foreign card, by JMRTD, into `folder`. `wanted`: see Issuer.java."""
    named = [f"{name.replace('_', '-')}={value}" for name, value in wanted.items()]
    arguments = [key, signer, folder, algorithm, *named]
    done = subprocess.run(
        [*_java("Issuer"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr


def active_authentication(key: Path, algorithm: str) -> list[str]:
    """The program with which a stranger's chip answers challenges, by Bouncy Castle."""
    return [*_java("Signer"), str(key), algorithm]


def openpace(stack: Stack, secret: str, root: Path, *, kind: str = "can") -> Judgement:
    """The C terminal over OpenPACE and OpenSSL with the card in the reader."""
    return _judgement(stack, [str(PARTS / "bin" / "terminal"), kind, secret, str(root)])


def go(stack: Stack, can: str, root: Path) -> Judgement:
    """The Go terminal with the card in the reader; it knows P-256 alone."""
    return _judgement(stack, [str(PARTS / "bin" / "terminal-go"), can, str(root)])


def dmrtd(stack: Stack, secret: str, root: Path, *, kind: str = "can") -> Judgement:
    """The Rust library's own terminal with the card in the reader: no Chip Authentication."""
    return _judgement(stack, [str(PARTS / "bin" / "terminal-rust"), kind, secret, str(root)])


def their_office(stack: Stack, keys: TransportKeys, content: Path) -> dict[str, Any]:
    """Yubico's SCP03 with a blank in the reader: loads that file as DG1, tells what it met."""
    halves = [keys.encryption.hex(), keys.mac.hex()]
    environment = {**os.environ, **stack.environment, "PYTHONPATH": str(YUBIKIT)}
    office = HERE / "scp03" / "office.py"
    return _told([sys.executable, str(office), *halves, str(content)], environment)


def virtualsmartcard() -> Path | None:
    """Where Debian's package has its modules: in no folder that Python searches by itself."""
    inside = "*-packages/**/virtualsmartcard/VirtualSmartcard.py"
    return next((path.parents[1] for path in Path("/usr/lib/python3").glob(inside)), None)


Inserted = AbstractContextManager[subprocess.Popen[bytes]]


def vicc(stack: Stack, log: Path, folder: Path) -> Inserted:
    """virtualsmartcard's identity card, with the files of that folder, in the reader."""
    return stack.emulator(log, "env", f"PYTHONPATH={virtualsmartcard()}", *_VICC, folder)


def passport(stack: Stack, log: Path, folder: Path) -> Inserted:
    """virtualsmartcard's passport, with the files of that folder, in the reader."""
    return stack.emulator(log, "env", f"PYTHONPATH={virtualsmartcard()}", *_PASSPORT, folder)


def write_card_access_of_vicc(path: Path) -> None:
    subprocess.run(
        [*map(str, _VICC), "write-card-access", str(path)],
        env={**os.environ, "PYTHONPATH": str(virtualsmartcard())},
        check=True,
        timeout=SECONDS,
    )


def _judgement(stack: Stack, command: list[str]) -> Judgement:
    told = _told(command, {**os.environ, **stack.environment})
    return Judgement(checks=told["checks"], files=told["files"], said=told["said"])


def _told(command: list[str], environment: dict[str, str]) -> Any:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if done.returncode != 0:
        raise CardRefused(done.stderr[-3000:])
    return json.loads(done.stdout)
