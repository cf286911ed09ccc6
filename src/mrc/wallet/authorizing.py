"""Receiving by authorization code: the holder says yes to the issuer in a browser.

OpenID4VCI 1.0, 5 and HAIP 1.0, 4.2: pushed request (RFC 9126), PKCE with S256 (RFC 7636), a code bound
to the DPoP key (RFC 9449, 10), a redirect that only this request has, `state`, and `iss` in the
answer (RFC 9207). A wallet speaks with issuers it has never met: one that does not say who answers
(`iss`) could pass on another's code, so it is refused before a browser opens (RFC 9700, 4.4).
Where the browser is and how its redirect comes back is the host's.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mrc.formats import base64url
from mrc.formats.jose.jwk import thumbprint
from mrc.kernel.errors import Malformed, MrcError, Rejected
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.errors import OAuthError
from mrc.protocols.oauth.metadata import AuthorizationServerMetadata
from mrc.protocols.oauth.par import AuthorizationRequest, decode_redirect, redirect_with
from mrc.protocols.openid4vci.token import (
    AuthorizationCodeTokenRequest,
    AuthorizationDetail,
    encode_details_text,
)
from mrc.wallet.network import AttestedClient
from mrc.wallet.pending import PendingCard
from mrc.wallet.ports import KeyId
from mrc.wallet.reasons import Reason
from mrc.wallet.receiving import OfferedCard, Receiving, ReceivingParts

STATE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunAuthorization:
    """A request that the issuer knows and the holder has not answered yet.

    `url` is to be opened in the holder's browser; the answer comes to `redirect_uri`.
    """

    offered: OfferedCard
    url: str = field(repr=False)
    redirect_uri: str
    client_id: str
    client: AttestedClient | None
    token_key: KeyId
    state: str = field(repr=False)
    verifier: str = field(repr=False)


class Authorizing:
    """The use case. Raises `Rejected`, `Malformed` or `Unavailable`."""

    def __init__(self, parts: ReceivingParts, receiving: Receiving) -> None:
        self._parts = parts
        self._receiving = receiving

    async def begin(
        self, offered: OfferedCard, *, redirect_uri: str, client_id: str
    ) -> BegunAuthorization:
        """Push the request. `client_id`: how a server that takes no attestation knows this wallet;
        `redirect_uri`: an address that no other request has and only this wallet reads."""
        server = offered.issuer.server
        _check_server(server)
        client = await self._receiving.client_for(offered.issuer)
        (token_key,) = await self._parts.keys.create(1)
        try:
            return await self._begin(
                offered,
                redirect_uri,
                client,
                client_id if client is None else client.client_id,
                token_key,
            )
        except OAuthError as error:
            await self._parts.keys.forget([token_key])
            raise Rejected(Reason.ISSUER_REFUSED, "RFC 9126 2.3", error.code.value) from error
        except MrcError:
            await self._parts.keys.forget([token_key])
            raise

    async def _begin(
        self,
        offered: OfferedCard,
        redirect_uri: str,
        client: AttestedClient | None,
        client_id: str,
        token_key: KeyId,
    ) -> BegunAuthorization:
        verifier = pkce.make_verifier(self._parts.entropy)
        state = base64url.encode(self._parts.entropy.token(STATE_BYTES))
        key = await self._parts.keys.signer(token_key)
        scope, details = _wanted(offered)
        grant = offered.offer.authorization_code
        request = AuthorizationRequest(
            client_id=client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=scope,
            state=state,
            code_challenge=pkce.challenge_of(verifier),
            code_challenge_method=pkce.METHOD,
            authorization_details=details,
            issuer_state=None if grant is None else grant.issuer_state,
            dpop_jkt=base64url.encode(thumbprint(key.public_key)),
        )
        pushed = await self._parts.issuers.push(offered.issuer, request, key=key, client=client)
        endpoint = offered.issuer.server.authorization_endpoint or ""
        members = {"client_id": client_id, "request_uri": pushed.request_uri}
        return BegunAuthorization(
            offered=offered,
            url=redirect_with(endpoint, members),
            redirect_uri=redirect_uri,
            client_id=client_id,
            client=client,
            token_key=token_key,
            state=state,
            verifier=verifier,
        )

    async def finish(self, begun: BegunAuthorization, answer: str) -> PendingCard:
        """From the address that the browser came back with to a token.

        1. `state` is this request's. 2. `iss` is the server that was asked. 3. The holder or the
        server did not say no. Only then the code, with its verifier, goes to that same server.
        """
        try:
            code = _code_in(answer, begun)
            request = AuthorizationCodeTokenRequest(
                client_id=begun.client_id,
                code=code,
                code_verifier=begun.verifier,
                redirect_uri=begun.redirect_uri,
            )
            issuer = begun.offered.issuer
            token = await self._parts.issuers.request_token(
                issuer,
                request,
                key=await self._parts.keys.signer(begun.token_key),
                client=begun.client,
            )
        except OAuthError as error:
            await self.give_up(begun)
            raise Rejected(Reason.ISSUER_REFUSED, "RFC 6749 5.2", error.code.value) from error
        except MrcError:
            await self.give_up(begun)
            raise
        return await self._receiving.begin(begun.offered, token, begun.token_key, begun.client)

    async def give_up(self, begun: BegunAuthorization) -> None:
        """Forget the request's key: no answer to it is of use any more."""
        await self._parts.keys.forget([begun.token_key])


def _code_in(answer: str, begun: BegunAuthorization) -> str:
    members = decode_redirect(
        answer,
        expected_state=begun.state,
        expected_issuer=begun.offered.issuer.server.issuer,
    )
    if "error" in members:
        raise Rejected(Reason.ISSUER_REFUSED, "RFC 6749 4.1.2.1", members["error"])
    if not members.get("code"):
        raise Malformed("authorization response", "neither code nor error")
    return members["code"]


def _check_server(server: AuthorizationServerMetadata) -> None:
    """Raise `Rejected` unless the server can do what keeps one server's code from another."""
    endpoint = server.authorization_endpoint
    if endpoint is None or server.pushed_authorization_request_endpoint is None:
        raise _unsupported("RFC 9126 5", "no pushed authorization requests")
    parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.netloc or parts.fragment:
        raise _unsupported("RFC 6749 3.1", "the authorization endpoint is no https address")
    if pkce.METHOD not in server.code_challenge_methods_supported:
        raise _unsupported("RFC 9700 2.1.1", "no PKCE with S256")
    if server.authorization_response_iss_parameter_supported is not True:
        raise _unsupported("RFC 9207 3", "does not say who answers (iss)")


def _unsupported(clause: str, detail: str) -> Rejected:
    return Rejected(Reason.ISSUER_UNSUPPORTED, clause, detail)


def _wanted(offered: OfferedCard) -> tuple[str | None, str | None]:
    """By scope where every configuration has one (HAIP 4.1), else by details (5.1.1)."""
    scopes = [one.scope for one in offered.configurations.values()]
    if all(scopes):
        return " ".join(dict.fromkeys(scope for scope in scopes if scope)), None
    locations = (offered.offer.credential_issuer,)
    elsewhere = offered.issuer.server.issuer != offered.offer.credential_issuer
    details = tuple(
        AuthorizationDetail(
            credential_configuration_id=name, locations=locations if elsewhere else ()
        )
        for name in offered.configurations
    )
    return None, encode_details_text(details)
