"""The holder locks: this card now, or later from any browser with the emergency lock code.

UX W-11 and W-22. The issuer knows the phone by its DPoP key, so a card is locked with a fresh
token under that key. One code serves all cards of the phone: it is registered at every issuer, and
kept sealed here so that the holder can read it again with the PIN.
"""

from mrc.kernel.errors import Rejected, Unavailable
from mrc.kernel.ports import Entropy
from mrc.protocols.card_loss.lock_code import LockCode, draw_lock_code
from mrc.protocols.card_loss.messages import (
    LOCK_CODE_PATH,
    LOCK_PATH,
    LockReceipt,
    decode_receipt,
    encode_lock_code,
)
from mrc.wallet.card_door import CardDoor
from mrc.wallet.receiving import ReceivingParts
from mrc.wallet.records import Sealed

CODE_RECORD = "lock-code/code"
REGISTERED = "lock-code/at/"


def make_lock_code(entropy: Entropy) -> LockCode:
    """The emergency lock code to be shown once and written down."""
    return draw_lock_code(entropy)


class Locking:
    """Raises `Rejected` where the office refuses, `Unavailable` where it does not answer."""

    def __init__(self, parts: ReceivingParts, door: CardDoor, vault: Sealed) -> None:
        self._parts = parts
        self._door = door
        self._vault = vault

    async def lock(self, card_id: str) -> LockReceipt:
        """Lock the card at its issuer; only its holder in person, or an office, lifts that."""
        answer = await self._door.post(card_id, LOCK_PATH, b"")
        return decode_receipt(answer.body)

    async def lock_code(self) -> LockCode:
        """This phone's code, made at the first call. Registers nothing."""
        kept = await self._vault.read(CODE_RECORD)
        if kept is not None:
            return LockCode(kept.decode())
        code = make_lock_code(self._parts.entropy)
        await self._vault.commit({CODE_RECORD: code.encode()})
        return code

    async def register_lock_code(self) -> list[str]:
        """Tell the code to the issuer of every card that does not know it; the cards that wait.

        An issuer that does not answer is asked again at the next call. Without a code nothing
        is done: it must have been shown to the holder first.
        """
        if await self._vault.read(CODE_RECORD) is None:
            return []
        code, waiting = await self.lock_code(), []
        for card in await self._parts.records.cards():
            known = await self._vault.read(REGISTERED + card.id)
            if known is not None:
                continue
            try:
                await self._door.post(card.id, LOCK_CODE_PATH, encode_lock_code(code))
            except (Rejected, Unavailable):
                waiting.append(card.id)
            else:
                await self._vault.commit({REGISTERED + card.id: b"1"})
        return waiting
