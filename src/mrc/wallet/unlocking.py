"""A wrong loss report undone at home: the holder's IC card at the phone that was locked.

The issuer knows this phone by the key that the card's token is bound to, so every message is sent
under that key; PIN, chip and face prove who holds it.
"""

from dataclasses import dataclass

from mrc.ic_card.terminal.connection import CardConnection
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Entropy, Signer
from mrc.protocols.card_loss.unlock import Unlocked, UnlockRequest
from mrc.protocols.ic_issuance.messages import Answer, encode_answer
from mrc.wallet.chip_proof import Conversation, Holder, Tap
from mrc.wallet.issuer_client import Issuer, IssuerClient
from mrc.wallet.network import AttestedClient
from mrc.wallet.reasons import Reason
from mrc.wallet.receiving import Receiving, ReceivingParts
from mrc.wallet.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockedByTap:
    """What the office said, and how much it took to get there."""

    unlocked: Unlocked
    round_trips: int
    apdus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What every message of one session says again."""

    issuers: IssuerClient
    issuer: Issuer
    key: Signer
    client: AttestedClient | None

    async def send(self, answer: Answer, session: str | None) -> Unlocked:
        request = UnlockRequest(
            client_id=None if self.client is None else self.client.client_id,
            auth_session=session,
            answer=encode_answer(answer),
        )
        return await self.issuers.unlock(self.issuer, request, key=self.key, client=self.client)


class Unlocking:
    """The use case. Raises `IcCardRefused`, `Rejected`, `Malformed` or `Unavailable`."""

    def __init__(
        self, parts: ReceivingParts, receiving: Receiving, standing: Standing, entropy: Entropy
    ) -> None:
        self._parts = parts
        self._receiving = receiving
        self._standing = standing
        self._entropy = entropy

    async def unlock(self, card_id: str, card: CardConnection, holder: Holder) -> UnlockedByTap:
        """Unlock the mobile card `card_id` of this wallet with its holder's IC card."""
        kept = await self._parts.pending.find_token(card_id)
        if kept is None or kept.bearer:
            detail = "the office does not know this phone by a key"
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "RFC 9449 5", detail)
        issuer = await self._parts.issuers.discover(
            kept.credential_issuer, kept.authorization_server
        )
        if issuer.server.authorization_challenge_endpoint is None:
            detail = "this office knows no IC cards; it unlocks at its counter"
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "first-party-apps-03 4.1", detail)
        wish = _Wish(
            issuers=self._parts.issuers,
            issuer=issuer,
            key=await self._parts.keys.signer(kept.token_key),
            client=await self._receiving.client_for(issuer),
        )
        talk = Conversation(send=wish.send)
        tap = Tap(talk=talk, card=card, holder=holder, entropy=self._entropy)
        unlocked = await tap.through()
        await self._standing.refresh()
        return UnlockedByTap(unlocked=unlocked, round_trips=talk.round_trips, apdus=card.sent)
