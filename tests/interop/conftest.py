"""Strangers' software must be installed; its absence is an error, never a silent skip."""

import os

import pytest

from tests.interop.strangers import ENVIRONMENT, HERE, Strangers

MISSING = "strangers' software is missing: run tools/interop-parts (or set {}=1 and know it)"
WITHOUT = "MRC_TEST_WITHOUT_INTEROP"


@pytest.fixture(scope="session", autouse=True)
def parts() -> None:
    if os.environ.get(WITHOUT) == "1":
        pytest.skip(f"{WITHOUT}=1")
    stamp = ENVIRONMENT / ".installed"
    if not stamp.exists() or not (HERE / "node" / "node_modules").is_dir():
        pytest.fail(MISSING.format(WITHOUT))


@pytest.fixture
def strangers() -> Strangers:
    return Strangers()
