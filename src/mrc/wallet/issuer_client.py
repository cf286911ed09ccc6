"""The wallet's half of OpenID4VCI 1.0: from an offer's link to the credentials, message by message.

Everything an issuer says is decoded strictly; its errors come back as the errors of
`protocols.oauth` and `protocols.openid4vci`. Keys and their proofs are the caller's.
"""

from dataclasses import dataclass
from datetime import datetime

from mrc.formats import json_text
from mrc.formats.jose import jwe
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.ports import HttpResponse, Signer
from mrc.protocols.card_loss.unlock import (
    UNLOCK_PATH,
    Unlocked,
    UnlockRequest,
    decode_unlocked,
    encode_unlock_request,
)
from mrc.protocols.oauth import errors as oauth_errors
from mrc.protocols.oauth import metadata as server_metadata
from mrc.protocols.oauth.first_party import (
    AuthorizationChallengeRequest,
    AuthorizationGranted,
    decode_granted,
    encode_challenge_request,
)
from mrc.protocols.oauth.metadata import AuthorizationServerMetadata
from mrc.protocols.oauth.par import (
    AuthorizationRequest,
    PushedAuthorization,
    decode_pushed,
    encode_authorization_request,
)
from mrc.protocols.openid4vci import credential, encryption, token
from mrc.protocols.openid4vci import errors as credential_errors
from mrc.protocols.openid4vci import metadata as issuer_metadata
from mrc.protocols.openid4vci.credential import (
    CredentialRequest,
    CredentialResponse,
    DeferredRequest,
    Notification,
    ResponseEncryptionRequest,
)
from mrc.protocols.openid4vci.metadata import CredentialIssuerMetadata
from mrc.protocols.openid4vci.nonce import decode_nonce
from mrc.protocols.openid4vci.offer import (
    CredentialOffer,
    OfferReference,
    decode_offer,
    decode_offer_link,
)
from mrc.wallet.network import FORM, JSON, AttestedClient, AuthorizationServer, WalletNetwork
from mrc.wallet.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A credential issuer and the authorization server that answers for it."""

    metadata: CredentialIssuerMetadata
    server: AuthorizationServerMetadata

    @property
    def token_endpoint(self) -> str:
        if self.server.token_endpoint is None:
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "RFC 8414 2", "no token endpoint")
        return self.server.token_endpoint

    @property
    def authorization_server(self) -> AuthorizationServer:
        return AuthorizationServer(
            issuer=self.server.issuer, challenge_endpoint=self.server.challenge_endpoint
        )


class IssuerClient:
    """Speaks with one or many issuers. Raises `Unavailable` where one does not answer."""

    def __init__(self, network: WalletNetwork, sender: jwe.Sender) -> None:
        self._network = network
        self._sender = sender

    def time_at(self, credential_issuer: str) -> datetime:
        """By which a proof for this issuer is dated."""
        return self._network.time_at(credential_issuer)

    async def resolve_offer(self, link: str) -> CredentialOffer:
        """The offer behind a link or a scanned code (4.1)."""
        offer = decode_offer_link(link)
        if isinstance(offer, OfferReference):
            answer = await self._network.get(offer.credential_offer_uri, JSON)
            if answer.status != 200:
                detail = f"the office answered {answer.status}: expired or already used"
                raise Rejected(Reason.OFFER_UNUSABLE, "OpenID4VCI 4.1.3", detail)
            return decode_offer(answer.body)
        return offer

    async def discover(self, credential_issuer: str, server: str | None = None) -> Issuer:
        """Issuer metadata (12.2) and its authorization server's (12.3)."""
        members = await self._well_known(credential_issuer, issuer_metadata.WELL_KNOWN)
        metadata = issuer_metadata.decode_metadata(members, expected_issuer=credential_issuer)
        known = metadata.authorization_servers or (credential_issuer,)
        chosen = server or known[0]
        if chosen not in known:
            raise Rejected(Reason.ISSUER_MISMATCH, "OpenID4VCI 4.1.1", "authorization server")
        found = await self._well_known(chosen, server_metadata.WELL_KNOWN)
        return Issuer(
            metadata=metadata, server=server_metadata.decode_metadata(found, expected_issuer=chosen)
        )

    async def request_token(
        self,
        issuer: Issuer,
        request: token.AnyTokenRequest,
        *,
        key: Signer,
        client: AttestedClient | None,
    ) -> token.TokenResponse:
        """Raises `OAuthError` with the server's code where it refuses (6.3)."""
        answer = await self._network.post_to_server(
            issuer.token_endpoint,
            token.encode_token_request(request),
            server=issuer.authorization_server,
            key=key,
            client=client,
        )
        if answer.status != 200:
            raise oauth_errors.decode_error(_members(answer, "token error"))
        return token.decode_token_response(answer.body)

    async def challenge(
        self,
        issuer: Issuer,
        request: AuthorizationChallengeRequest,
        *,
        key: Signer,
        client: AttestedClient | None,
    ) -> AuthorizationGranted:
        """One step at the challenge endpoint (First-Party Apps -03, 5).

        Raises `OAuthError`: `insufficient_authorization` with what the server asks for next, or
        why it refuses. Raises `Unavailable` where the server could not decide.
        """
        url = issuer.server.authorization_challenge_endpoint
        if url is None:
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "first-party-apps-03 4.1", "no endpoint")
        body = encode_challenge_request(request)
        return decode_granted(await self._step(issuer, url, body, key=key, client=client))

    async def push(
        self,
        issuer: Issuer,
        request: AuthorizationRequest,
        *,
        key: Signer,
        client: AttestedClient | None,
    ) -> PushedAuthorization:
        """Push an authorization request (RFC 9126, 2). Raises `OAuthError` where it is refused."""
        url = issuer.server.pushed_authorization_request_endpoint
        if url is None:
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "RFC 9126 5", "no endpoint")
        answer = await self._network.post_to_server(
            url,
            encode_authorization_request(request),
            server=issuer.authorization_server,
            key=key,
            client=client,
        )
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(url, f"status {answer.status}")
        members = _members(answer, "pushed authorization answer")
        if answer.status not in (200, 201):
            raise oauth_errors.decode_error(members)
        return decode_pushed(members)

    async def unlock(
        self,
        issuer: Issuer,
        request: UnlockRequest,
        *,
        key: Signer,
        client: AttestedClient | None,
    ) -> Unlocked:
        """One step at our own unlock endpoint; raises as `challenge`."""
        url = f"{issuer.metadata.credential_issuer}/{UNLOCK_PATH}"
        body = encode_unlock_request(request)
        return decode_unlocked(await self._step(issuer, url, body, key=key, client=client))

    async def _step(
        self, issuer: Issuer, url: str, body: bytes, *, key: Signer, client: AttestedClient | None
    ) -> dict[str, object]:
        answer = await self._network.post_to_server(
            url, body, server=issuer.authorization_server, key=key, client=client
        )
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(url, f"status {answer.status}")
        members = _members(answer, "answer to a step")
        if answer.status != 200:
            raise oauth_errors.decode_error(members)
        return members

    async def fetch_nonce(self, issuer: Issuer) -> str | None:
        """A c_nonce (7), or None where the issuer has no nonce endpoint."""
        if issuer.metadata.nonce_endpoint is None:
            return None
        answer = await self._network.post(issuer.metadata.nonce_endpoint, b"", FORM)
        if answer.status != 200:
            raise Unavailable("nonce endpoint", f"status {answer.status}")
        return decode_nonce(answer.body)

    async def request_credentials(
        self, issuer: Issuer, request: CredentialRequest, *, access_token: str, key: Signer | None
    ) -> CredentialResponse:
        """Raises `CredentialError` with the issuer's code where it refuses (8.3.1)."""
        url = issuer.metadata.credential_endpoint
        return await self._ask(
            issuer, url, credential.encode_credential_request(request), request, access_token, key
        )

    async def request_deferred(
        self, issuer: Issuer, request: DeferredRequest, *, access_token: str, key: Signer | None
    ) -> CredentialResponse:
        """Ask again for credentials that were not ready (9)."""
        url = issuer.metadata.deferred_credential_endpoint
        if url is None:
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "OpenID4VCI 9", "no deferred endpoint")
        return await self._ask(
            issuer, url, credential.encode_deferred_request(request), None, access_token, key
        )

    async def notify(
        self, issuer: Issuer, notification: Notification, *, access_token: str, key: Signer | None
    ) -> None:
        """Tell the issuer what became of its credentials (11). Failure changes nothing."""
        url = issuer.metadata.notification_endpoint
        if url is not None:
            body = credential.encode_notification(notification)
            await self._network.post_with_token(url, body, JSON, token=access_token, key=key)

    async def _ask(
        self,
        issuer: Issuer,
        url: str,
        body: bytes,
        request: CredentialRequest | None,
        access_token: str,
        key: Signer | None,
    ) -> CredentialResponse:
        """One credential request, encrypted both ways where the issuer offers it (10)."""
        offered, wanted = issuer.metadata.request_encryption, issuer.metadata.response_encryption
        kind, agreement = JSON, None
        if offered is not None and wanted is not None and request is not None:
            agreement = await self._sender.key_maker.agreement_key()
            encryption_request = ResponseEncryptionRequest(
                key=agreement.public_key, kid=None, encryption=_common_encryption(wanted)
            )
            body = credential.encode_credential_request(
                CredentialRequest(
                    credential_configuration_id=request.credential_configuration_id,
                    credential_identifier=request.credential_identifier,
                    proofs=request.proofs,
                    response_encryption=encryption_request,
                )
            )
        if offered is not None and (agreement is not None or offered.encryption_required):
            body = await encryption.encrypt_request(body, offered, sender=self._sender)
            kind = encryption.MEDIA_TYPE
        answer = await self._network.post_with_token(url, body, kind, token=access_token, key=key)
        content = answer.body
        if answer.status in (200, 202) and _is_jwt(answer):
            if agreement is None:
                raise Malformed("credential response", "encrypted although nobody asked")
            content = await encryption.decrypt_response(
                content, key=agreement, cipher=self._sender.cipher
            )
        return _decode_answer(answer.status, content)

    async def _well_known(self, identifier: str, name: str) -> dict[str, object]:
        url = server_metadata.well_known_url(identifier, name)
        answer = await self._network.get(url, JSON)
        if answer.status != 200:
            raise Unavailable(url, f"status {answer.status}")
        return json_text.decode_object(answer.body, name)


