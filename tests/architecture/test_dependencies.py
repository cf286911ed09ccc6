"""Tests run with the versions that people get, and what goes to a browser needs no compiled part."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from mrc.web.phone_shell.bundle import LIBRARIES

ROOT = Path(__file__).parents[2]

# Imports a library as a browser would: with no compiled module of an installed package.
_PURELY = """
import importlib.machinery as machinery, sys

class Source(machinery.SourceFileLoader): pass

hook = machinery.FileFinder.path_hook((Source, machinery.SOURCE_SUFFIXES))
compiled = machinery.FileFinder.path_hook(
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (Source, machinery.SOURCE_SUFFIXES),
)
sys.path_hooks[:] = [lambda path: (hook if "site-packages" in path else compiled)(path)]
sys.path_importer_cache.clear()
__import__(sys.argv[1])
"""


def locked() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines)


def declared() -> set[str]:
    """Every distribution that pyproject.toml names for running and for tests."""
    wanted = metadata.requires("mrc") or []
    optional = re.compile(r"extra == ['\"](receipts)['\"]")
    return {re.split(r"[\[<>=!; ]", line)[0] for line in wanted if not optional.search(line)}


def test_every_dependency_is_locked() -> None:
    names = {name.lower().replace("_", "-") for name in locked()}
    assert {name.lower().replace("_", "-") for name in declared()} - names == set()


@pytest.mark.parametrize("name", sorted(declared()))
def test_what_is_tested_is_what_people_get(name: str) -> None:
    versions = {key.lower().replace("_", "-"): value for key, value in locked().items()}
    assert metadata.version(name) == versions[name.lower().replace("_", "-")]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_of_the_phone_needs_no_compiled_part(library: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PURELY, library], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_the_purity_check_sees_a_compiled_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PURELY, "coincurve"], capture_output=True, text=True, timeout=60
    )
    assert "No module named" in done.stderr
