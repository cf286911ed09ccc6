"""Issuing: the credential, deferred and notification endpoints (OpenID4VCI 1.0, 8, 9 and 11).

Order of one issue: check everything, reserve indices, sign, then one transaction decides: proofs
and nonce claimed, other phones ended, card and copies written, the answer kept. What was signed
and not written never leaves. A repeated request for the same token and keys gets the same copies.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from mrc.formats import base64url
from mrc.formats.status_list.reference import StatusReference
from mrc.issuer import cards, kept
from mrc.issuer.cards import CardAct
from mrc.issuer.clients import Access, replayed
from mrc.issuer.configuration import IssuerConfiguration, digest_of
from mrc.issuer.copies import CopyOrder, CopySigners, make_copies
from mrc.issuer.indices import Indices
from mrc.issuer.ports import CardData, CardDataSource, NotYet, Tools
from mrc.issuer.reasons import Reason
from mrc.issuer.records import (
    CardEvent,
    DeferredRecord,
    Grant,
    KeptResponse,
    MobileCard,
    MobileCardId,
    OfferState,
    OneTimeUse,
    StatusIndex,
)
from mrc.issuer.requests import Ask
from mrc.issuer.store import AnotherPhone, IssuerStore, IssuerTransaction
from mrc.kernel.errors import Forbidden, Unavailable
from mrc.kernel.keys import Curve, EcPublicKey
from mrc.protocols.oauth.dpop import thumbprint_of
from mrc.protocols.oauth.errors import OAuthError
from mrc.protocols.openid4vci.credential import (
    CredentialResponse,
    DeferredIssuance,
    IssuedCredentials,
    Notification,
    NotificationEvent,
)
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode

_ATTEMPTS = 20  # phones at the same moment: one of them gets through with every attempt
_Code = CredentialErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is to be written: the copies' indices and the answer that carries the copies."""

    indices: tuple[StatusIndex, ...]
    answer: IssuedCredentials = field(repr=False)
    sealed: bytes = field(repr=False)
    expires_at: datetime