def _common_encryption(offered: issuer_metadata.ResponseEncryption) -> jwe.Encryption:
    for candidate in (jwe.Encryption.A256GCM, jwe.Encryption.A128GCM):
        if candidate.value in offered.enc_values_supported:
            return candidate
    raise Rejected(Reason.ISSUER_UNSUPPORTED, "OpenID4VCI 12.2.4", "response encryption")


def _is_jwt(answer: HttpResponse) -> bool:
    return answer.headers.get("content-type", "").split(";")[0].strip() == encryption.MEDIA_TYPE


def _decode_answer(status: int, content: bytes) -> CredentialResponse:
    if status in (200, 202):
        return credential.decode_credential_response(content)
    if status >= 500:
        raise Unavailable("credential endpoint", f"status {status}")
    try:
        members = json_text.decode_object(content, "credential error")
    except Malformed as error:
        raise Unavailable("credential endpoint", f"status {status}") from error
    if status == 401 or "error" not in members:
        raise oauth_errors.decode_error({"error": "invalid_token", **members})
    raise credential_errors.decode_credential_error(members)


def _members(answer: HttpResponse, what: str) -> dict[str, object]:
    try:
        return json_text.decode_object(answer.body, what)
    except Malformed as error:
        raise Unavailable(what, f"status {answer.status}") from error
