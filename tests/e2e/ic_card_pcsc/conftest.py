"""One private PC/SC stack for all tests of a worker."""

from collections.abc import Iterator

import pytest

from tests.simulators.pcsc_stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running
