"""The IC card at this machine: a PC/SC reader, or an emulated card for practice."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.emulator import power_on
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.infra.readers.in_process import InProcessTransport
from mrc.infra.readers.pcsc import PcscTransport

WAIT_SECONDS = 30.0  # time to find the card and the right place on the reader


@contextlib.asynccontextmanager
async def ic_card_reader(card_file: Path | None) -> AsyncIterator[CardConnection]:
    """The reader for one try; afterwards the card is powered off and let go.

    Short APDUs: not every reader carries long ones. Raises `Unavailable` or `Malformed` for a
    card file that cannot be opened.
    """
    if card_file is None:
        transport = PcscTransport(wait_seconds=WAIT_SECONDS, extended_length=False)
        with contextlib.closing(transport):
            yield CardConnection(transport, OpensslCiphers())
    else:
        with contextlib.closing(CardFile.open(card_file)) as chip:
            yield CardConnection(InProcessTransport(power_on(chip)), OpensslCiphers())
