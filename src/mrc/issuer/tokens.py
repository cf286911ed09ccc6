"""The token endpoint: pre-authorized code, authorization code, refresh token.

OpenID4VCI 1.0 section 6, RFC 6749, RFC 7636, RFC 9449. A try of the transaction code is counted
before it is judged, in the same transaction that consumes the code; refusals are raised after it.
A refresh token is bound to the DPoP key (and wallet instance) and does not rotate, so a lost
answer leaves no wallet stuck (RFC 9700, 4.14.2); a bearer client gets none.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from mrc.formats import base64url
from mrc.issuer.clients import Client, ClientHeaders, Clients, replayed
from mrc.issuer.configuration import IssuerConfiguration, digest_of
from mrc.issuer.offers import Offers
from mrc.issuer.reasons import Reason
from mrc.issuer.records import AuthorizationRecord, Grant, GrantId, Offer, OfferState
from mrc.issuer.store import IssuerStore, IssuerTransaction
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Entropy
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci.token import (
    AnyTokenRequest,
    AuthorizationCodeTokenRequest,
    AuthorizationDetail,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
    TokenRequest,
    TokenResponse,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which configurations a token request wants, and whether it named them in details."""

    configuration_ids: tuple[str, ...]
    use_identifiers: bool


class Tokens:
    """The token endpoint's use cases."""

    def __init__(
        self,
        configuration: IssuerConfiguration,
        clients: Clients,
        offers: Offers,
        store: IssuerStore,
        entropy: Entropy,
    ) -> None:
        self._configuration = configuration
        self._clients = clients
        self._offers = offers
        self._store = store
        self._entropy = entropy
        self._offered = configuration.offered

    async def token(
        self, request: AnyTokenRequest, headers: ClientHeaders, *, now: datetime
    ) -> TokenResponse:
        """Raises `OAuthError`."""
        url = self._configuration.endpoint("token")
        client = self._clients.authenticate(headers, url=url, client_id=request.client_id, now=now)
        match request:
            case PreAuthorizedTokenRequest():
                return await self._pre_authorized(request, client, now)
            case AuthorizationCodeTokenRequest():
                return await self._authorization_code(request, client, now)
            case RefreshTokenRequest():
                return await self._refresh(request, client, now)
        assert_never(request)

    async def _pre_authorized(
        self, request: PreAuthorizedTokenRequest, client: Client, now: datetime
    ) -> TokenResponse:
        if self._configuration.haip:
            raise OAuthError(OAuthErrorCode.UNSUPPORTED_GRANT_TYPE, clause="HAIP 4")
        async with self._store.transaction() as tx:
            result = await self._redeem(tx, request, client, now)
        if isinstance(result, OAuthError):
            raise result
        return result

    async def _redeem(
        self,
        tx: IssuerTransaction,
        request: PreAuthorizedTokenRequest,
        client: Client,
        now: datetime,
    ) -> TokenResponse | OAuthError:
        """Claim, count, judge, consume: in this order, all kept whatever the verdict."""
        if not await tx.claim(client.uses):
            return replayed()
        offer = await tx.count_try(digest_of(request.pre_authorized_code), now=now)
        if offer is None:
            return _grant_error(Reason.CODE_UNKNOWN_OR_USED)
        refusal = self._judge_tx_code(offer, request.tx_code)
        if refusal is not None:
            if offer.tries >= offer.max_tries:
                await tx.set_offer_state(offer.id, OfferState.TRIES_SPENT)
            return refusal
        asked = self._asked(request, offer.configuration_ids)
        if isinstance(asked, OAuthError):
            return asked
        await tx.set_offer_state(offer.id, OfferState.REDEEMED)
        return await self._grant(tx, self._grant_of_offer(offer, asked, client, now), now)

    def _judge_tx_code(self, offer: Offer, tx_code: str | None) -> OAuthError | None:
        """6.3: missing or unexpected is `invalid_request`, wrong is `invalid_grant`."""
        if offer.tx_code_digest is None:
            if tx_code is None:
                return None
            return _request_error(Reason.TX_CODE_UNEXPECTED)
        if tx_code is None:
            return _request_error(Reason.TX_CODE_MISSING)
        if not self._offers.tx_code_fits(offer, tx_code):
            return _grant_error(Reason.TX_CODE_WRONG)
        return None

    def _grant_of_offer(self, offer: Offer, asked: Asked, client: Client, now: datetime) -> Grant:
        return Grant(
            id=GrantId(self._draw()),
            holder=offer.holder,
            card_type=offer.card_type,
            configuration_ids=asked.configuration_ids,
            use_identifiers=asked.use_identifiers,
            client_id=client.client_id,
            jkt=client.jkt,
            instance_jkt=client.instance_jkt,
            offer=offer.id,
            card=None,
            refresh_digest=None,
            refresh_expires_at=None,
            created_at=now,
        )

    async def _authorization_code(
        self, request: AuthorizationCodeTokenRequest, client: Client, now: datetime
    ) -> TokenResponse:
        async with self._store.transaction() as tx:
            result = await self._take_code(tx, request, client, now)
        if isinstance(result, OAuthError):
            raise result
        return result

    async def _take_code(
        self,
        tx: IssuerTransaction,
        request: AuthorizationCodeTokenRequest,
        client: Client,
        now: datetime,
    ) -> TokenResponse | OAuthError:
        """The code is gone before it is judged: one try each (RFC 6749, 4.1.2)."""
        if not await tx.claim(client.uses):
            return replayed()
        record = await tx.take_code(digest_of(request.code))
        if record is None or now >= record.expires_at:
            return _grant_error(Reason.CODE_UNKNOWN_OR_USED)
        refusal = _judge_code(record, request, client)
        if refusal is not None:
            return refusal
        asked = self._asked(request, record.configuration_ids)
        if isinstance(asked, OAuthError):
            return asked
        if record.holder is None or record.card_type is None:
            raise ValueError("a code without a holder")
        grant = Grant(
            id=GrantId(self._draw()),
            holder=record.holder,
            card_type=record.card_type,
            configuration_ids=asked.configuration_ids,
            use_identifiers=asked.use_identifiers or record.use_identifiers,
            client_id=record.client_id,
            jkt=client.jkt,
            instance_jkt=client.instance_jkt,
            offer=record.offer,
            card=None,
            refresh_digest=None,
            refresh_expires_at=None,
            created_at=now,
        )
        return await self._grant(tx, grant, now)

    async def _grant(self, tx: IssuerTransaction, grant: Grant, now: datetime) -> TokenResponse:
        """Write the grant with its first access token, and a refresh token where it is bound."""
        refresh = base64url.encode(self._entropy.token(32)) if grant.jkt else None
        lifetimes = self._configuration.lifetimes
        bound = replace(
            grant,
            refresh_digest=None if refresh is None else digest_of(refresh),
            refresh_expires_at=None if refresh is None else now + lifetimes.refresh_token,
        )
        await tx.add_grant(bound)
        return await self._answer(tx, bound, refresh, now)

    async def _answer(
        self, tx: IssuerTransaction, grant: Grant, refresh: str | None, now: datetime
    ) -> TokenResponse:
        token = base64url.encode(self._entropy.token(32))
        lifetime = self._configuration.lifetimes.access_token
        await tx.add_access_token(digest_of(token), grant.id, now + lifetime)
        details = tuple(
            AuthorizationDetail(
                credential_configuration_id=name,
                credential_identifiers=(self._offered[name].identifier,),
            )
            for name in grant.configuration_ids
        )
        return TokenResponse(
            access_token=token,
            token_type="DPoP" if grant.jkt else "Bearer",
            expires_in=int(lifetime.total_seconds()),
            refresh_token=refresh,
            scope=None if grant.use_identifiers else " ".join(grant.configuration_ids),
            authorization_details=details if grant.use_identifiers else (),
        )

    async def _refresh(
        self, request: RefreshTokenRequest, client: Client, now: datetime
    ) -> TokenResponse:
        async with self._store.transaction() as tx:
            if not await tx.claim(client.uses):
                result: TokenResponse | OAuthError = replayed()
            else:
                grant = await tx.find_by_refresh_token(digest_of(request.refresh_token))
                refusal = _judge_refresh(grant, client, now)
                if refusal is not None or grant is None:
                    result = refusal or _grant_error(Reason.TOKEN_UNKNOWN)
                else:
                    result = await self._answer(tx, grant, None, now)
        if isinstance(result, OAuthError):
            raise result
        return result

    def _asked(self, request: TokenRequest, granted: tuple[str, ...]) -> Asked | OAuthError:
        """The subset that the request names, by details or by scope; all where it names none."""
        if request.authorization_details:
            names = tuple(
                detail.credential_configuration_id for detail in request.authorization_details
            )
            if not set(names) <= set(granted):
                return OAuthError(
                    OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS,
                    clause="OpenID4VCI 5.1.1",
                    cause=Reason.CONFIGURATION_NOT_GRANTED,
                )
            return Asked(configuration_ids=tuple(dict.fromkeys(names)), use_identifiers=True)
        if request.scope is None:
            return Asked(configuration_ids=granted, use_identifiers=False)
        wanted = tuple(name for name in granted if name in request.scope.split())
        if not wanted:
            return OAuthError(OAuthErrorCode.INVALID_SCOPE, cause=Reason.CONFIGURATION_NOT_GRANTED)
        return Asked(configuration_ids=wanted, use_identifiers=False)

    def _draw(self) -> str:
        return base64url.encode(self._entropy.token(16))


