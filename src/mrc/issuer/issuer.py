"""The issuer as one object: every use case, ready for a front end.

Made once per process from its parts; nothing here reads a clock or does I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mrc.formats import json_text
from mrc.formats.jose.jwe import Sender
from mrc.issuer.authorization import Authorizations
from mrc.issuer.cards import Cards
from mrc.issuer.clients import Access, ClientHeaders, Clients
from mrc.issuer.collecting import Collecting
from mrc.issuer.configuration import IssuerConfiguration, IssuerSecrets
from mrc.issuer.copies import CertifiedSigner, CopySigners
from mrc.issuer.metadata import issuer_metadata, server_metadata
from mrc.issuer.offers import Offers
from mrc.issuer.ports import CardDataSource, Tools
from mrc.issuer.requests import CredentialRequests
from mrc.issuer.status import StatusLists
from mrc.issuer.store import IssuerStore
from mrc.issuer.tokens import Tokens
from mrc.kernel.ports import KeyAgreement
from mrc.protocols.oauth.metadata import encode_metadata as encode_server_metadata
from mrc.protocols.openid4vci.credential import (
    CredentialResponse,
    DeferredIssuance,
    ResponseEncryptionRequest,
    decode_notification,
    encode_credential_response,
)
from mrc.protocols.openid4vci.encryption import DecryptionKeys, encrypt_response
from mrc.protocols.openid4vci.metadata import (
    CredentialIssuerMetadata,
    encode_metadata_bytes,
    sign_metadata,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKeys:
    """One key per purpose. `metadata` signs the issuer's metadata; `encryption` opens requests."""

    mdoc: CertifiedSigner
    sd_jwt: CertifiedSigner
    status: CertifiedSigner
    metadata: CertifiedSigner
    encryption: Mapping[str, KeyAgreement] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialAnswer:
    """A credential answer ready to be sent."""

    body: bytes = field(repr=False)
    encrypted: bool
    deferred: bool


class Issuer:
    """Every use case of one issuer."""

    def __init__(
        self,
        configuration: IssuerConfiguration,
        *,
        keys: IssuerKeys,
        secrets: IssuerSecrets,
        store: IssuerStore,
        source: CardDataSource,
        tools: Tools,
    ) -> None:
        self.configuration = configuration
        self._keys = keys
        self.store = store
        self._sender = Sender(key_maker=tools.key_maker, entropy=tools.entropy, cipher=tools.cipher)
        decryption = DecryptionKeys(keys=keys.encryption, cipher=tools.cipher)
        signers = CopySigners(mdoc=keys.mdoc, sd_jwt=keys.sd_jwt, entropy=tools.entropy)
        self.clients = Clients(configuration, secrets, tools)
        self.offers = Offers(configuration, secrets, store, tools.entropy)
        self.tokens = Tokens(configuration, self.clients, self.offers, store, tools.entropy)
        self.authorizations = Authorizations(
            configuration, self.clients, self.offers, store, tools.entropy
        )
        self.requests = CredentialRequests(configuration, secrets, tools, decryption)
        self.collecting = Collecting(configuration, store, source, signers, tools)
        self.cards = Cards(store)
        self.status = StatusLists(configuration, store, keys.status)

    async def access(self, path: str, *, headers: ClientHeaders, now: datetime) -> Access:
        """The grant behind a request to the resource at `path`; its `uses` are for the caller to
        claim (`store`). Raises `OAuthError`."""
        url = self.configuration.endpoint(path)
        return await self.clients.access(headers, url=url, store=self.store, now=now)

    async def credential(
        self, body: bytes, *, encrypted: bool, headers: ClientHeaders, now: datetime
    ) -> CredentialAnswer:
        """The credential endpoint. Raises `OAuthError` and `CredentialError`."""
        access = await self.access("credential", headers=headers, now=now)
        request = await self.requests.open_credential(body, encrypted=encrypted)
        ask = self.requests.check(request, access, now=now)
        response = await self.collecting.collect(ask, now=now)
        return await self._answer(response, request.response_encryption)

    async def deferred(
        self, body: bytes, *, encrypted: bool, headers: ClientHeaders, now: datetime
    ) -> CredentialAnswer:
        """The deferred credential endpoint. Raises as `credential`."""
        access = await self.access("deferred_credential", headers=headers, now=now)
        request = await self.requests.open_deferred(body, encrypted=encrypted)
        response = await self.collecting.collect_deferred(request.transaction_id, access, now=now)
        return await self._answer(response, request.response_encryption)

    async def notify(self, body: bytes, *, headers: ClientHeaders, now: datetime) -> None:
        """The notification endpoint. Raises as `credential`."""
        access = await self.access("notification", headers=headers, now=now)
        await self.collecting.notify(decode_notification(body), access)

    async def _answer(
        self, response: CredentialResponse, wanted: ResponseEncryptionRequest | None
    ) -> CredentialAnswer:
        body = encode_credential_response(response)
        if wanted is not None:
            body = await encrypt_response(body, wanted, sender=self._sender)
        return CredentialAnswer(
            body=body,
            encrypted=wanted is not None,
            deferred=isinstance(response, DeferredIssuance),
        )

    async def purge(self, *, now: datetime) -> int:
        """Forget what has run out: one-time uses, tokens, kept answers; how many."""
        return await self.store.purge(now=now)

    def metadata(self) -> bytes:
        """The plain issuer metadata; the same bytes as long as the process lives."""
        return encode_metadata_bytes(self._metadata())

    async def signed_metadata(self, *, now: datetime) -> str:
        """The signed form (12.2.3), for the time that the configuration says."""
        return await sign_metadata(
            self._metadata(),
            signer=self._keys.metadata.signer,
            chain=self._keys.metadata.chain,
            now=now,
            expires_at=now + self.configuration.lifetimes.signed_metadata,
        )

    def _metadata(self) -> CredentialIssuerMetadata:
        keys = {kid: key.public_key for kid, key in self._keys.encryption.items()}
        return issuer_metadata(self.configuration, keys)

    def server_metadata(self, *, challenge_endpoint: bool) -> bytes:
        """The authorization server's metadata (RFC 8414)."""
        metadata = server_metadata(self.configuration, challenge_endpoint=challenge_endpoint)
        return json_text.encode(encode_server_metadata(metadata))
