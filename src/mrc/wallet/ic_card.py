"""Collecting a mobile card by IC card: the chip at the phone is the holder's authorization.

Afterwards a token and copies as from a counter's code. Whatever interrupts it, the holder starts
again: a right PIN gives all tries back, and no second phone can come of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mrc.ic_card.terminal.connection import CardConnection
from mrc.kernel.errors import MrcError, Rejected
from mrc.kernel.ports import Entropy, Signer
from mrc.protocols.ic_issuance.messages import MEMBER, Answer, encode_answer
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.first_party import AuthorizationChallengeRequest, AuthorizationGranted
from mrc.protocols.openid4vci.offer import CredentialOffer
from mrc.protocols.openid4vci.token import AuthorizationCodeTokenRequest, TokenResponse
from mrc.wallet.chip_proof import Conversation, Holder, Tap, TapStep
from mrc.wallet.issuer_client import Issuer, IssuerClient
from mrc.wallet.network import AttestedClient
from mrc.wallet.pending import PendingCard
from mrc.wallet.ports import KeyId, KeyStore
from mrc.wallet.reasons import Reason
from mrc.wallet.receiving import FORMATS, OfferedCard, Receiving


@dataclass(frozen=True, slots=True, kw_only=True)
class IcCardParts:
    issuers: IssuerClient
    keys: KeyStore
    receiving: Receiving
    entropy: Entropy


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """A card that may be collected, and how much it took to get there."""

    pending: PendingCard = field(repr=False)
    round_trips: int
    apdus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What every message of one session says again."""

    issuers: IssuerClient
    issuer: Issuer
    key: Signer
    client: AttestedClient | None
    code_challenge: str

    async def send(self, answer: Answer, session: str | None) -> AuthorizationGranted:
        first = session is None
        request = AuthorizationChallengeRequest(
            client_id=None if self.client is None else self.client.client_id,
            scope=" ".join(_usable(self.issuer)) if first else None,
            auth_session=session,
            code_challenge=self.code_challenge if first else None,
            code_challenge_method=pkce.METHOD if first else None,
            answers={MEMBER: encode_answer(answer)},
        )
        return await self.issuers.challenge(self.issuer, request, key=self.key, client=self.client)


class IcCardReceiving:
    """The use case. Raises `IcCardRefused`, `Rejected`, `Malformed` or `Unavailable`."""

    def __init__(self, parts: IcCardParts) -> None:
        self._parts = parts

    async def begin(self, credential_issuer: str, card: CardConnection, holder: Holder) -> Tapped:
        """From the tap to a token; `Receiving.collect` goes on from there."""
        issuer = await self._parts.issuers.discover(credential_issuer)
        if issuer.server.authorization_challenge_endpoint is None:
            detail = "this office does not issue by IC card; ask for the QR code"
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "first-party-apps-03 4.1", detail)
        client = await self._parts.receiving.client_for(issuer)
        (token_key,) = await self._parts.keys.create(1)
        try:
            return await self._begin(issuer, client, token_key, card, holder)
        except MrcError:
            await self._parts.keys.forget([token_key])
            raise

    async def _begin(
        self,
        issuer: Issuer,
        client: AttestedClient | None,
        token_key: KeyId,
        card: CardConnection,
        holder: Holder,
    ) -> Tapped:
        verifier = pkce.make_verifier(self._parts.entropy)
        key = await self._parts.keys.signer(token_key)
        order = _Order(
            issuers=self._parts.issuers,
            issuer=issuer,
            key=key,
            client=client,
            code_challenge=pkce.challenge_of(verifier),
        )
        talk = Conversation(send=order.send)
        tap = Tap(talk=talk, card=card, holder=holder, entropy=self._parts.entropy)
        granted = await tap.through()
        holder.sees(TapStep.COLLECTING)
        request = AuthorizationCodeTokenRequest(
            client_id=None if client is None else client.client_id,
            code=granted.authorization_code,
            code_verifier=verifier,
        )
        token = await self._parts.issuers.request_token(issuer, request, key=key, client=client)
        offered = _as_offered(issuer, token)
        pending = await self._parts.receiving.begin(offered, token, token_key, client)
        return Tapped(pending=pending, round_trips=talk.round_trips, apdus=card.sent)


def _usable(issuer: Issuer) -> Sequence[str]:
    """Everything the office offers in a format we hold; it grants what is the holder's."""
    known = issuer.metadata.configurations
    usable = [name for name, one in known.items() if one.format in FORMATS]
    if not usable:
        raise Rejected(Reason.OFFER_UNUSABLE, "OpenID4VCI 12.2.4", "no format we can hold")
    return usable


def _as_offered(issuer: Issuer, token: TokenResponse) -> OfferedCard:
    """What the token is good for, as if it had been offered."""
    granted = (token.scope or "").split()
    known = issuer.metadata.configurations
    usable = {name: known[name] for name in _usable(issuer) if name in granted}
    if not usable:
        raise Rejected(Reason.OFFER_UNUSABLE, "OpenID4VCI 6.2", "the token is good for nothing")
    offer = CredentialOffer(
        credential_issuer=issuer.metadata.credential_issuer,
        credential_configuration_ids=tuple(usable),
    )
    return OfferedCard(offer=offer, issuer=issuer, configurations=usable)
