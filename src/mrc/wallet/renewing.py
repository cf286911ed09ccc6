"""New copies before the old ones run out or expire, by the card's refresh token.

OpenID4VCI 1.0, section 13.5; RFC 6749, section 6. The holder is not asked: the same card, the same
office, the same data or newer. New copies come before old ones go, in one commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mrc.kernel.errors import Rejected
from mrc.protocols.openid4vci.offer import CredentialOffer
from mrc.wallet.holdings import Card, CardState
from mrc.wallet.pending import TOKEN, PendingCard, encode_pending
from mrc.wallet.reasons import Reason
from mrc.wallet.receiving import OfferedCard, Receiving, ReceivingParts
from mrc.wallet.refreshing import fresh_token

FEW_COPIES = 3
RENEW_BEFORE = timedelta(days=3)
RENEWABLE = frozenset({CardState.USABLE, CardState.RENEWAL_NEEDED})


def needs_renewal(card: Card, *, at: datetime) -> bool:
    """Few unused copies in a format, the end near, or the office says that data changed."""
    if card.state not in RENEWABLE:
        return False
    few = any(len(card.unused(format_)) < FEW_COPIES for format_ in card.types)
    near_end = card.valid_until - RENEW_BEFORE <= at
    return few or near_end or card.state is CardState.RENEWAL_NEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    card: Card
    data_changed: bool


class Renewing:
    """Renews one card. Raises `Rejected` where the office refuses, `Unavailable` for the rest."""

    def __init__(self, parts: ReceivingParts) -> None:
        self._parts = parts
        self._receiving = Receiving(parts)

    async def renew(self, card_id: str) -> Renewed:
        card = await self._parts.records.get(card_id)
        token = await self._parts.pending.find_token(card_id)
        if token is None:
            raise Rejected(Reason.ISSUER_REFUSED, "RFC 6749 6", "no token")
        return await self.finish(await self._new_batches(card, token))

    async def finish(self, pending: PendingCard) -> Renewed:
        """Collect what a renewal began; also after a crash between the two."""
        if pending.renews is None:
            raise ValueError("this pending card renews nothing")
        card = await self._parts.records.get(pending.renews)
        received = await self._receiving.collect(pending)
        return await self._replace(card, received.card, pending)

    async def _new_batches(self, card: Card, token: PendingCard) -> PendingCard:
        """A fresh access token under the same key, and new keys for the copies to come."""
        parts = self._parts
        issuer = await parts.issuers.discover(token.credential_issuer, token.authorization_server)
        wanted = tuple(card.configuration_ids.values())
        offered = OfferedCard(
            offer=CredentialOffer(
                credential_issuer=token.credential_issuer, credential_configuration_ids=wanted
            ),
            issuer=issuer,
            configurations={name: issuer.metadata.configurations[name] for name in wanted},
        )
        answer = await fresh_token(
            token, issuer, issuers=parts.issuers, keys=parts.keys, provider=parts.provider
        )
        client = None
        if parts.provider is not None and token.client_id is not None:
            client = await parts.provider.client()
        return await self._receiving.begin(offered, answer, token.token_key, client, renews=card.id)

    async def _replace(self, old: Card, new: Card, pending: PendingCard) -> Renewed:
        """The renewed card under its old name, the old copies gone, in one commit."""
        renamed = replace(
            new, id=old.id, received_at=old.received_at, state=CardState.USABLE, state_at=None
        )
        gone: dict[str, bytes | None] = dict.fromkeys(self._parts.records.writes_of(old))
        kept = replace(pending, id=old.id, renews=None)
        finished: Mapping[str, bytes | None] = {
            **self._parts.pending.writes_when_accepted(pending),
            TOKEN + pending.id: None,
            TOKEN + old.id: encode_pending(kept),
        }
        await self._parts.records.add(
            renamed, {**gone, **self._parts.records.writes_of(renamed), **finished}
        )
        await self._parts.keys.forget([copy.key_id for copy in old.copies])
        return Renewed(card=renamed, data_changed=old.claims != renamed.claims)
