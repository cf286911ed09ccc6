"""The parts of a chip that every command needs, in one place."""

from dataclasses import dataclass

from mrc.ic_card.apdu import Sw
from mrc.ic_card.chip.ports import ChipKeys, ChipStorage
from mrc.ic_card.chip.session import Refused, Session
from mrc.ic_card.chip.state import CardState
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Entropy


@dataclass(slots=True)
class Host:
    """Memory, keys, ciphers, randomness, and the session of the moment."""

    storage: ChipStorage
    keys: ChipKeys
    ciphers: SymmetricCiphers
    entropy: Entropy
    state: CardState
    session: Session

    def save(self, state: CardState) -> None:
        """Durable first, believed second: a state that could not be written never holds."""
        try:
            self.storage.save(state)
        except Unavailable as error:
            raise Refused(Sw.MEMORY_FAILURE) from error
        self.state = state
