"""Credential offers by value and by reference, OpenID4VCI 1.0 section 4.1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import (
    as_object,
    optional_integer,
    optional_object,
    optional_text,
    optional_texts,
    present,
    required_text,
)

PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
AUTHORIZATION_CODE = "authorization_code"
SCHEME = "openid-credential-offer"
HAIP_SCHEME = "haip-vci"
SCHEMES = (SCHEME, HAIP_SCHEME)
MAX_OFFER_CHARACTERS = 16_384  # far above any QR code (2,953 bytes) and any sane link
_MAX_DESCRIPTION = 300
_MAX_CODE_LENGTH = 64  # characters a person could type
_WHAT = "credential offer"


class InputMode(StrEnum):
    NUMERIC = "numeric"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionCode:
    """What the wallet asks its holder for; present, even if empty, means required."""

    input_mode: InputMode = InputMode.NUMERIC
    length: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorizedGrant:
    pre_authorized_code: str = field(repr=False)
    tx_code: TransactionCode | None = None
    authorization_server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCodeGrant:
    issuer_state: str | None = field(default=None, repr=False)
    authorization_server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialOffer:
    """`has_grants` is False where the offer leaves the grant to the server's metadata."""

    credential_issuer: str
    credential_configuration_ids: tuple[str, ...]
    pre_authorized: PreAuthorizedGrant | None = None
    authorization_code: AuthorizationCodeGrant | None = None

    @property
    def has_grants(self) -> bool:
        return self.pre_authorized is not None or self.authorization_code is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferReference:
    """An offer to be fetched with GET from `credential_offer_uri`."""

    credential_offer_uri: str


def encode_offer(offer: CredentialOffer) -> dict[str, object]:
    grants: dict[str, object] = {}
    if offer.authorization_code is not None:
        grants[AUTHORIZATION_CODE] = present(
            issuer_state=offer.authorization_code.issuer_state,
            authorization_server=offer.authorization_code.authorization_server,
        )
    if offer.pre_authorized is not None:
        grants[PRE_AUTHORIZED_CODE] = _encode_pre_authorized(offer.pre_authorized)
    return present(
        credential_issuer=offer.credential_issuer,
        credential_configuration_ids=offer.credential_configuration_ids,
        grants=grants or None,
    )


def _encode_pre_authorized(grant: PreAuthorizedGrant) -> dict[str, object]:
    members: dict[str, object] = {"pre-authorized_code": grant.pre_authorized_code}
    if grant.tx_code is not None:
        members["tx_code"] = present(
            input_mode=grant.tx_code.input_mode.value,
            length=grant.tx_code.length,
            description=grant.tx_code.description,
        )
    return members | present(authorization_server=grant.authorization_server)


def decode_offer(data: bytes | str | Mapping[str, object]) -> CredentialOffer:
    """A credential offer object (4.1.1). Raises `Malformed`; unknown members are ignored."""
    members = data if isinstance(data, Mapping) else json_text.decode_object(data, _WHAT)
    ids = optional_texts(members, "credential_configuration_ids", _WHAT)
    if not ids or len(set(ids)) != len(ids):
        raise Malformed(_WHAT, "credential_configuration_ids must be unique and not empty")
    grants = optional_object(members, "grants", _WHAT) or {}
    code = grants.get(AUTHORIZATION_CODE)
    pre_authorized = grants.get(PRE_AUTHORIZED_CODE)
    return CredentialOffer(
        credential_issuer=required_text(members, "credential_issuer", _WHAT),
        credential_configuration_ids=ids,
        authorization_code=None if code is None else _decode_code(as_object(code, _WHAT)),
        pre_authorized=None
        if pre_authorized is None
        else _decode_pre_authorized(as_object(pre_authorized, _WHAT)),
    )


def _decode_code(members: Mapping[str, object]) -> AuthorizationCodeGrant:
    return AuthorizationCodeGrant(
        issuer_state=optional_text(members, "issuer_state", _WHAT),
        authorization_server=optional_text(members, "authorization_server", _WHAT),
    )


def _decode_pre_authorized(members: Mapping[str, object]) -> PreAuthorizedGrant:
    tx_code = optional_object(members, "tx_code", _WHAT)
    return PreAuthorizedGrant(
        pre_authorized_code=required_text(members, "pre-authorized_code", _WHAT),
        tx_code=None if tx_code is None else _decode_tx_code(tx_code),
        authorization_server=optional_text(members, "authorization_server", _WHAT),
    )


def _decode_tx_code(members: Mapping[str, object]) -> TransactionCode:
    mode = optional_text(members, "input_mode", _WHAT) or InputMode.NUMERIC.value
    length = optional_integer(members, "length", _WHAT)
    description = optional_text(members, "description", _WHAT)
    if mode not in tuple(InputMode):
        raise Malformed(_WHAT, "tx_code: unknown input_mode")
    if length is not None and not 0 < length <= _MAX_CODE_LENGTH:
        raise Malformed(_WHAT, "tx_code: impossible length")
    if description is not None and len(description) > _MAX_DESCRIPTION:
        raise Malformed(_WHAT, f"tx_code: description over {_MAX_DESCRIPTION} characters")
    return TransactionCode(input_mode=InputMode(mode), length=length, description=description)


def offer_link(offer: CredentialOffer | OfferReference, *, scheme: str = SCHEME) -> str:
    """The link, or the content of the QR code, that invokes a wallet (4.1.2, 4.1.3)."""
    if isinstance(offer, OfferReference):
        query = {"credential_offer_uri": offer.credential_offer_uri}
    else:
        query = {"credential_offer": json_text.encode(encode_offer(offer)).decode()}
    return f"{scheme}://?{urlencode(query)}"


def decode_offer_link(link: str) -> CredentialOffer | OfferReference:
    """What the QR code or link carries. Raises `Malformed`.

    Section 4.1: exactly one of the two parameters. A wallet's own https offer endpoint is
    accepted too. The reference must be https, because its answer is an order to the wallet.
    """
    if len(link) > MAX_OFFER_CHARACTERS:
        raise Malformed(_WHAT, f"longer than {MAX_OFFER_CHARACTERS} characters")
    try:
        parts = urlsplit(link.strip())
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=16)
    except ValueError as error:
        raise Malformed(_WHAT, "not a link") from error
    if parts.scheme not in (*SCHEMES, "https"):
        raise Malformed(_WHAT, f"expected a {SCHEME} or {HAIP_SCHEME} link")
    values, references = query.get("credential_offer", []), query.get("credential_offer_uri", [])
    if len(values) + len(references) != 1:
        raise Malformed(_WHAT, "expected exactly one of credential_offer, credential_offer_uri")
    if values:
        return decode_offer(values[0])
    if urlsplit(references[0]).scheme != "https":
        raise Malformed(_WHAT, "credential_offer_uri is not an https URL")
    return OfferReference(credential_offer_uri=references[0])
