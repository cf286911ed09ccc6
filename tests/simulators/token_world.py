"""SoftHSM tokens of a test's own, and what is done with them in a process of its own.

A PKCS#11 module is initialised once a process and remembers its tokens and logins, so every scenario
that needs a token of its own runs in a child: `in_own_process`.
"""

import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mrc.infra.keys.pkcs11_tokens import Token
from mrc.infra.keys.pkcs11_uri import Pkcs11Uri
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.keys.token_keys import TokenKeys, Tokens
from mrc.infra.readers.authority import CscaFolder
from mrc.kernel.errors import MrcError

ROOT = Path(__file__).parents[2]
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, SO_PIN = "240817", "91827364"
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
P384, P256 = "1.3.132.0.34", "1.2.840.10045.3.1.7"


@dataclass(frozen=True)
class TokenWorld:
    """One SoftHSM with one token, below `folder`."""

    folder: Path
    label: str = "desk"

    @classmethod
    def make(cls, folder: Path) -> "TokenWorld":
        world = cls(folder)
        world.store.mkdir(parents=True)
        world.configuration.write_text(f"directories.tokendir = {world.store}\nlog.level = ERROR\n")
        world.write_pin(PIN)
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", world.label,
             "--so-pin", SO_PIN, "--pin", PIN],
            env={**os.environ, **world.environment}, check=True, capture_output=True,
        )  # fmt: skip
        return world

    @property
    def store(self) -> Path:
        return self.folder / "tokens"

    @property
    def configuration(self) -> Path:
        return self.folder / "softhsm2.conf"

    @property
    def pin_file(self) -> Path:
        return self.folder / "token.pin"

    @property
    def environment(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.configuration)}

    def write_pin(self, pin: str, mode: int = 0o600) -> None:
        self.pin_file.write_text(pin)
        self.pin_file.chmod(mode)

    def uri(self, label: str | None = None, **changes: Any) -> Pkcs11Uri:
        said = {"module": MODULE, "token": self.label, "label": label, "pin_file": self.pin_file}
        return Pkcs11Uri(**{**said, **changes})

    def take_out(self) -> None:
        self.store.rename(self.folder / "away")

    def put_back(self) -> None:
        (self.folder / "away").rename(self.store)


def in_own_process(world: TokenWorld, act: Callable[..., Any], *arguments: Any) -> Any:
    """What `act(world, …)` returned, or its refusal as ``(kind, words)``. None where it died."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(there, world, act, arguments))
    sys.path.insert(0, str(ROOT))  # a new interpreter gets the path, and finds the tests by it
    try:
        child.start()
    finally:
        sys.path.remove(str(ROOT))
    there.close()
    try:
        return here.recv()
    except EOFError:
        return None
    finally:
        child.join(timeout=60)


def _run(pipe: Any, world: TokenWorld, act: Callable[..., Any], arguments: Any) -> None:
    os.environ.update(world.environment)
    try:
        answer = act(world, *arguments)
    except MrcError as error:
        answer = (type(error).__name__, str(error))
    pipe.send(answer)
    pipe.close()
    os._exit(0)  # a module whose token was taken away does not survive its own farewell


def labels(world: TokenWorld) -> list[str]:
    """Every object in the token."""
    with Token(world.uri()).session() as session:
        return sorted(each.label for each in session.get_objects())


def make_foreign_key(
    world: TokenWorld, label: str, oid: str = P256, *, extractable: bool = False
) -> None:
    """A key that was made with a vendor's tool."""
    from pkcs11 import Attribute, KeyType
    from pkcs11.util.ec import encode_named_curve_parameters

    with Token(world.uri()).session() as session:
        parameters = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(oid)}, local=True
        )
        parameters.generate_keypair(
            store=True,
            label=label,
            id=label.encode(),
            private_template={Attribute.EXTRACTABLE: extractable},
        )


def destroy_key(world: TokenWorld, label: str) -> None:
    from pkcs11 import Attribute

    with Token(world.uri()).session() as session:
        for each in list(session.get_objects({Attribute.LABEL: label})):
            each.destroy()


def ceremony(
    world: TokenWorld, folder: Path, label: str | None = "ds-1", *, existing: bool = False
) -> str:
    """A CSCA and a document signer, both in the token; the signer's fingerprint."""
    csca = CscaFolder(folder, Tokens())
    if not (folder / "csca.pem").exists():
        csca.create(
            practice=True, entropy=SystemEntropy(), at=AT, place=_place(world, csca, "csca")
        )
    made = csca.create_document_signer(
        entropy=SystemEntropy(), at=AT, place=_place(world, csca, label, existing=existing)
    )
    return made.fingerprint.hex()


def _place(
    world: TokenWorld, csca: CscaFolder, label: str | None, *, existing: bool = False
) -> TokenKeys:
    return TokenKeys(
        tokens=csca.tokens,
        address=world.uri(label),
        entropy=SystemEntropy(),
        existing=existing,
    )


def copy_folder(source: Path, target: Path) -> Path:
    return Path(shutil.copytree(source, target))
