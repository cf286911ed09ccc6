"""A card in the same process, behind the transport port: for practice without PC/SC, and tests."""

from mrc.ic_card.chip.card import Card


class InProcessTransport:
    """Hands APDUs to a `Card`. `connect` is a power cycle."""

    def __init__(self, card: Card, *, extended_length: bool = False) -> None:
        self._card = card
        self._extended = extended_length

    @property
    def extended_length(self) -> bool:
        return self._extended

    async def connect(self) -> bytes:
        return self._card.reset()

    async def transceive(self, command: bytes) -> bytes:
        return await self._card.process(command)
