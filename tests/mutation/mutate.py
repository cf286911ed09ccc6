"""Deletes one verification step at a time and sees whether a test notices.

`python -m tests.mutation.mutate [ROOM …] [--jobs 2]`. A step is an ``if`` that only raises (its
condition becomes false), a call of a function named ``check…`` whose result nobody uses (it is left
out), or a ``hmac.compare_digest`` (it becomes true). Every mutant runs the room's own tests in a
copy of the tree. Prints the survivors; exits with 1 where one is not in `survivors.txt`.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("survivors.txt")
ROOMS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "verifier": (["verifier/checks", "verifier/service.py"], ["unit/verifier"]),
    "mdoc": (["formats/mdoc"], ["unit/formats/mdoc", "conformance/test_mdoc_vectors.py"]),
    "sd_jwt": (
        ["formats/sd_jwt_vc"],
        ["unit/formats/sd_jwt_vc", "conformance/test_sd_jwt_vectors.py"],
    ),
    "jose": (
        ["formats/jose", "formats/json_text.py"],
        ["unit/formats/jose", "unit/formats/test_json_text.py"],
    ),
    "cose": (
        ["formats/cose", "formats/cbor.py"],
        ["unit/formats/cose", "unit/formats/test_cbor.py", "conformance/test_cose_vectors.py"],
    ),
    "x509": (["formats/x509"], ["unit/formats/x509"]),
    "status": (
        ["formats/status_list"],
        ["unit/formats/status_list", "conformance/test_status_list_vectors.py"],
    ),
    "requests": (
        ["issuer/requests.py", "issuer/clients.py", "issuer/tokens.py"],
        ["unit/issuer", "unit/web/issuer_api"],
    ),
    "proofs": (
        ["protocols/openid4vci/proofs.py", "protocols/openid4vci/key_attestation.py"],
        ["unit/protocols/openid4vci", "unit/issuer"],
    ),
    "oauth": (
        [
            "protocols/oauth/dpop.py",
            "protocols/oauth/client_attestation.py",
            "protocols/oauth/nonces.py",
        ],
        ["unit/protocols/oauth"],
    ),
    "openid4vp": (["protocols/openid4vp"], ["unit/protocols/openid4vp"]),
    "chip_server": (
        ["ic_card/server"],
        [
            f"unit/ic_card/test_attacks{part}.py"
            for part in ("", "_on_files", "_on_the_server", "_on_the_way")
        ],
    ),
    "chip": (["ic_card/chip"], ["unit/ic_card"]),
    "chip_reader": (
        [
            "ic_card/passive_authentication.py",
            *(f"ic_card/{name}.py" for name in ("secure_messaging", "scp03", "bac", "pace")),
        ],
        [
            *(f"unit/ic_card/test_{name}.py" for name in ("forged_sods", "odd_messages")),
            *(f"unit/ic_card/test_{name}.py" for name in ("secure_channel", "reading")),
            *(f"unit/ic_card/test_{name}.py" for name in ("attacks", "attacks_on_files")),
            "unit/ic_card/test_hostile_bac.py",
        ],
    ),
    "faces": (
        ["authority/face_matching", "infra/faces/pictures.py"],
        ["unit/authority/face_matching", "unit/infra/faces/test_pictures.py"],
    ),
    "face_capture": (
        ["authority/ic_issuance/face_capture.py"],
        ["unit/authority/ic_issuance/test_face.py"],
    ),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deleted step: `path` relative to src/mrc, `what` its source on one line."""

    path: str
    line: int
    what: str
    source: str

    @property
    def name(self) -> str:
        return f"{self.path}: {self.what}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    text = path.read_text()
    relative = path.relative_to(ROOT / "src/mrc").as_posix()
    for node in ast.walk(ast.parse(text)):
        target = _deletable(node)
        if target is None:
            continue
        start, end, replacement = target
        changed = _spliced(text, start, end, replacement)
        what = " ".join(ast.unparse(node).split())[:110]
        yield Mutant(relative, node.lineno, what, changed)  # type: ignore[attr-defined]


