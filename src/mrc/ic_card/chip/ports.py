"""What the software chip needs from its host: a memory that survives power loss, and keys."""

from enum import IntEnum
from typing import Protocol

from mrc.ic_card.chip.state import CardState
from mrc.kernel.keys import Curve, EcPublicKey


class KeySlot(IntEnum):
    """The keys that are made on the chip and never leave it. Value: P2 of GENERATE KEY."""

    CHIP_AUTHENTICATION = 1
    ACTIVE_AUTHENTICATION = 2
    ISSUANCE = 3


class ChipStorage(Protocol):
    """The chip's memory. `save` returns only when the state would survive a power cut."""

    def load(self) -> CardState: ...

    def save(self, state: CardState) -> None: ...


class ChipKeys(Protocol):
    """The chip's own keys. No method gives a private half."""

    def find_public_key(self, slot: KeySlot) -> EcPublicKey | None: ...

    async def make_key(self, slot: KeySlot, curve: Curve) -> EcPublicKey:
        """A new key in an empty slot, durable before it returns. `ValueError` where one is."""

    async def shared_secret(self, slot: KeySlot, peer: EcPublicKey) -> bytes:
        """The x coordinate of the shared point."""

    async def sign(self, slot: KeySlot, message: bytes) -> bytes:
        """r||s by ECDSA with SHA-256."""
