"""Credential, deferred credential and notification messages (OpenID4VCI 1.0, sections 8, 9, 11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mrc.formats import json_text
from mrc.formats.jose.jwe import Encryption
from mrc.formats.jose.jwk import encode_jwk
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import EcPublicKey
from mrc.protocols.oauth.jwt import public_jwk
from mrc.protocols.oauth.members import (
    optional_integer,
    optional_object,
    optional_objects,
    optional_text,
    optional_texts,
    present,
    required_text,
)
from mrc.protocols.openid4vci.configuration import PROOF_ATTESTATION, PROOF_JWT
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode

_REQUEST = "credential request"
_RESPONSE = "credential response"
_DEFERRED = "deferred credential request"
_NOTIFICATION = "notification request"
_MAX_INTERVAL = 30 * 86400  # seconds; longer than any review of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtProofs:
    """Compact JWTs of proof type `jwt` (F.1), one for each key."""

    jwts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationProof:
    """The one key attestation of proof type `attestation` (F.3)."""

    jwt: str


Proofs = JwtProofs | AttestationProof


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseEncryptionRequest:
    """`credential_response_encryption` of a request: the key and how to encrypt to it."""

    key: EcPublicKey
    kid: str | None
    encryption: Encryption
    compress: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRequest:
    """Exactly one of the two names is given (8.2)."""

    credential_configuration_id: str | None = None
    credential_identifier: str | None = None
    proofs: Proofs | None = None
    response_encryption: ResponseEncryptionRequest | None = None

    def __post_init__(self) -> None:
        if (self.credential_configuration_id is None) == (self.credential_identifier is None):
            raise Malformed(_REQUEST, "expected one of credential_identifier and configuration id")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCredentials:
    """A 200 answer (8.3)."""

    credentials: tuple[str, ...] = field(repr=False)
    notification_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredIssuance:
    """A 202 answer (8.3, 9.2); `interval` in seconds."""

    transaction_id: str
    interval: int


CredentialResponse = IssuedCredentials | DeferredIssuance


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredRequest:
    transaction_id: str
    response_encryption: ResponseEncryptionRequest | None = None


class NotificationEvent(StrEnum):
    ACCEPTED = "credential_accepted"
    FAILURE = "credential_failure"
    DELETED = "credential_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The description is a stranger's text: it is decoded and never logged or kept."""

    notification_id: str
    event: NotificationEvent
    event_description: str | None = None


def decode_credential_request(data: bytes | str) -> CredentialRequest:
    """Raises `Malformed`, and `CredentialError` for proofs and encryption (8.3.1.2)."""
    members = json_text.decode_object(data, _REQUEST)
    return CredentialRequest(
        credential_configuration_id=optional_text(members, "credential_configuration_id", _REQUEST),
        credential_identifier=optional_text(members, "credential_identifier", _REQUEST),
        proofs=_decode_proofs(members),
        response_encryption=_decode_encryption(members),
    )


def _decode_proofs(members: Mapping[str, object]) -> Proofs | None:
    """`proofs` has exactly one member, named after the proof type (8.2)."""
    proofs = optional_object(members, "proofs", _REQUEST)
    if proofs is None:
        return None
    if len(proofs) != 1:
        raise CredentialError(CredentialErrorCode.INVALID_PROOF, "proofs needs one member")
    try:
        jwts = optional_texts(proofs, PROOF_JWT, "proofs")
        attestations = optional_texts(proofs, PROOF_ATTESTATION, "proofs")
    except Malformed as error:
        raise CredentialError(CredentialErrorCode.INVALID_PROOF, str(error)) from error
    if jwts:
        return JwtProofs(jwts=jwts)
    if len(attestations) == 1:
        return AttestationProof(jwt=attestations[0])
    raise CredentialError(CredentialErrorCode.INVALID_PROOF, "proof type or count not supported")