class Collecting:
    """The use cases by which a wallet collects and renews the copies of its card."""

    def __init__(
        self,
        configuration: IssuerConfiguration,
        store: IssuerStore,
        source: CardDataSource,
        signers: CopySigners,
        tools: Tools,
    ) -> None:
        self._configuration = configuration
        self._store = store
        self._source = source
        self._signers = signers
        self._tools = tools
        self._offered = configuration.offered
        self._indices = Indices(configuration, store, tools.entropy)

    async def collect(self, ask: Ask, *, now: datetime) -> CredentialResponse:
        """Issue, answer again, or defer. Raises `OAuthError` and `CredentialError`."""
        again = await self._answer_again(ask)
        if again is not None:
            return again
        data = await self._data(ask.access.grant, now)
        if isinstance(data, NotYet):
            return await self._defer(ask, data, now)
        return await self._issue(ask, data, now)

    async def _data(self, grant: Grant, now: datetime) -> CardData | NotYet:
        try:
            return await self._source.card_data(grant.holder, grant.card_type, at=now)
        except Forbidden as error:
            raise _denied(Reason.DATA_REFUSED) from error

    async def _answer_again(self, ask: Ask) -> IssuedCredentials | None:
        """The kept answer for the same token and keys; the nonce may be the old or a fresh one."""
        digest = _request_digest(ask)
        async with self._store.reading() as tx:
            if await tx.find_response(digest) is None:
                return None
        async with self._store.transaction() as tx:
            found = await tx.find_response(digest)
            fresh = await tx.claim(ask.access.uses)
            same = found is not None and found.nonce_digest == ask.nonce.digest
            usable = same or await tx.claim([ask.nonce])
        if not fresh:
            raise replayed()
        if not usable:
            raise _nonce_used()
        if found is None:
            return None
        return await kept.unseal(found.sealed, token=ask.access.token, cipher=self._tools.cipher)

    async def _issue(
        self,
        ask: Ask,
        data: CardData,
        now: datetime,
        *,
        nonce_error: CredentialError | None = None,
    ) -> IssuedCredentials:
        """`nonce_error`: what a used nonce means, where it stands for a transaction."""
        batch = await self._make(ask, data, now)
        for _ in range(_ATTEMPTS):
            try:
                async with self._store.transaction() as tx:
                    result = await self._write(tx, ask, batch, now)
            except AnotherPhone:
                continue
            if isinstance(result, KeptResponse):
                return await kept.unseal(
                    result.sealed, token=ask.access.token, cipher=self._tools.cipher
                )
            if result is Reason.NONCE_USED_BEFORE:
                raise nonce_error or _nonce_used()
            if isinstance(result, (OAuthError, CredentialError)):
                raise result
            return batch.answer
        raise Unavailable("card", "other phones without end")

    async def _make(self, ask: Ask, data: CardData, now: datetime) -> Batch:
        indices = await self._indices.take(len(ask.keys))
        order = CopyOrder(
            credential=ask.credential,
            data=data,
            keys=ask.keys,
            references=[self._reference(index) for index in indices],
            lifetime=self._configuration.lifetimes.copy,
            at=now,
        )
        if not order.worth_giving:
            raise _denied(Reason.DATA_REFUSED)
        answer = IssuedCredentials(
            credentials=await make_copies(order, self._signers),
            notification_id=base64url.encode(self._tools.entropy.token(16)),
        )
        sealed = await kept.seal(
            answer,
            token=ask.access.token,
            cipher=self._tools.cipher,
            entropy=self._tools.entropy,
        )
        return Batch(
            indices=tuple(indices), answer=answer, sealed=sealed, expires_at=order.expires_at
        )

    def _reference(self, index: StatusIndex) -> StatusReference:
        uri = self._configuration.endpoint(f"status/{index.list_id}")
        return StatusReference(uri=uri, idx=index.idx)

    async def _write(
        self, tx: IssuerTransaction, ask: Ask, batch: Batch, now: datetime
    ) -> KeptResponse | OAuthError | CredentialError | Reason | None:
        """None where all is written; else the twin's answer, or the refusal to raise after.

        Rows are held in the order cards, grant, lists (see the store).
        """
        if not await tx.claim(ask.access.uses):
            return replayed()
        nonce_fresh = await tx.claim([ask.nonce])
        twin = await tx.find_response(_request_digest(ask))
        if twin is not None:
            return twin
        if not nonce_fresh:
            return Reason.NONCE_USED_BEFORE
        card = await self._card(tx, ask, now)
        if isinstance(card, CredentialError):
            return card
        await tx.add_copies(card.id, ask.credential.id, batch.indices, batch.expires_at)
        await tx.keep_response(self._kept(ask, batch, now))
        if ask.access.grant.offer is not None:
            done = (OfferState.ACCEPTED, OfferState.FAILED)
            await tx.set_offer_state(ask.access.grant.offer, OfferState.ISSUED, unless=done)
        return None

    async def _card(
        self, tx: IssuerTransaction, ask: Ask, now: datetime
    ) -> MobileCard | CredentialError:
        """The grant's card, made now where this is its first issue; other phones end with it."""
        token = await tx.find_by_access_token(ask.access.token_digest)
        seen = ask.access.grant if token is None else token.grant
        card_id = seen.card
        if card_id is None:
            others = await tx.live_cards(seen.holder, seen.card_type)
            grant = await tx.get_grant(seen.id)
            if grant.ended_at is not None:
                return _denied(Reason.GRANT_ENDED)
            if grant.card is None:
                return await self._new_card(tx, grant, others, now)
            raise AnotherPhone  # a twin made it meanwhile: hold that card before its grant
        card = await tx.find_card(card_id)
        if card is None or card.ended_at is not None:
            return _denied(Reason.CARD_ENDED)
        if card.locked:
            return _denied(Reason.CARD_LOCKED)
        if await self._used_up(tx, ask):
            return _denied(Reason.COPIES_USED_UP)
        if card.renewal_due:
            card = replace(card, renewal_due=False)
            await tx.change_card(card, _event(card.id, CardAct.RENEWED, now))
        return card

    async def _new_card(
        self, tx: IssuerTransaction, grant: Grant, others: list[MobileCard], now: datetime
    ) -> MobileCard:
        await cards.end_others(tx, others, now)
        card = MobileCard(
            id=MobileCardId(base64url.encode(self._tools.entropy.token(16))),
            holder=grant.holder,
            card_type=grant.card_type,
            phone=grant.phone,
            issued_at=now,
        )
        await tx.add_card(card, grant.id)
        await tx.change_card(card, _event(card.id, CardAct.ISSUED, now))
        return card

    async def _used_up(self, tx: IssuerTransaction, ask: Ask) -> bool:
        """One access token gives at most one batch of each configuration, at once or in parts."""
        since = ask.access.token_expires_at - self._configuration.lifetimes.access_token
        given = await tx.copies_of_token(ask.access.grant.id, ask.credential.id, since)
        return given + len(ask.keys) > self._configuration.batch_size

    def _kept(self, ask: Ask, batch: Batch, now: datetime) -> KeptResponse:
        return KeptResponse(
            request_digest=_request_digest(ask),
            nonce_digest=ask.nonce.digest,
            grant=ask.access.grant.id,
            configuration_id=ask.credential.id,
            notification_digest=digest_of(batch.answer.notification_id or ""),
            copies=len(batch.indices),
            sealed=batch.sealed,
            created_at=now,
            expires_at=ask.access.token_expires_at,
        )

    async def _defer(self, ask: Ask, wait: NotYet, now: datetime) -> DeferredIssuance:
        transaction_id = base64url.encode(self._tools.entropy.token(24))
        record = DeferredRecord(
            transaction_digest=digest_of(transaction_id),
            grant=ask.access.grant.id,
            configuration_id=ask.credential.id,
            keys=tuple(key.uncompressed for key in ask.keys),
            created_at=now,
            expires_at=now + self._configuration.lifetimes.deferred,
        )
        async with self._store.transaction() as tx:
            fresh = await tx.claim(ask.access.uses)
            nonce_fresh = await tx.claim([ask.nonce])
            if fresh and nonce_fresh:
                await tx.add_deferred(record)
        if not fresh:
            raise replayed()
        if not nonce_fresh:
            raise _nonce_used()
        interval = max(1, int(wait.interval.total_seconds()))
        return DeferredIssuance(transaction_id=transaction_id, interval=interval)

    async def collect_deferred(
        self, transaction_id: str, access: Access, *, now: datetime
    ) -> CredentialResponse:
        """Section 9. The transaction belongs to the grant that began it. Raises as `collect`.

        It is spent by the claim of its digest when the copies are written; a lost answer is given
        again to the same token.
        """
        digest = digest_of(transaction_id)
        async with self._store.reading() as tx:
            record = await tx.find_deferred(digest)
        if record is None or record.grant != access.grant.id or now >= record.expires_at:
            raise _spent_transaction()
        data = await self._data(access.grant, now)
        if isinstance(data, NotYet):
            async with self._store.transaction() as tx:
                fresh = await tx.claim(access.uses)
            if not fresh:
                raise replayed()
            interval = max(1, int(data.interval.total_seconds()))
            return DeferredIssuance(transaction_id=transaction_id, interval=interval)
        ask = Ask(
            access=access,
            credential=self._offered[record.configuration_id],
            keys=tuple(EcPublicKey.from_uncompressed(Curve.P256, key) for key in record.keys),
            nonce=OneTimeUse(digest=digest, expires_at=record.expires_at),
            encryption=None,
        )
        return await self._issue(ask, data, now, nonce_error=_spent_transaction())

    async def notify(self, note: Notification, access: Access) -> None:
        """Section 11: only moves the desk's steps. Raises `CredentialError` and `OAuthError`."""
        async with self._store.transaction() as tx:
            fresh = await tx.claim(access.uses)
            grant = await tx.find_notification(digest_of(note.notification_id))
            known = fresh and grant == access.grant.id
            if known and access.grant.offer is not None:
                accepted = note.event is NotificationEvent.ACCEPTED
                state = OfferState.ACCEPTED if accepted else OfferState.FAILED
                await tx.set_offer_state(access.grant.offer, state)
        if not fresh:
            raise replayed()
        if not known:
            raise CredentialError(_Code.INVALID_NOTIFICATION_ID, clause="OpenID4VCI 11.3")


def _request_digest(ask: Ask) -> bytes:
    """The same token, configuration and keys: the same request, whatever the proofs' times."""
    keys = sorted(thumbprint_of(key) for key in ask.keys)
    parts = [ask.access.token_digest.hex(), ask.credential.id, *keys]
    return hashlib.sha256(" ".join(parts).encode()).digest()


def _event(card: MobileCardId, act: CardAct, now: datetime) -> CardEvent:
    return CardEvent(card=card, act=act, actor="issuer", reason="collected", at=now)


def _denied(cause: Reason) -> CredentialError:
    return CredentialError(_Code.CREDENTIAL_REQUEST_DENIED, cause=cause)


def _spent_transaction() -> CredentialError:
    return CredentialError(_Code.INVALID_TRANSACTION_ID, clause="OpenID4VCI 9.3")


def _nonce_used() -> CredentialError:
    return CredentialError(
        _Code.INVALID_NONCE, clause="OpenID4VCI 13.7", cause=Reason.NONCE_USED_BEFORE
    )