def _judge_code(
    record: AuthorizationRecord, request: AuthorizationCodeTokenRequest, client: Client
) -> OAuthError | None:
    """Client, redirect URI, PKCE and the keys bound when the request was pushed."""
    if client.client_id != record.client_id:
        return _grant_error(Reason.CLIENT_DIFFERS)
    if request.redirect_uri != record.redirect_uri:
        return _grant_error(Reason.REDIRECT_DIFFERS)
    if record.jkt is not None and client.jkt != record.jkt:
        return _grant_error(Reason.OTHER_KEY)
    if record.instance_jkt is not None and client.instance_jkt != record.instance_jkt:
        return _grant_error(Reason.OTHER_INSTANCE)
    try:
        pkce.check_verifier(request.code_verifier or "", expected_challenge=record.code_challenge)
    except Rejected as error:
        return OAuthError(OAuthErrorCode.INVALID_GRANT, clause="RFC 7636 4.6", cause=error.reason)
    return None


def _judge_refresh(grant: Grant | None, client: Client, now: datetime) -> OAuthError | None:
    if grant is None or grant.refresh_expires_at is None:
        return _grant_error(Reason.TOKEN_UNKNOWN)
    if grant.ended_at is not None:
        return _grant_error(Reason.GRANT_ENDED)
    if now >= grant.refresh_expires_at:
        return _grant_error(Reason.TOKEN_EXPIRED)
    if grant.jkt != client.jkt:
        return _grant_error(Reason.OTHER_KEY)
    if grant.instance_jkt is not None and grant.instance_jkt != client.instance_jkt:
        return _grant_error(Reason.OTHER_INSTANCE)
    return None


def _grant_error(cause: Reason) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_GRANT, clause="OpenID4VCI 6.3", cause=cause)


def _request_error(cause: Reason) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_REQUEST, clause="OpenID4VCI 6.3", cause=cause)
