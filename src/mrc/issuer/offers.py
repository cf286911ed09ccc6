"""Credential offers: made at the desk, fetched by reference, single use, short-lived.

OpenID4VCI 1.0, 4.1 and 13.6. An offer is bound to officer, office, desk session and holder. The
pre-authorized code is derived from the offer's id and the issuer's secret, and the store keeps
digests only: who reads the database can redeem nothing.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.configuration import IssuerConfiguration, IssuerSecrets, digest_of
from mrc.issuer.reasons import Reason
from mrc.issuer.records import HolderReference, Offer, OfferId, OfferState
from mrc.issuer.store import IssuerStore
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Entropy
from mrc.protocols.openid4vci import offer as wire

_CLOSED = tuple(state for state in OfferState if state is not OfferState.OFFERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferOrder:
    """Who orders an offer of what for whom. `with_tx_code` False only where policy says so."""

    holder: HolderReference
    card_type: CardType
    officer: str
    office: str
    session: str
    with_tx_code: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOffer:
    """For the desk: what the QR code says, and the code to send to the holder's own number."""

    id: OfferId
    link: str = field(repr=False)
    offer: wire.CredentialOffer = field(repr=False)
    tx_code: str | None = field(repr=False)
    expires_at: datetime


class Offers:
    """The use cases of offers."""

    def __init__(
        self,
        configuration: IssuerConfiguration,
        secrets: IssuerSecrets,
        store: IssuerStore,
        entropy: Entropy,
    ) -> None:
        self._configuration = configuration
        self._secrets = secrets
        self._store = store
        self._entropy = entropy

    async def make(self, order: OfferOrder, *, now: datetime) -> MadeOffer:
        """A new offer. `ValueError` where the issuer has no such card."""
        ids = self._configuration.configurations_of(order.card_type)
        if not ids:
            raise ValueError("this issuer does not issue that card type")
        offer_id = OfferId(self._entropy.token(16).hex())
        tx_code = self._draw_code() if order.with_tx_code else None
        record = Offer(
            id=offer_id,
            holder=order.holder,
            card_type=order.card_type,
            configuration_ids=ids,
            officer=order.officer,
            office=order.office,
            session=order.session,
            code_digest=digest_of(self._secret("code", offer_id)),
            reference_digest=digest_of(self._secret("reference", offer_id)),
            issuer_state_digest=digest_of(self._secret("issuer_state", offer_id)),
            tx_code_digest=None if tx_code is None else self.tx_code_digest(offer_id, tx_code),
            tries=0,
            max_tries=self._configuration.tx_code_tries,
            state=OfferState.OFFERED,
            created_at=now,
            expires_at=now + self._configuration.lifetimes.offer,
        )
        async with self._store.transaction() as tx:
            await tx.add_offer(record)
        reference = wire.OfferReference(credential_offer_uri=self._reference(offer_id))
        scheme = wire.HAIP_SCHEME if self._configuration.haip else wire.SCHEME
        return MadeOffer(
            id=offer_id,
            link=wire.offer_link(reference, scheme=scheme),
            offer=self._wire_offer(record),
            tx_code=tx_code,
            expires_at=record.expires_at,
        )

    async def fetch(self, reference: str, *, now: datetime) -> wire.CredentialOffer:
        """The offer behind `credential_offer_uri`. Raises `Rejected` unless it is still open.

        It may be fetched again (a lost answer): what is single use is the code in it.
        """
        async with self._store.transaction() as tx:
            record = await tx.find_offer_by_reference(digest_of(reference))
            if record is not None and record.state is OfferState.OFFERED:
                await tx.set_offer_state(record.id, OfferState.FETCHED, unless=_CLOSED)
        open_states = (OfferState.OFFERED, OfferState.FETCHED)
        if record is None or record.state not in open_states or now >= record.expires_at:
            raise Rejected(Reason.OFFER_UNKNOWN, "OpenID4VCI 4.1.3")
        return self._wire_offer(record)

    async def progress(self, offer: OfferId, *, now: datetime) -> OfferState:
        """For the desk. An open offer past its time reads as withdrawn. Raises `Rejected`."""
        async with self._store.reading() as tx:
            record = await tx.find_offer(offer)
        if record is None:
            raise Rejected(Reason.OFFER_UNKNOWN, "OpenID4VCI 4.1")
        waiting = record.state in (OfferState.OFFERED, OfferState.FETCHED)
        return OfferState.WITHDRAWN if waiting and now >= record.expires_at else record.state

    async def withdraw(self, offer: OfferId) -> bool:
        """End an offer that was not redeemed yet; False where it was."""
        final = [
            state for state in OfferState if state not in (OfferState.OFFERED, OfferState.FETCHED)
        ]
        async with self._store.transaction() as tx:
            return await tx.set_offer_state(offer, OfferState.WITHDRAWN, unless=final)

    def tx_code_digest(self, offer: OfferId, tx_code: str) -> bytes:
        """Keyed, because six digits alone could be tried out against a plain digest."""
        return self._secrets.derive("tx_code", offer.encode(), tx_code.encode())

    def tx_code_fits(self, record: Offer, tx_code: str) -> bool:
        expected = record.tx_code_digest or b""
        return hmac.compare_digest(expected, self.tx_code_digest(record.id, tx_code))

    def _draw_code(self) -> str:
        number = int.from_bytes(self._entropy.token(16))
        length = self._configuration.tx_code_length
        return f"{number % 10**length:0{length}}"

    def _secret(self, purpose: str, offer: OfferId) -> str:
        return base64url.encode(self._secrets.derive(f"offer {purpose}", offer.encode()))

    def _reference(self, offer: OfferId) -> str:
        return self._configuration.endpoint(f"offers/{self._secret('reference', offer)}")

    def _wire_offer(self, record: Offer) -> wire.CredentialOffer:
        """HAIP knows the authorization code only; else the pre-authorized code comes too."""
        tx_code = None
        if record.tx_code_digest is not None:
            tx_code = wire.TransactionCode(length=self._configuration.tx_code_length)
        pre_authorized = wire.PreAuthorizedGrant(
            pre_authorized_code=self._secret("code", record.id), tx_code=tx_code
        )
        code = wire.AuthorizationCodeGrant(issuer_state=self._secret("issuer_state", record.id))
        haip = self._configuration.haip
        return wire.CredentialOffer(
            credential_issuer=self._configuration.credential_issuer,
            credential_configuration_ids=record.configuration_ids,
            pre_authorized=None if haip else pre_authorized,
            authorization_code=code if haip else None,
        )
