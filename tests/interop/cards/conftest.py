"""Strangers' card software must be built from these sources; else the tests fail, never skip."""

import os
from collections.abc import Iterator

import pytest

from tests.interop.cards.parts import PARTS, stamp, virtualsmartcard
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
