"""Pushed authorization requests and the codes that answer them.

RFC 9126, RFC 7636, RFC 9207. Who the holder is comes from outside this module: an officer's offer
(`issuer_state` and the transaction code) or, for the IC card, the challenge endpoint's steps;
both end in `authorize`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.clients import Client, ClientHeaders, Clients, replayed
from mrc.issuer.configuration import IssuerConfiguration, digest_of
from mrc.issuer.offers import Offers
from mrc.issuer.reasons import Reason
from mrc.issuer.records import (
    AuthorizationRecord,
    HolderReference,
    Offer,
    OfferId,
    OfferState,
)
from mrc.issuer.store import IssuerStore
from mrc.kernel.ports import Entropy
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.par import (
    REQUEST_URI_PREFIX,
    AuthorizationRequest,
    PushedAuthorization,
    redirect_with,
)
from mrc.protocols.openid4vci.token import decode_details

LOOPBACK = re.compile(r"(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]{1,5})?")  # RFC 8252, 7.3, 8.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Whom the authorization is for: the outcome of an offer's code, or of the chip's steps."""

    holder: HolderReference
    card_type: CardType
    offer: OfferId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectOrder:
    """What the challenge endpoint knows when its last step is done."""

    client: Client
    client_id: str
    who: Identified
    scope: str
    code_challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorized:
    """A code for the client; `redirect` is where the browser goes, if there is one."""

    code: str = field(repr=False)
    redirect: str | None = field(repr=False)


