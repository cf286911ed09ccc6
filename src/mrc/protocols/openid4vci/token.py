"""Token requests and responses with OpenID4VCI 1.0's parameters (sections 5.1.1, 6.1, 6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.members import (
    as_object,
    decode_form,
    encode_form,
    optional_integer,
    optional_objects,
    optional_text,
    optional_texts,
    present,
    required_text,
)
from mrc.protocols.openid4vci.offer import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE

REFRESH_TOKEN = "refresh_token"
DETAILS_TYPE = "openid_credential"
BEARER = "Bearer"
MAX_DETAILS = 32  # a wallet asks for at most the few configurations of one issuer
_REQUEST = "token request"
_RESPONSE = "token response"
_DETAILS = "authorization_details"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationDetail:
    """One `openid_credential` entry; identifiers stand only in a token response."""

    credential_configuration_id: str
    credential_identifiers: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What every token request may carry."""

    client_id: str | None = None
    scope: str | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorizedTokenRequest(TokenRequest):
    pre_authorized_code: str = field(repr=False)
    tx_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCodeTokenRequest(TokenRequest):
    code: str = field(repr=False)
    code_verifier: str | None = field(default=None, repr=False)
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenRequest(TokenRequest):
    refresh_token: str = field(repr=False)


AnyTokenRequest = PreAuthorizedTokenRequest | AuthorizationCodeTokenRequest | RefreshTokenRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    access_token: str = field(repr=False)
    token_type: str
    expires_in: int | None = None
    refresh_token: str | None = field(default=None, repr=False)
    scope: str | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()
    auth_session: str | None = field(default=None, repr=False)

    @property
    def is_bearer(self) -> bool:
        """Bound to no key. RFC 6749, 5.1: the value is case insensitive."""
        return self.token_type.lower() == BEARER.lower()


def decode_token_request(body: bytes | str) -> AnyTokenRequest:
    """Raises `Malformed`, and `OAuthError` for a grant type that is none of the three."""
    form = decode_form(body, _REQUEST)
    details = form.get("authorization_details")
    client_id, scope = form.get("client_id"), form.get("scope")
    asked = () if details is None else decode_details(details)
    match required_text(form, "grant_type", _REQUEST):
        case "urn:ietf:params:oauth:grant-type:pre-authorized_code":
            return PreAuthorizedTokenRequest(
                client_id=client_id,
                scope=scope,
                authorization_details=asked,
                pre_authorized_code=required_text(form, "pre-authorized_code", _REQUEST),
                tx_code=form.get("tx_code"),
            )
        case "authorization_code":
            return AuthorizationCodeTokenRequest(
                client_id=client_id,
                scope=scope,
                authorization_details=asked,
                code=required_text(form, "code", _REQUEST),
                code_verifier=form.get("code_verifier"),
                redirect_uri=form.get("redirect_uri"),
            )
        case "refresh_token":
            return RefreshTokenRequest(
                client_id=client_id,
                scope=scope,
                authorization_details=asked,
                refresh_token=required_text(form, "refresh_token", _REQUEST),
            )
    raise OAuthError(OAuthErrorCode.UNSUPPORTED_GRANT_TYPE)


def encode_token_request(request: AnyTokenRequest) -> bytes:
    details = request.authorization_details
    common: dict[str, str | None] = {
        "client_id": request.client_id,
        "scope": request.scope,
        "authorization_details": encode_details_text(details) if details else None,
    }
    return encode_form(_own_members(request) | common)


def _own_members(request: AnyTokenRequest) -> dict[str, str | None]:
    match request:
        case PreAuthorizedTokenRequest():
            return {
                "grant_type": PRE_AUTHORIZED_CODE,
                "pre-authorized_code": request.pre_authorized_code,
                "tx_code": request.tx_code,
            }
        case AuthorizationCodeTokenRequest():
            return {
                "grant_type": AUTHORIZATION_CODE,
                "code": request.code,
                "code_verifier": request.code_verifier,
                "redirect_uri": request.redirect_uri,
            }
        case RefreshTokenRequest():
            return {"grant_type": REFRESH_TOKEN, "refresh_token": request.refresh_token}
    assert_never(request)


def decode_details(text: str) -> tuple[AuthorizationDetail, ...]:
    """The JSON text of `authorization_details` (RFC 9396, 2). Raises `Malformed` or `OAuthError`.

    A type that is not `openid_credential` is refused by name (RFC 9396, 5).
    """
    value = json_text.decode(text)
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_DETAILS:
        raise Malformed(_DETAILS, f"expected an array of 1 to {MAX_DETAILS} objects")
    return tuple(_decode_detail(as_object(item, _DETAILS)) for item in value)


def _decode_detail(members: Mapping[str, object]) -> AuthorizationDetail:
    if required_text(members, "type", _DETAILS) != DETAILS_TYPE:
        raise OAuthError(OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS, "unknown type")
    return AuthorizationDetail(
        credential_configuration_id=required_text(members, "credential_configuration_id", _DETAILS),
        credential_identifiers=optional_texts(members, "credential_identifiers", _DETAILS),
        locations=optional_texts(members, "locations", _DETAILS),
    )


def encode_details(details: tuple[AuthorizationDetail, ...]) -> list[dict[str, object]]:
    return [
        present(
            type=DETAILS_TYPE,
            credential_configuration_id=detail.credential_configuration_id,
            credential_identifiers=detail.credential_identifiers,
            locations=detail.locations,
        )
        for detail in details
    ]


def encode_details_text(details: tuple[AuthorizationDetail, ...]) -> str:
    return json_text.encode(encode_details(details)).decode()


def encode_token_response(response: TokenResponse) -> bytes:
    return json_text.encode(
        present(
            access_token=response.access_token,
            token_type=response.token_type,
            expires_in=response.expires_in,
            refresh_token=response.refresh_token,
            scope=response.scope,
            authorization_details=tuple(encode_details(response.authorization_details)),
            auth_session=response.auth_session,
        )
    )


def decode_token_response(data: bytes | str) -> TokenResponse:
    """Raises `Malformed`. Other authorization details types are ignored."""
    members = json_text.decode_object(data, _RESPONSE)
    details = optional_objects(members, "authorization_details", _RESPONSE)
    expires_in = optional_integer(members, "expires_in", _RESPONSE)
    if expires_in is not None and expires_in < 0:
        raise Malformed(_RESPONSE, "expires_in is negative")
    return TokenResponse(
        access_token=required_text(members, "access_token", _RESPONSE),
        token_type=required_text(members, "token_type", _RESPONSE),
        expires_in=expires_in,
        refresh_token=optional_text(members, "refresh_token", _RESPONSE),
        scope=optional_text(members, "scope", _RESPONSE),
        authorization_details=tuple(
            _decode_detail(detail) for detail in details if detail.get("type") == DETAILS_TYPE
        ),
        auth_session=optional_text(members, "auth_session", _RESPONSE),
    )
