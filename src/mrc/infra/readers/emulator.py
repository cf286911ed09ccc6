"""The card emulator: a card file in a vpcd slot, with faults on demand.

For practice and tests. It says so when it starts, and nothing in production trusts its cards: they
are signed under a CSCA of their own.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from mrc.ic_card.chip.card import Card
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.readers.card_file import CardFile, SoftwareChip
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.infra.readers.vpcd import VpcdSlot

_REINSERT_SECONDS = 0.6  # pcscd notices a removal after about 0.4 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong. Commands are counted from 1 over the emulator's life."""

    delay_seconds: float = 0.0
    lose_tag_at: frozenset[int] = field(default_factory=frozenset)
    """The card leaves before it has seen this command, and comes back."""
    power_cut_at: int | None = None
    """The process dies after the card has worked on this command, before its answer is out."""


class _TagLost(Exception):
    """The card leaves the reader."""


def power_on(chip: SoftwareChip, ciphers: SymmetricCiphers | None = None) -> Card:
    """A card under power, from its memory."""
    return Card(
        storage=chip, keys=chip, ciphers=ciphers or OpensslCiphers(), entropy=SystemEntropy()
    )


def emulate(path: Path, address: tuple[str, int], faults: Faults = Faults()) -> None:
    """Be the card in the reader behind `address` until the reader goes away."""
    card = power_on(CardFile.open(path))
    count = 0

    def before(_: bytes) -> None:
        nonlocal count
        count += 1
        if faults.delay_seconds:
            time.sleep(faults.delay_seconds)
        if count in faults.lose_tag_at:
            raise _TagLost

    def after() -> None:
        if count == faults.power_cut_at:
            os._exit(1)

    while True:
        slot = VpcdSlot(address)
        try:
            slot.serve(card, before=before, after=after)
            return
        except _TagLost:
            card.reset()
        finally:
            slot.close()
        time.sleep(_REINSERT_SECONDS)
