"""Whether the office has newer data while the present copies still hold (ARCHITECTURE 6.4).

A status list cannot say it: it says what is wrong with a copy, and nothing is. So each card's issuer
is asked, at most once a day: it then knows that the wallet was open that day, and nothing else.
"""

from datetime import datetime, timedelta

from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.protocols.card_loss.messages import CARD_PATH, decode_update
from mrc.wallet.card_door import CardDoor
from mrc.wallet.holdings import Card
from mrc.wallet.records import Sealed

ASKED = "update-asked/"
ASK_EVERY = timedelta(days=1)


class Updates:
    def __init__(self, door: CardDoor, vault: Sealed) -> None:
        self._door = door
        self._vault = vault

    async def waits(self, card: Card, *, at: datetime) -> bool:
        """An issuer that does not answer, or does not know the question, has no news."""
        asked = await self._vault.read(ASKED + card.id)
        if asked is not None and at - datetime.fromisoformat(asked.decode()) < ASK_EVERY:
            return False
        try:
            answer = await self._door.post(card.id, CARD_PATH, b"")
            news = decode_update(answer.body)
        except (Rejected, Malformed):
            news = False
        except Unavailable:
            return False
        await self._vault.commit({ASKED + card.id: at.isoformat().encode()})
        return news
