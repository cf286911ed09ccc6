"""The way to a card: bytes there, bytes back. PC/SC, NFC and the card in-process implement it."""

from typing import Protocol

from mrc.kernel.errors import Unavailable


class TagLost(Unavailable):
    """The card left the field, or was powered off: the session on it is gone."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("card", detail)


class CardTransport(Protocol):
    @property
    def extended_length(self) -> bool:
        """Whether long APDUs get through; many phones cut frames at 261 bytes."""

    async def connect(self) -> bytes:
        """Wait for a card, power it on afresh, and give its answer to reset.

        Raises `Unavailable` where none comes in time.
        """

    async def transceive(self, command: bytes) -> bytes:
        """The response APDU. Raises `TagLost`."""
