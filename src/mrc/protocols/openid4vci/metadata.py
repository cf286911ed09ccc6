"""Credential Issuer Metadata, plain and signed (OpenID4VCI 1.0, section 12.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mrc.formats import json_text
from mrc.formats.jose.jwk import decode_ec_jwk, encode_jwk
from mrc.formats.jose.jwt import check_times, encode_time, get_time
from mrc.formats.jose.x5c import encode_x5c
from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import EcPublicKey, PublicKey
from mrc.kernel.ports import SignatureVerifier, Signer
from mrc.protocols.oauth.jwt import ES256_ONLY, check_signed, decode_jwt, sign_jwt
from mrc.protocols.oauth.members import (
    as_object,
    optional_boolean,
    optional_integer,
    optional_object,
    optional_objects,
    optional_text,
    optional_texts,
    present,
    required_text,
)
from mrc.protocols.openid4vci.configuration import (
    CredentialConfiguration,
    decode_configuration,
    encode_configuration,
)
from mrc.protocols.openid4vci.reasons import Reason

WELL_KNOWN = "openid-credential-issuer"
SIGNED_TYP = "openidvci-issuer-metadata+jwt"  # "openidvci", as 12.2.3 spells it
MAX_CONFIGURATIONS = 256  # a stranger's issuer may offer many; ours has ten
_WHAT = "credential issuer metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEncryption:
    """`credential_request_encryption`; keys by their `kid`."""

    keys: Mapping[str, EcPublicKey]
    enc_values_supported: tuple[str, ...]
    zip_values_supported: tuple[str, ...] = ()
    encryption_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseEncryption:
    """`credential_response_encryption`."""

    alg_values_supported: tuple[str, ...]
    enc_values_supported: tuple[str, ...]
    zip_values_supported: tuple[str, ...] = ()
    encryption_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialIssuerMetadata:
    credential_issuer: str
    credential_endpoint: str
    configurations: Mapping[str, CredentialConfiguration]
    authorization_servers: tuple[str, ...] = ()
    nonce_endpoint: str | None = None
    deferred_credential_endpoint: str | None = None
    notification_endpoint: str | None = None
    request_encryption: RequestEncryption | None = None
    response_encryption: ResponseEncryption | None = None
    batch_size: int | None = None
    display: tuple[Mapping[str, object], ...] = field(default=())

    @property
    def authorization_server(self) -> str:
        """The first authorization server; the issuer itself where none is named (12.2.4)."""
        return next(iter(self.authorization_servers), self.credential_issuer)


def encode_metadata(metadata: CredentialIssuerMetadata) -> dict[str, object]:
    request, response = metadata.request_encryption, metadata.response_encryption
    size = metadata.batch_size
    return present(
        credential_issuer=metadata.credential_issuer,
        authorization_servers=metadata.authorization_servers,
        credential_endpoint=metadata.credential_endpoint,
        nonce_endpoint=metadata.nonce_endpoint,
        deferred_credential_endpoint=metadata.deferred_credential_endpoint,
        notification_endpoint=metadata.notification_endpoint,
        credential_request_encryption=None if request is None else _encode_request(request),
        credential_response_encryption=None if response is None else _encode_response(response),
        batch_credential_issuance=None if size is None else {"batch_size": size},
        display=metadata.display,
        credential_configurations_supported={
            name: encode_configuration(value) for name, value in metadata.configurations.items()
        },
    )


def _encode_request(encryption: RequestEncryption) -> dict[str, object]:
    keys = [
        {**encode_jwk(key), "kid": kid, "use": "enc", "alg": "ECDH-ES"}
        for kid, key in encryption.keys.items()
    ]
    return present(
        jwks={"keys": keys},
        enc_values_supported=encryption.enc_values_supported,
        zip_values_supported=encryption.zip_values_supported,
        encryption_required=encryption.encryption_required,
    )


def _encode_response(encryption: ResponseEncryption) -> dict[str, object]:
    return present(
        alg_values_supported=encryption.alg_values_supported,
        enc_values_supported=encryption.enc_values_supported,
        zip_values_supported=encryption.zip_values_supported,
        encryption_required=encryption.encryption_required,
    )


def decode_metadata(
    members: Mapping[str, object], *, expected_issuer: str
) -> CredentialIssuerMetadata:
    """Raises `Malformed`, and `Rejected` where `credential_issuer` is another (12.2.4)."""
    issuer = required_text(members, "credential_issuer", _WHAT)
    if issuer != expected_issuer:
        raise Rejected(Reason.ISSUER_MISMATCH, "OpenID4VCI 12.2.4")
    request = optional_object(members, "credential_request_encryption", _WHAT)
    response = optional_object(members, "credential_response_encryption", _WHAT)
    return CredentialIssuerMetadata(
        credential_issuer=issuer,
        credential_endpoint=required_text(members, "credential_endpoint", _WHAT),
        configurations=_decode_configurations(members),
        authorization_servers=optional_texts(members, "authorization_servers", _WHAT),
        nonce_endpoint=optional_text(members, "nonce_endpoint", _WHAT),
        deferred_credential_endpoint=optional_text(members, "deferred_credential_endpoint", _WHAT),
        notification_endpoint=optional_text(members, "notification_endpoint", _WHAT),
        request_encryption=None if request is None else _decode_request(request),
        response_encryption=None if response is None else _decode_response(response),
        batch_size=_decode_batch_size(members),
        display=optional_objects(members, "display", _WHAT),
    )


def _decode_configurations(members: Mapping[str, object]) -> dict[str, CredentialConfiguration]:
    supported = as_object(members.get("credential_configurations_supported"), _WHAT)
    if len(supported) > MAX_CONFIGURATIONS:
        raise Malformed(_WHAT, f"more than {MAX_CONFIGURATIONS} configurations")
    return {
        name: decode_configuration(as_object(value, _WHAT)) for name, value in supported.items()
    }


def _decode_batch_size(members: Mapping[str, object]) -> int | None:
    batch = optional_object(members, "batch_credential_issuance", _WHAT)
    if batch is None:
        return None
    size = optional_integer(batch, "batch_size", _WHAT)
    if size is None or size < 2:
        raise Malformed(_WHAT, "batch_size must be 2 or greater")
    return size


def _decode_request(members: Mapping[str, object]) -> RequestEncryption:
    """Keys that are not for ECDH-ES on a curve are passed over; each needs its own `kid`."""
    jwks = optional_object(members, "jwks", _WHAT) or {}
    keys: dict[str, EcPublicKey] = {}
    for member in optional_objects(jwks, "keys", _WHAT):
        kid = required_text(member, "kid", _WHAT)
        if kid in keys:
            raise Malformed(_WHAT, "two encryption keys with one kid")
        if member.get("kty") == "EC" and member.get("alg") == "ECDH-ES":
            keys[kid] = decode_ec_jwk(member)
    return RequestEncryption(
        keys=keys,
        enc_values_supported=optional_texts(members, "enc_values_supported", _WHAT),
        zip_values_supported=optional_texts(members, "zip_values_supported", _WHAT),
        encryption_required=optional_boolean(members, "encryption_required", _WHAT) or False,
    )


def _decode_response(members: Mapping[str, object]) -> ResponseEncryption:
    return ResponseEncryption(
        alg_values_supported=optional_texts(members, "alg_values_supported", _WHAT),
        enc_values_supported=optional_texts(members, "enc_values_supported", _WHAT),
        zip_values_supported=optional_texts(members, "zip_values_supported", _WHAT),
        encryption_required=optional_boolean(members, "encryption_required", _WHAT) or False,
    )


def encode_metadata_bytes(metadata: CredentialIssuerMetadata) -> bytes:
    return json_text.encode(encode_metadata(metadata))


async def sign_metadata(
    metadata: CredentialIssuerMetadata,
    *,
    signer: Signer,
    chain: Sequence[Certificate],
    now: datetime,
    expires_at: datetime,
) -> str:
    """The signed form (12.2.3). `chain` leaf first, without the anchor (HAIP 4.1)."""
    header = {"typ": SIGNED_TYP, "x5c": encode_x5c([link.der for link in chain])}
    claims = {
        "iss": metadata.credential_issuer,
        "sub": metadata.credential_issuer,
        "iat": encode_time(now),
        "exp": encode_time(expires_at),
        **encode_metadata(metadata),
    }
    return await sign_jwt(header, claims, signer)


def check_signed_metadata(
    token: str,
    *,
    expected_issuer: str,
    signer_key: PublicKey,
    at: datetime,
    verifier: SignatureVerifier,
) -> CredentialIssuerMetadata:
    """Raise `Malformed` or `Rejected` unless `signer_key` signed metadata of `expected_issuer`.

    12.2.3: `typ`, signature, `sub` equal to the issuer identifier, `iat` required, `exp` and
    `nbf` where present. Whether `signer_key` (from `x5c`) is trusted is the caller's check.
    """
    signed = check_signed(
        decode_jwt(token, expected_typ=SIGNED_TYP, what=_WHAT),
        key=signer_key,
        expected_algorithms=ES256_ONLY,
        verifier=verifier,
    )
    get_time(signed.claims, "iat")
    check_times(signed.claims, at=at)
    if signed.claims.get("sub") != expected_issuer:
        raise Rejected(Reason.ISSUER_MISMATCH, "OpenID4VCI 12.2.3")
    return decode_metadata(signed.claims, expected_issuer=expected_issuer)