class Authorizations:
    """The use cases of the authorization code flow."""

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

    async def push(
        self, request: AuthorizationRequest, headers: ClientHeaders, *, now: datetime
    ) -> PushedAuthorization:
        """Keep a checked request (RFC 9126, 2). Raises `OAuthError`."""
        url = self._configuration.endpoint("par")
        client = self._clients.authenticate(headers, url=url, client_id=request.client_id, now=now)
        ids, use_identifiers = self._wanted(request)
        self._check(request, client)
        request_uri = REQUEST_URI_PREFIX + base64url.encode(self._entropy.token(32))
        lifetime = self._configuration.lifetimes.pushed_request
        async with self._store.transaction() as tx:
            fresh = await tx.claim(client.uses)
            offer = None
            if request.issuer_state is not None:
                offer = await tx.find_offer_by_issuer_state(digest_of(request.issuer_state))
            record = AuthorizationRecord(
                request_digest=digest_of(request_uri),
                client_id=request.client_id,
                redirect_uri=request.redirect_uri,
                state=request.state,
                configuration_ids=ids,
                use_identifiers=use_identifiers,
                code_challenge=request.code_challenge or "",
                jkt=client.jkt or request.dpop_jkt,
                instance_jkt=client.instance_jkt,
                offer=None if offer is None else offer.id,
                holder=None,
                card_type=None,
                code_digest=None,
                expires_at=now + lifetime,
            )
            if fresh:
                await tx.add_authorization(record)
        if not fresh:
            raise replayed()
        return PushedAuthorization(
            request_uri=request_uri, expires_in=int(lifetime.total_seconds())
        )

    def _check(self, request: AuthorizationRequest, client: Client) -> None:
        if request.response_type != "code":
            raise OAuthError(OAuthErrorCode.UNSUPPORTED_RESPONSE_TYPE)
        if request.code_challenge_method != pkce.METHOD or not pkce.is_challenge(
            request.code_challenge or ""
        ):
            raise _invalid("PKCE with S256 is required", "RFC 7636 4.4.1")
        if client.jkt is not None and request.dpop_jkt not in (None, client.jkt):
            raise _invalid("dpop_jkt is another key", "RFC 9449 10.1")
        if request.redirect_uri is not None and not _is_redirect(request.redirect_uri):
            raise _invalid("redirect_uri is not allowed", "RFC 9700 2.1")

    def _wanted(self, request: AuthorizationRequest) -> tuple[tuple[str, ...], bool]:
        """By `authorization_details` (never in HAIP) or by scope (OpenID4VCI 5.1)."""
        if request.authorization_details is not None and not self._configuration.haip:
            details = decode_details(request.authorization_details)
            ids = tuple(detail.credential_configuration_id for detail in details)
            if not set(ids) <= self._offered.keys():
                raise OAuthError(OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS)
            return tuple(dict.fromkeys(ids)), True
        scopes = (request.scope or "").split()
        ids = tuple(name for name in self._offered if name in scopes)
        if not ids:
            raise OAuthError(OAuthErrorCode.INVALID_SCOPE, clause="OpenID4VCI 5.1.2")
        return ids, False

    async def find(self, client_id: str, request_uri: str, *, now: datetime) -> AuthorizationRecord:
        """The pushed request that a browser brings. Raises `OAuthError`."""
        async with self._store.reading() as tx:
            record = await tx.find_authorization(digest_of(request_uri))
        if record is None or record.client_id != client_id or now >= record.expires_at:
            raise _invalid("unknown or expired request_uri", "RFC 9126 4")
        return record

    async def authorize_with_offer(
        self, record: AuthorizationRecord, tx_code: str | None, *, now: datetime
    ) -> Authorized:
        """Authorize by the officer's offer and the code sent to the holder's number.

        The try is counted before it is judged, as at the token endpoint. Raises `OAuthError`
        with `access_denied`.
        """
        async with self._store.transaction() as tx:
            offer = None if record.offer is None else await tx.find_offer(record.offer)
            if offer is not None:
                offer = await tx.count_try(offer.code_digest, now=now)
            fits = offer is not None and self._fits(offer, tx_code)
            if offer is not None:
                if fits:
                    await tx.set_offer_state(offer.id, OfferState.REDEEMED)
                elif offer.tries >= offer.max_tries:
                    await tx.set_offer_state(offer.id, OfferState.TRIES_SPENT)
        if offer is None:
            raise _denied(Reason.OFFER_UNKNOWN)
        if not fits:
            raise _denied(Reason.TX_CODE_WRONG)
        who = Identified(holder=offer.holder, card_type=offer.card_type, offer=offer.id)
        return await self.authorize(record, who, now=now)

    def _fits(self, offer: Offer, tx_code: str | None) -> bool:
        if offer.tx_code_digest is None:
            return tx_code is None
        return tx_code is not None and self._offers.tx_code_fits(offer, tx_code)

    async def authorize(
        self, record: AuthorizationRecord, who: Identified, *, now: datetime
    ) -> Authorized:
        """Put a code on the request for `who`. Raises `OAuthError` where it has one already.

        The caller has identified the holder; nothing about that is checked here.
        """
        allowed = set(self._configuration.configurations_of(who.card_type))
        if not set(record.configuration_ids) <= allowed:
            raise _denied(Reason.CONFIGURATION_NOT_GRANTED)
        code = base64url.encode(self._entropy.token(32))
        async with self._store.transaction() as tx:
            done = await tx.authorize(
                record.request_digest,
                holder=who.holder,
                card_type=who.card_type,
                offer=who.offer,
                code_digest=digest_of(code),
                expires_at=now + self._configuration.lifetimes.authorization_code,
            )
        if not done:
            raise _denied(Reason.CODE_UNKNOWN_OR_USED)
        return Authorized(code=code, redirect=self._redirect(record, {"code": code}))

    async def authorize_directly(self, order: DirectOrder, *, now: datetime) -> Authorized:
        """A code without a pushed request: the end of the challenge endpoint's steps.

        draft-ietf-oauth-first-party-apps-03, 5.2.1. The caller has authenticated the client,
        checked that every step was made with the same DPoP key, and identified the holder.
        """
        ids = tuple(name for name in self._offered if name in order.scope.split())
        if not ids:
            raise OAuthError(OAuthErrorCode.INVALID_SCOPE, clause="OpenID4VCI 5.1.2")
        if not pkce.is_challenge(order.code_challenge):
            raise _invalid("PKCE with S256 is required", "RFC 7636 4.4.1")
        record = AuthorizationRecord(
            request_digest=self._entropy.token(32),
            client_id=order.client_id,
            redirect_uri=None,
            state=None,
            configuration_ids=ids,
            use_identifiers=False,
            code_challenge=order.code_challenge,
            jkt=order.client.jkt,
            instance_jkt=order.client.instance_jkt,
            offer=None,
            holder=None,
            card_type=None,
            code_digest=None,
            expires_at=now + self._configuration.lifetimes.authorization_code,
        )
        async with self._store.transaction() as tx:
            await tx.add_authorization(record)
        return await self.authorize(record, order.who, now=now)

    def refuse(self, record: AuthorizationRecord) -> str | None:
        """Where the browser goes when the holder may not or does not want to."""
        return self._redirect(record, {"error": OAuthErrorCode.ACCESS_DENIED.value})

    def _redirect(self, record: AuthorizationRecord, answer: dict[str, str]) -> str | None:
        if record.redirect_uri is None:
            return None
        members: dict[str, str | None] = {
            **answer,
            "state": record.state,
            "iss": self._configuration.credential_issuer,
        }
        return redirect_with(record.redirect_uri, members)


def _is_redirect(uri: str) -> bool:
    """https, a loopback http address, or an app's own scheme; never a script, never a fragment."""
    scheme, _, rest = uri.partition(":")
    if "#" in uri or not rest or scheme.lower() in ("javascript", "data", "file", "vbscript"):
        return False
    if scheme.lower() == "http":
        return _is_loopback(uri)
    return scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()


def _is_loopback(uri: str) -> bool:
    """Host and port as a whole, nothing before or after: `http://127.0.0.1.evil.example` is none."""
    try:
        return LOOPBACK.fullmatch(urlsplit(uri).netloc) is not None
    except ValueError:
        return False


def _invalid(description: str, clause: str) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_REQUEST, description, clause=clause)


def _denied(cause: Reason) -> OAuthError:
    return OAuthError(OAuthErrorCode.ACCESS_DENIED, clause="RFC 6749 4.1.2.1", cause=cause)
