"""Opening and checking credential requests (OpenID4VCI 1.0, sections 8.2, 8.3.1, 9.1 and 10)."""

from dataclasses import dataclass, field
from datetime import datetime

from mrc.issuer.clients import Access
from mrc.issuer.configuration import (
    IssuerConfiguration,
    IssuerSecrets,
    OfferedCredential,
    Requirement,
)
from mrc.issuer.ports import Tools
from mrc.issuer.reasons import Reason
from mrc.issuer.records import OneTimeUse
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Curve, EcPublicKey
from mrc.protocols.oauth.nonces import NoncePurpose
from mrc.protocols.oauth.reasons import Reason as OAuthReason
from mrc.protocols.openid4vci import proofs
from mrc.protocols.openid4vci.credential import (
    CredentialRequest,
    DeferredRequest,
    ResponseEncryptionRequest,
    decode_credential_request,
    decode_deferred_request,
)
from mrc.protocols.openid4vci.encryption import DecryptionKeys, decrypt_request
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode
from mrc.protocols.openid4vci.key_attestation import KeyAttestationPolicy
from mrc.protocols.openid4vci.reasons import Reason as ProofReason

_WRONG_NONCE = (
    ProofReason.NONCE_DIFFERS,
    OAuthReason.NONCE_NOT_OURS,
    OAuthReason.NONCE_EXPIRED,
)
_Code = CredentialErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A checked credential request: what to issue, to which keys, how to answer."""

    access: Access
    credential: OfferedCredential
    keys: tuple[EcPublicKey, ...]
    nonce: OneTimeUse
    encryption: ResponseEncryptionRequest | None = field(repr=False)


class CredentialRequests:
    """The checks of credential and deferred requests under one configuration."""

    def __init__(
        self,
        configuration: IssuerConfiguration,
        secrets: IssuerSecrets,
        tools: Tools,
        decryption: DecryptionKeys,
    ) -> None:
        self._configuration = configuration
        self._tools = tools
        self._decryption = decryption
        self._offered = configuration.offered
        self._identifiers = {one.identifier: one for one in self._offered.values()}
        self._nonces = secrets.mint(NoncePurpose.CREDENTIAL, configuration.lifetimes.nonce)
        self._policy = self._proof_policy()

    def _proof_policy(self) -> proofs.ProofPolicy:
        configuration = self._configuration
        demanded = configuration.key_attestation
        attestation = KeyAttestationPolicy(
            attesters=configuration.attesters,
            x5c_required=configuration.haip,
            required=configuration.key_attestation_levels,
            accept_draft_typ=configuration.accept_draft_key_attestations,
        )
        return proofs.ProofPolicy(
            credential_issuer=configuration.credential_issuer,
            nonces=self._nonces,
            max_keys=configuration.batch_size,
            key_attestation=None if demanded is Requirement.OFF else attestation,
            key_attestation_required=demanded is Requirement.REQUIRED,
            accept_attestation_proof=demanded is not Requirement.OFF,
        )

    def nonce(self, now: datetime) -> str:
        """A fresh c_nonce (7.2); nothing is written."""
        return self._nonces.mint(now=now, entropy=self._tools.entropy)

    async def open_credential(self, body: bytes, *, encrypted: bool) -> CredentialRequest:
        """The decoded request. Raises `CredentialError`."""
        try:
            request = decode_credential_request(await self._open(body, encrypted))
        except Malformed as error:
            raise CredentialError(_Code.INVALID_CREDENTIAL_REQUEST, str(error)) from error
        self._check_encryption(request.response_encryption, encrypted)
        return request

    async def open_deferred(self, body: bytes, *, encrypted: bool) -> DeferredRequest:
        """The decoded request. Raises `CredentialError`."""
        try:
            request = decode_deferred_request(await self._open(body, encrypted))
        except Malformed as error:
            raise CredentialError(_Code.INVALID_CREDENTIAL_REQUEST, str(error)) from error
        self._check_encryption(request.response_encryption, encrypted)
        return request

    async def _open(self, body: bytes, encrypted: bool) -> bytes:
        if not encrypted:
            if self._configuration.encryption_required:
                raise _encryption_error(ProofReason.ENCRYPTION_REQUIRED)
            return body
        try:
            return await decrypt_request(body, self._decryption)
        except Rejected as error:
            code = _Code.INVALID_ENCRYPTION_PARAMETERS
            raise CredentialError(code, clause=error.clause) from error

    def _check_encryption(self, wanted: ResponseEncryptionRequest | None, encrypted: bool) -> None:
        """8.2: a wish for an encrypted answer must itself come encrypted, or it was put in."""
        if wanted is None:
            if self._configuration.encryption_required:
                raise _encryption_error(ProofReason.ENCRYPTION_REQUIRED)
            return
        if not encrypted:
            raise _encryption_error(ProofReason.ENCRYPTION_REQUIRED)
        if wanted.key.curve is not Curve.P256:
            raise _encryption_error(ProofReason.ENCRYPTION_NOT_OFFERED)

    def check(self, request: CredentialRequest, access: Access, *, now: datetime) -> Ask:
        """Raises `CredentialError`."""
        credential = self._credential(request, access)
        if request.proofs is None:
            raise CredentialError(_Code.INVALID_PROOF, "proofs is missing")
        context = proofs.ProofContext(
            client_id=access.grant.client_id, at=now, verifier=self._tools.verifier
        )
        try:
            proven = proofs.check_proofs(request.proofs, policy=self._policy, context=context)
        except Rejected as error:
            code = _Code.INVALID_NONCE if error.reason in _WRONG_NONCE else _Code.INVALID_PROOF
            raise CredentialError(code, clause=error.clause, cause=error.reason) from error
        except Malformed as error:
            raise CredentialError(_Code.INVALID_PROOF, str(error)) from error
        return Ask(
            access=access,
            credential=credential,
            keys=proven.keys,
            nonce=OneTimeUse(digest=proven.nonce.digest, expires_at=proven.nonce.expires_at),
            encryption=request.response_encryption,
        )

    def _credential(self, request: CredentialRequest, access: Access) -> OfferedCredential:
        """8.2: by identifier where the token came with identifiers, else by configuration."""
        grant = access.grant
        if grant.use_identifiers:
            found = self._identifiers.get(request.credential_identifier or "")
            code = _Code.UNKNOWN_CREDENTIAL_IDENTIFIER
        else:
            found = self._offered.get(request.credential_configuration_id or "")
            code = _Code.UNKNOWN_CREDENTIAL_CONFIGURATION
        wrong_name = grant.use_identifiers != (request.credential_identifier is not None)
        if wrong_name:
            raise CredentialError(_Code.INVALID_CREDENTIAL_REQUEST, "the other name is required")
        if found is None:
            raise CredentialError(code)
        if found.id not in grant.configuration_ids:
            raise CredentialError(code, cause=Reason.CONFIGURATION_NOT_GRANTED)
        return found


def _encryption_error(cause: ProofReason) -> CredentialError:
    return CredentialError(
        _Code.INVALID_ENCRYPTION_PARAMETERS, clause="OpenID4VCI 8.2", cause=cause
    )
