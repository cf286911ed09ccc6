"""Strangers' card software must be built from these sources; else the tests fail, never skip."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.cards.abroad import Authority, make_authority
from tests.interop.cards.parts import PARTS, stamp, virtualsmartcard, write_card_access_of_vicc
from tests.simulators.pcsc_stack import Stack, running_stack

WITHOUT = "MRC_TEST_WITHOUT_INTEROP"


@pytest.fixture(scope="session", autouse=True)
def card_parts() -> None:
    if os.environ.get(WITHOUT) == "1":
        pytest.skip(f"{WITHOUT}=1")
    written = PARTS / ".installed"
    if not written.exists() or written.read_text().strip() != stamp():
        pytest.fail("strangers' card software is missing or old: run tools/card-parts")
    if virtualsmartcard() is None:
        pytest.fail("virtualsmartcard is missing: run tools/test-parts")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another country's."""
    return make_authority(tmp_path_factory.mktemp("abroad") / "authority")


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EF.CardAccess of virtualsmartcard's identity card."""
    path = tmp_path_factory.mktemp("offered") / "card-access.bin"
    write_card_access_of_vicc(path)
    return path