Place = tuple[int, int]


def _deletable(node: ast.AST) -> tuple[Place, Place, str] | None:
    if (
        isinstance(node, ast.If)
        and not node.orelse
        and all(isinstance(child, ast.Raise) for child in node.body)
    ):
        return (*_span(node.test), "False")
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        name = ast.unparse(node.value.func).split(".")[-1].lstrip("_")
        if name.startswith("check"):
            return (*_span(node), "pass")
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "hmac.compare_digest":
        return (*_span(node), "True")
    return None


def _span(node: ast.expr | ast.stmt) -> tuple[Place, Place]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _spliced(text: str, start: Place, end: Place, replacement: str) -> str:
    lines = text.splitlines(keepends=True)
    head = lines[start[0] - 1].encode()[: start[1]].decode()
    tail = lines[end[0] - 1].encode()[end[1] :].decode()
    return "".join([*lines[: start[0] - 1], head + replacement + tail, *lines[end[0] :]])


def files_of(sources: Sequence[str]) -> Iterator[Path]:
    for source in sources:
        path = ROOT / "src/mrc" / source
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


class Workshop:
    """A copy of the tree, in `folder`, in which one mutant at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("src", "tests", "contracts", "pyproject.toml"):
            source, target = ROOT / part, self.folder / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "node_modules")
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy(source, target)

    def survives(self, mutant: Mutant, tests: Sequence[str]) -> bool:
        path = self.folder / "src/mrc" / mutant.path
        original = path.read_text()
        path.write_text(mutant.source)
        try:
            return self.passes(tests)
        except subprocess.TimeoutExpired:
            return False
        finally:
            path.write_text(original)

    def passes(self, tests: Sequence[str]) -> bool:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", *(f"tests/{name}" for name in tests)],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(self.folder / "src"),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            check=False,
            timeout=300,
        )
        return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.mutate")
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], default=list(ROOMS))
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mrc-mutants-") as folder:
        workshops = [Workshop(Path(folder, str(number))) for number in range(asked.jobs)]
        sys.exit(1 if _without_a_reason(asked.rooms, workshops) else 0)


def _without_a_reason(rooms: Sequence[str], workshops: Sequence[Workshop]) -> list[str]:
    """The survivors that `survivors.txt` does not know; all of them are printed, room by room."""
    survivors: list[str] = []
    total = 0
    for room in rooms:
        sources, tests = ROOMS[room]
        if not workshops[0].passes(tests):
            sys.exit(f"{room}: its tests fail without any deletion, so they would notice nothing")
        found = [mutant for path in files_of(sources) for mutant in mutants_of(path)]
        alive = _try(found, tests, workshops)
        print(f"{room}: {len(found)} mutants, {len(alive)} survived", flush=True)
        for mutant in alive:
            print(f"  {mutant.path}:{mutant.line}: {mutant.what}", flush=True)
        survivors += [mutant.name for mutant in alive]
        total += len(found)
    known = {line.split("  # ")[0].strip() for line in KNOWN.read_text().splitlines()}
    new = [name for name in survivors if name not in known]
    print(
        f"{total - len(survivors)} killed, {len(survivors)} survived, {len(new)} without a reason"
    )
    return new


def _try(
    found: Sequence[Mutant], tests: Sequence[str], workshops: Sequence[Workshop]
) -> list[Mutant]:
    shares = [found[at :: len(workshops)] for at in range(len(workshops))]

    def work(share: Sequence[Mutant], workshop: Workshop) -> list[Mutant]:
        return [mutant for mutant in share if workshop.survives(mutant, tests)]

    with ThreadPoolExecutor(len(workshops)) as pool:
        return [mutant for alive in pool.map(work, shares, workshops) for mutant in alive]


if __name__ == "__main__":
    main()
