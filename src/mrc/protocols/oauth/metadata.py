"""OAuth 2.0 Authorization Server Metadata, RFC 8414, with the members these protocols add.

RFC 9126 (PAR), RFC 9207 (`iss` in the redirect), RFC 9449 (DPoP), attestation-based client
authentication -10, First-Party Apps -03, OpenID4VCI 1.0 section 12.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth.members import (
    optional_boolean,
    optional_text,
    optional_texts,
    present,
    required_text,
)
from mrc.protocols.oauth.reasons import Reason

WELL_KNOWN = "oauth-authorization-server"
_WHAT = "authorization server metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationServerMetadata:
    """The members that a card issuer publishes and a wallet reads; an empty tuple is absent."""

    issuer: str
    token_endpoint: str | None = None
    authorization_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    require_pushed_authorization_requests: bool | None = None
    authorization_challenge_endpoint: str | None = None
    challenge_endpoint: str | None = None
    jwks_uri: str | None = None
    response_types_supported: tuple[str, ...] = ()
    grant_types_supported: tuple[str, ...] = ()
    scopes_supported: tuple[str, ...] = ()
    code_challenge_methods_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ()
    dpop_signing_alg_values_supported: tuple[str, ...] = ()
    client_attestation_signing_alg_values_supported: tuple[str, ...] = ()
    client_attestation_pop_signing_alg_values_supported: tuple[str, ...] = ()
    client_attestation_pop_methods_supported: tuple[str, ...] = ()
    authorization_details_types_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool | None = None
    pre_authorized_grant_anonymous_access_supported: bool | None = None


# The one member whose wire name is not a Python name (OpenID4VCI 12.3).
_ANONYMOUS = "pre-authorized_grant_anonymous_access_supported"


def encode_metadata(metadata: AuthorizationServerMetadata) -> dict[str, object]:
    members = {item.name: getattr(metadata, item.name) for item in fields(metadata)}
    members[_ANONYMOUS] = members.pop("pre_authorized_grant_anonymous_access_supported")
    return present(**members)


def decode_metadata(
    members: Mapping[str, object], *, expected_issuer: str
) -> AuthorizationServerMetadata:
    """Raises `Malformed`, and `Rejected` where `issuer` is another (RFC 8414, 3.3)."""
    issuer = required_text(members, "issuer", _WHAT)
    if issuer != expected_issuer:
        raise Rejected(Reason.ISSUER_MISMATCH, "RFC 8414 3.3")
    text = partial(optional_text, members, what=_WHAT)
    texts = partial(optional_texts, members, what=_WHAT)
    flag = partial(optional_boolean, members, what=_WHAT)
    return AuthorizationServerMetadata(
        issuer=issuer,
        token_endpoint=text("token_endpoint"),
        authorization_endpoint=text("authorization_endpoint"),
        pushed_authorization_request_endpoint=text("pushed_authorization_request_endpoint"),
        authorization_challenge_endpoint=text("authorization_challenge_endpoint"),
        challenge_endpoint=text("challenge_endpoint"),
        jwks_uri=text("jwks_uri"),
        response_types_supported=texts("response_types_supported"),
        grant_types_supported=texts("grant_types_supported"),
        scopes_supported=texts("scopes_supported"),
        code_challenge_methods_supported=texts("code_challenge_methods_supported"),
        token_endpoint_auth_methods_supported=texts("token_endpoint_auth_methods_supported"),
        dpop_signing_alg_values_supported=texts("dpop_signing_alg_values_supported"),
        client_attestation_signing_alg_values_supported=texts(
            "client_attestation_signing_alg_values_supported"
        ),
        client_attestation_pop_signing_alg_values_supported=texts(
            "client_attestation_pop_signing_alg_values_supported"
        ),
        client_attestation_pop_methods_supported=texts("client_attestation_pop_methods_supported"),
        authorization_details_types_supported=texts("authorization_details_types_supported"),
        require_pushed_authorization_requests=flag("require_pushed_authorization_requests"),
        authorization_response_iss_parameter_supported=flag(
            "authorization_response_iss_parameter_supported"
        ),
        pre_authorized_grant_anonymous_access_supported=flag(_ANONYMOUS),
    )


def well_known_url(identifier: str, name: str) -> str:
    """The metadata URL: `/.well-known/NAME` between host and path (RFC 8414, 3.1)."""
    parts = urlsplit(identifier)
    if parts.scheme != "https" or not parts.netloc or parts.query or parts.fragment:
        raise Malformed("issuer identifier", "expected an https URL without query and fragment")
    path = f"/.well-known/{name}{parts.path.rstrip('/')}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