def _decode_encryption(members: Mapping[str, object]) -> ResponseEncryptionRequest | None:
    """The recipient key carries its own `alg` (section 10); ECDH-ES is the only one of ours."""
    encryption = optional_object(members, "credential_response_encryption", _REQUEST)
    if encryption is None:
        return None
    try:
        jwk = optional_object(encryption, "jwk", _REQUEST) or {}
        key = public_jwk(jwk, _REQUEST)
        if not isinstance(key, EcPublicKey) or jwk.get("alg") != "ECDH-ES":
            raise Malformed(_REQUEST, "expected an EC key with alg ECDH-ES")
        if encryption.get("zip", "DEF") != "DEF":
            raise Malformed(_REQUEST, "unknown zip")
        return ResponseEncryptionRequest(
            key=key,
            kid=optional_text(jwk, "kid", _REQUEST),
            encryption=Encryption(required_text(encryption, "enc", _REQUEST)),
            compress="zip" in encryption,
        )
    except (Malformed, ValueError) as error:
        code = CredentialErrorCode.INVALID_ENCRYPTION_PARAMETERS
        raise CredentialError(code, str(error)) from error


def encode_credential_request(request: CredentialRequest) -> bytes:
    return json_text.encode(
        present(
            credential_configuration_id=request.credential_configuration_id,
            credential_identifier=request.credential_identifier,
            proofs=_encode_proofs(request.proofs),
            credential_response_encryption=_encode_encryption(request.response_encryption),
        )
    )


def _encode_proofs(proofs: Proofs | None) -> dict[str, object] | None:
    match proofs:
        case None:
            return None
        case JwtProofs():
            return {PROOF_JWT: list(proofs.jwts)}
        case AttestationProof():
            return {PROOF_ATTESTATION: [proofs.jwt]}


def _encode_encryption(wanted: ResponseEncryptionRequest | None) -> dict[str, object] | None:
    if wanted is None:
        return None
    jwk = {**encode_jwk(wanted.key), "use": "enc", "alg": "ECDH-ES", **present(kid=wanted.kid)}
    return present(jwk=jwk, enc=wanted.encryption.value, zip="DEF" if wanted.compress else None)


def encode_credential_response(response: CredentialResponse) -> bytes:
    match response:
        case IssuedCredentials():
            credentials = tuple({"credential": item} for item in response.credentials)
            members = present(credentials=credentials, notification_id=response.notification_id)
        case DeferredIssuance():
            members = {"transaction_id": response.transaction_id, "interval": response.interval}
    return json_text.encode(members)


def decode_credential_response(data: bytes | str) -> CredentialResponse:
    """Raises `Malformed`: credentials or a transaction, never both (8.3)."""
    members = json_text.decode_object(data, _RESPONSE)
    credentials = optional_objects(members, "credentials", _RESPONSE)
    transaction_id = optional_text(members, "transaction_id", _RESPONSE)
    interval = optional_integer(members, "interval", _RESPONSE)
    if bool(credentials) == (transaction_id is not None):
        raise Malformed(_RESPONSE, "expected one of credentials and transaction_id")
    if transaction_id is not None:
        if interval is None or not 0 < interval <= _MAX_INTERVAL:
            raise Malformed(_RESPONSE, "interval is missing or impossible")
        return DeferredIssuance(transaction_id=transaction_id, interval=interval)
    return IssuedCredentials(
        credentials=tuple(required_text(item, "credential", _RESPONSE) for item in credentials),
        notification_id=optional_text(members, "notification_id", _RESPONSE),
    )


def decode_deferred_request(data: bytes | str) -> DeferredRequest:
    members = json_text.decode_object(data, _DEFERRED)
    return DeferredRequest(
        transaction_id=required_text(members, "transaction_id", _DEFERRED),
        response_encryption=_decode_encryption(members),
    )


def encode_deferred_request(request: DeferredRequest) -> bytes:
    return json_text.encode(
        present(
            transaction_id=request.transaction_id,
            credential_response_encryption=_encode_encryption(request.response_encryption),
        )
    )


def decode_notification(data: bytes | str) -> Notification:
    """Raises `CredentialError` with `invalid_notification_request` (11.3)."""
    try:
        members = json_text.decode_object(data, _NOTIFICATION)
        return Notification(
            notification_id=required_text(members, "notification_id", _NOTIFICATION),
            event=NotificationEvent(required_text(members, "event", _NOTIFICATION)),
            event_description=optional_text(members, "event_description", _NOTIFICATION),
        )
    except (Malformed, ValueError) as error:
        code = CredentialErrorCode.INVALID_NOTIFICATION_REQUEST
        raise CredentialError(code, clause="OpenID4VCI 11.3") from error


def encode_notification(notification: Notification) -> bytes:
    return json_text.encode(
        present(
            notification_id=notification.notification_id,
            event=notification.event.value,
            event_description=notification.event_description,
        )
    )
