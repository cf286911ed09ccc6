"""Receiving a mobile card: an offer becomes copies that were checked and await the holder's yes.

Stages are values: `OfferedCard` (what the code offers), `PendingCard` (a token and keys, stored so
that a lost answer is asked for again with the same keys), `ReceivedCard` (checked, to be read by
the holder). Nothing is a card before `accept`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mrc.formats import base64url
from mrc.kernel.errors import MrcError, Rejected, Unavailable
from mrc.kernel.ports import Clock, Entropy, Signer
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci import proofs
from mrc.protocols.openid4vci.configuration import (
    PROOF_ATTESTATION,
    PROOF_JWT,
    CredentialConfiguration,
)
from mrc.protocols.openid4vci.credential import (
    AttestationProof,
    CredentialRequest,
    CredentialResponse,
    DeferredRequest,
    IssuedCredentials,
    JwtProofs,
    Notification,
    NotificationEvent,
    Proofs,
)
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode
from mrc.protocols.openid4vci.offer import CredentialOffer, TransactionCode
from mrc.protocols.openid4vci.token import (
    AuthorizationDetail,
    PreAuthorizedTokenRequest,
    TokenResponse,
)
from mrc.wallet.checking import CheckedCopy, Checkers, check_alike
from mrc.wallet.holdings import Card, Copy, Format
from mrc.wallet.issuer_client import Issuer, IssuerClient
from mrc.wallet.network import AttestedClient
from mrc.wallet.pending import PendingBatch, PendingCard, PendingRecords
from mrc.wallet.ports import KeyId, KeyStore
from mrc.wallet.provider import WalletProvider
from mrc.wallet.reasons import Reason
from mrc.wallet.records import CardRecords
from mrc.wallet.refreshing import fresh_token, token_signer

COPIES_WANTED = 8  # per format, where the issuer gives as many
FORMATS = tuple(format_.value for format_ in Format)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCard:
    """What an office offers, before anything was asked of the holder."""

    offer: CredentialOffer
    issuer: Issuer
    configurations: Mapping[str, CredentialConfiguration]

    @property
    def tx_code(self) -> TransactionCode | None:
        grant = self.offer.pre_authorized
        return None if grant is None else grant.tx_code

    @property
    def display_name(self) -> str:
        for configuration in self.configurations.values():
            for display in configuration.display:
                return str(display.get("name", ""))
        return self.offer.credential_issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCard:
    """Checked copies that the holder has not accepted yet."""

    card: Card = field(repr=False)
    pending: PendingCard = field(repr=False)
    notification_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingParts:
    """What receiving needs of the wallet."""

    issuers: IssuerClient
    keys: KeyStore
    records: CardRecords
    pending: PendingRecords
    checkers: Checkers
    clock: Clock
    entropy: Entropy
    provider: WalletProvider | None


class Receiving:
    """The use cases of receiving. Raises `Rejected`, `Malformed` or `Unavailable`."""

    def __init__(self, parts: ReceivingParts) -> None:
        self._parts = parts

    async def look_at(self, link: str) -> OfferedCard:
        """Resolve an offer and its issuer. Asks nothing of the issuer that counts."""
        offer = await self._parts.issuers.resolve_offer(link)
        grant = offer.pre_authorized or offer.authorization_code
        server = None if grant is None else grant.authorization_server
        issuer = await self._parts.issuers.discover(offer.credential_issuer, server)
        known = issuer.metadata.configurations
        usable = {
            name: known[name]
            for name in offer.credential_configuration_ids
            if name in known and known[name].format in FORMATS
        }
        if not usable:
            raise Rejected(Reason.OFFER_UNUSABLE, "OpenID4VCI 4.1.1", "no format we can hold")
        return OfferedCard(offer=offer, issuer=issuer, configurations=usable)

    async def redeem(self, offered: OfferedCard, *, tx_code: str | None) -> PendingCard:
        """Exchange the office's code for a token; keys are made and stored with it."""
        grant = offered.offer.pre_authorized
        if grant is None:
            raise Rejected(Reason.OFFER_UNUSABLE, "OpenID4VCI 4.1.1", "no pre-authorized code")
        if grant.tx_code is not None and not tx_code:
            raise Rejected(Reason.TRANSACTION_CODE_NEEDED, "OpenID4VCI 6.1")
        client = await self.client_for(offered.issuer)
        (token_key,) = await self._parts.keys.create(1)
        request = PreAuthorizedTokenRequest(
            client_id=None if client is None else client.client_id,
            pre_authorized_code=grant.pre_authorized_code,
            tx_code=tx_code if grant.tx_code is not None else None,
        )
        try:
            token = await self._parts.issuers.request_token(
                offered.issuer,
                request,
                key=await self._parts.keys.signer(token_key),
                client=client,
            )
        except MrcError:
            await self._parts.keys.forget([token_key])
            raise
        return await self.begin(offered, token, token_key, client)

    async def begin(
        self,
        offered: OfferedCard,
        token: TokenResponse,
        token_key: KeyId,
        client: AttestedClient | None,
        *,
        renews: str | None = None,
    ) -> PendingCard:
        """Make the copies' keys and store them with the token, before anything is asked for."""
        batches = [
            PendingBatch(
                configuration_id=name,
                credential_identifier=_identifier_of(name, token.authorization_details),
                key_ids=tuple(await self._parts.keys.create(_copies(offered.issuer))),
            )
            for name in offered.configurations
        ]
        pending = PendingCard(
            id=self._parts.entropy.token(8).hex(),
            credential_issuer=offered.offer.credential_issuer,
            authorization_server=offered.issuer.server.issuer,
            display_name=offered.display_name,
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            token_key=token_key,
            client_id=None if client is None else client.client_id,
            begun_at=self._parts.clock.now(),
            batches=tuple(batches),
            renews=renews,
            bearer=token.is_bearer,
        )
        await self._parts.pending.put(pending)
        return pending

    async def collect(self, pending: PendingCard) -> ReceivedCard:
        """Ask for every batch and check every copy. May be called again after any failure.

        A token that ran out meanwhile is refreshed; the keys stay.
        """
        issuer = await self._parts.issuers.discover(
            pending.credential_issuer, pending.authorization_server
        )
        try:
            return await self._collect(issuer, pending)
        except OAuthError as error:
            if error.code is not OAuthErrorCode.INVALID_TOKEN or pending.refresh_token is None:
                raise
        parts = self._parts
        token = await fresh_token(
            pending, issuer, issuers=parts.issuers, keys=parts.keys, provider=parts.provider
        )
        fresh = pending.refreshed(token.access_token, token.refresh_token)
        await parts.pending.put(fresh)
        return await self._collect(issuer, fresh)

    async def _collect(self, issuer: Issuer, pending: PendingCard) -> ReceivedCard:
        card = self._empty_card(pending, issuer)
        notification_ids = []
        for batch in pending.batches:
            issued = await self._collect_batch(issuer, pending, batch)
            card = await self._with_copies(card, issuer, batch, issued)
            if issued.notification_id is not None:
                notification_ids.append(issued.notification_id)
        if not card.copies:
            raise Rejected(Reason.NOTHING_RECEIVED, "OpenID4VCI 8.3")
        return ReceivedCard(card=card, pending=pending, notification_ids=tuple(notification_ids))

    async def accept(self, received: ReceivedCard) -> Card:
        """The holder said yes: the card is stored with its token, then the issuer is told."""
        await self._parts.records.add(
            received.card, self._parts.pending.writes_when_accepted(received.pending)
        )
        unused = {key for batch in received.pending.batches for key in batch.key_ids}
        unused -= {copy.key_id for copy in received.card.copies}
        await self._parts.keys.forget(sorted(unused))
        await self._tell(received, NotificationEvent.ACCEPTED)
        return received.card

    async def refuse(self, received: ReceivedCard) -> None:
        """The holder said no: nothing is kept, and the issuer is told."""
        await self._tell(received, NotificationEvent.DELETED)
        await self.abandon(received.pending)

    async def abandon(self, pending: PendingCard) -> None:
        """Forget a card that was never accepted, with its keys."""
        await self._parts.pending.remove(pending)
        keys = [key for batch in pending.batches for key in batch.key_ids]
        await self._parts.keys.forget([*keys, pending.token_key])

    async def _tell(self, received: ReceivedCard, event: NotificationEvent) -> None:
        """Notifications change nothing for us: a failure is not the holder's trouble (11)."""
        pending = received.pending
        try:
            issuer = await self._parts.issuers.discover(
                pending.credential_issuer, pending.authorization_server
            )
            key = await token_signer(pending, self._parts.keys)
            for notification_id in received.notification_ids:
                await self._parts.issuers.notify(
                    issuer,
                    Notification(notification_id=notification_id, event=event),
                    access_token=pending.access_token,
                    key=key,
                )
        except MrcError:
            return

    async def client_for(self, issuer: Issuer) -> AttestedClient | None:
        """Our attestation, where we have a provider and the server takes attestations."""
        methods = issuer.server.token_endpoint_auth_methods_supported
        attested = any(method.startswith("attest_jwt_client_auth") for method in methods)
        if self._parts.provider is None or not attested:
            return None
        return await self._parts.provider.client()

    async def _collect_batch(
        self, issuer: Issuer, pending: PendingCard, batch: PendingBatch
    ) -> IssuedCredentials:
        key = await token_signer(pending, self._parts.keys)
        try:
            answer = await self._ask(issuer, pending, batch, key)
        except CredentialError as error:
            if error.code is not CredentialErrorCode.INVALID_NONCE:
                raise
            answer = await self._ask(issuer, pending, batch, key)
        if isinstance(answer, IssuedCredentials):
            return answer
        await self._parts.pending.put(pending.deferring(batch, answer.transaction_id))
        raise Unavailable("the card is being prepared", f"ask again in {answer.interval} s")

    async def _ask(
        self, issuer: Issuer, pending: PendingCard, batch: PendingBatch, key: Signer | None
    ) -> CredentialResponse:
        if batch.transaction_id is not None:
            return await self._poll(issuer, pending, batch.transaction_id, key)
        request = CredentialRequest(
            credential_configuration_id=(
                None if batch.credential_identifier else batch.configuration_id
            ),
            credential_identifier=batch.credential_identifier,
            proofs=await self._proofs(issuer, pending, batch),
        )
        return await self._parts.issuers.request_credentials(
            issuer, request, access_token=pending.access_token, key=key
        )

    async def _poll(
        self, issuer: Issuer, pending: PendingCard, transaction_id: str, key: Signer | None
    ) -> CredentialResponse:
        return await self._parts.issuers.request_deferred(
            issuer,
            DeferredRequest(transaction_id=transaction_id),
            access_token=pending.access_token,
            key=key,
        )

    async def _proofs(self, issuer: Issuer, pending: PendingCard, batch: PendingBatch) -> Proofs:
        """Proofs of possession of the batch's keys, attested where the issuer asks for it (F)."""
        signers = [await self._parts.keys.signer(key_id) for key_id in batch.key_ids]
        c_nonce = await self._parts.issuers.fetch_nonce(issuer)
        supported = issuer.metadata.configurations[batch.configuration_id].proof_types_supported
        provider = self._parts.provider
        jwt_support = supported.get(PROOF_JWT)
        if PROOF_ATTESTATION in supported and provider is not None:
            return AttestationProof(jwt=await provider.attest_keys(signers, c_nonce=c_nonce))
        if jwt_support is None:
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "OpenID4VCI 8.2.1", "no proof type we make")
        attestation = None
        if jwt_support.key_attestations_required is not None and provider is not None:
            attestation = await provider.attest_keys(signers, c_nonce=c_nonce)
        made = [
            await proofs.make_jwt_proof(
                credential_issuer=pending.credential_issuer,
                c_nonce=c_nonce,
                client_id=pending.client_id,
                key_attestation=attestation,
                signer=signer,
                now=self._parts.issuers.time_at(pending.credential_issuer),
            )
            for signer in (signers[:1] if attestation else signers)
        ]
        return JwtProofs(jwts=tuple(made))

    async def _with_copies(
        self, card: Card, issuer: Issuer, batch: PendingBatch, issued: IssuedCredentials
    ) -> Card:
        configuration = issuer.metadata.configurations[batch.configuration_id]
        format_ = Format(configuration.format)
        expected_type = configuration.doctype or configuration.vct or ""
        checked, copies = [], []
        for credential in issued.credentials:
            found, copy = await self._check(credential, format_, expected_type, batch.key_ids)
            checked.append(found)
            copies.append(copy)
        if len({copy.key_id for copy in copies}) != len(copies):
            raise Rejected(Reason.CARD_KEY_MISMATCH, "OpenID4VCI 8.3", "one key for two copies")
        check_alike(checked)
        return replace(
            card,
            types={**card.types, format_: expected_type},
            configuration_ids={**card.configuration_ids, format_: batch.configuration_id},
            claims={**card.claims, format_.value: dict(checked[0].claims)}
            if checked
            else card.claims,
            valid_until=min([card.valid_until, *(found.valid_until for found in checked)]),
            copies=(*card.copies, *copies),
        )

    async def _check(
        self, credential: str, format_: Format, expected_type: str, key_ids: Sequence[KeyId]
    ) -> tuple[CheckedCopy, Copy]:
        """The copy with the one of our keys it is bound to. Raises `Rejected` for a strange key."""
        checker, at = self._parts.checkers[format_], self._parts.clock.now()
        bound = checker.bound_key(credential)
        for key_id in key_ids:
            signer = await self._parts.keys.signer(key_id)
            if signer.public_key == bound:
                found = checker.check(
                    credential, expected_type=expected_type, expected_key=bound, at=at
                )
                copy = Copy(
                    id=base64url.encode(self._parts.entropy.token(9)),
                    format=format_,
                    key_id=key_id,
                    credential=credential,
                    status=found.status,
                )
                return found, copy
        raise Rejected(Reason.CARD_KEY_MISMATCH, "OpenID4VCI 8.3", "bound to a key of another")

    def _empty_card(self, pending: PendingCard, issuer: Issuer) -> Card:
        at = self._parts.clock.now()
        return Card(
            id=pending.id,
            credential_issuer=issuer.metadata.credential_issuer,
            types={},
            configuration_ids={},
            display_name=pending.display_name,
            received_at=at,
            valid_until=at.replace(year=9999),
        )


def _copies(issuer: Issuer) -> int:
    return min(COPIES_WANTED, issuer.metadata.batch_size or 1)


def _identifier_of(name: str, details: Sequence[AuthorizationDetail]) -> str | None:
    """The identifier that must be used where the token response gave one (6.2, 8.2)."""
    for detail in details:
        if detail.credential_configuration_id == name and detail.credential_identifiers:
            return detail.credential_identifiers[0]
    return None
