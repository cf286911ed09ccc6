"""The Authorization Request as a value, and its parameters as JSON members.

OpenID4VP 1.0, 5.1 to 5.6 and 8.2. Response type `vp_token` by `direct_post` or `direct_post.jwt`;
`fragment` and the Digital Credentials API are not here. Unknown parameters are ignored (5). A
decoded request is not yet an authentic one: see `request_object`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.members import (
    JsonObject,
    as_array,
    as_filled_string,
    as_object,
    get_member,
)
from mrc.protocols.dcql.query import DcqlQuery, decode_query, encode_query
from mrc.protocols.openid4vp.addresses import check_address
from mrc.protocols.openid4vp.client_id import ClientId, decode_client_id
from mrc.protocols.openid4vp.client_metadata import (
    ClientMetadata,
    decode_client_metadata,
    encode_client_metadata,
)
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.transaction_data import TransactionData, decode_all

RESPONSE_TYPE = "vp_token"
MAX_VERIFIER_INFO = 16  # attestations about one verifier
MAX_NONCE = 512  # characters; ours have 43

_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+\Z")


class ResponseMode(StrEnum):
    """How the answer comes back (8.2, 8.3.1)."""

    DIRECT_POST = "direct_post"
    DIRECT_POST_JWT = "direct_post.jwt"

    @property
    def is_encrypted(self) -> bool:
        return self is ResponseMode.DIRECT_POST_JWT


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What a verifier asks for, and where the answer goes."""

    client_id: ClientId
    response_mode: ResponseMode
    response_uri: str
    nonce: str
    dcql_query: DcqlQuery
    state: str | None = None
    client_metadata: ClientMetadata | None = None
    transaction_data: tuple[TransactionData, ...] = ()
    verifier_info: tuple[JsonObject, ...] = ()
    wallet_nonce: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAddress:
    """Where a wallet reports that a request is not acceptable."""

    response_uri: str
    state: str | None


def encode_request(request: AuthorizationRequest) -> dict[str, object]:
    """The request's parameters as members of a request object."""
    encoded: dict[str, object] = {
        "response_type": RESPONSE_TYPE,
        "client_id": str(request.client_id),
        "response_mode": request.response_mode.value,
        "response_uri": request.response_uri,
        "nonce": request.nonce,
        "dcql_query": encode_query(request.dcql_query),
    }
    optional: dict[str, object] = {
        "state": request.state,
        "wallet_nonce": request.wallet_nonce,
        "transaction_data": [item.encoded for item in request.transaction_data],
        "verifier_info": [dict(entry) for entry in request.verifier_info],
    }
    if request.client_metadata is not None:
        optional["client_metadata"] = encode_client_metadata(request.client_metadata)
    return encoded | {name: value for name, value in optional.items() if value}


def decode_request(source: Mapping[str, object]) -> AuthorizationRequest:
    """The request in the members of a request object. Raises `Malformed` or `Rejected`.

    Checks 5.1 to 5.3 and 8.2; not who asks, and not whether the wallet knows the types of the
    transaction data (`check_transaction_data`).
    """
    if _text(source, "response_type") != RESPONSE_TYPE:
        raise Rejected(Reason.RESPONSE_TYPE_NOT_SUPPORTED, "OpenID4VP 5.6", "expected vp_token")
    request = AuthorizationRequest(
        client_id=decode_client_id(_text(source, "client_id")),
        response_mode=_decode_mode(_text(source, "response_mode")),
        response_uri=_decode_response_uri(source),
        nonce=_url_safe(get_member(source, "nonce", "request"), "nonce"),
        dcql_query=_decode_dcql(source),
        state=_url_safe(source["state"], "state") if "state" in source else None,
        client_metadata=_decode_metadata(source),
        transaction_data=_decode_transaction_data(source),
        verifier_info=_decode_verifier_info(source),
        wallet_nonce=_text(source, "wallet_nonce") if "wallet_nonce" in source else None,
    )
    _check_state(request)
    return request


def find_reply_address(source: Mapping[str, object]) -> ReplyAddress | None:
    """Where to report that `source` is not acceptable; None where it names no usable address."""
    response_uri, state = source.get("response_uri"), source.get("state")
    if not isinstance(response_uri, str) or not isinstance(state, str | None):
        return None
    try:
        return ReplyAddress(response_uri=check_address(response_uri, "response_uri"), state=state)
    except Malformed:
        return None


def _text(source: JsonObject, name: str) -> str:
    return as_filled_string(get_member(source, name, "request"), name)


def _url_safe(value: object, name: str) -> str:
    """5.2: letters, digits, hyphen, period, underscore and tilde only."""
    text = as_filled_string(value, name)
    if not _URL_SAFE.match(text) or len(text) > MAX_NONCE:
        raise Malformed(name, "expected URL-safe characters")
    return text


def _decode_mode(text: str) -> ResponseMode:
    if text not in set(ResponseMode):
        raise Rejected(Reason.RESPONSE_MODE_NOT_SUPPORTED, "OpenID4VP 5.2")
    return ResponseMode(text)


def _decode_response_uri(source: JsonObject) -> str:
    """8.2: `response_uri` is required and `redirect_uri` must not stand beside it."""
    if "redirect_uri" in source:
        raise Rejected(Reason.REDIRECT_URI_PRESENT, "OpenID4VP 8.2")
    return check_address(_text(source, "response_uri"), "response_uri")


def _decode_dcql(source: JsonObject) -> DcqlQuery:
    """5.1: `dcql_query` or `scope`, not both; we define no scopes."""
    if "scope" in source:
        raise Rejected(Reason.SCOPE_NOT_SUPPORTED, "OpenID4VP 5.5")
    if "dcql_query" not in source:
        raise Rejected(Reason.QUERY_MISSING, "OpenID4VP 5.1")
    return decode_query(source["dcql_query"])


def _decode_metadata(source: JsonObject) -> ClientMetadata | None:
    if "client_metadata" not in source:
        return None
    return decode_client_metadata(source["client_metadata"])


def _decode_transaction_data(source: JsonObject) -> tuple[TransactionData, ...]:
    """8.5: what does not decode is answered with `invalid_transaction_data` too."""
    if "transaction_data" not in source:
        return ()
    try:
        return decode_all(source["transaction_data"])
    except Malformed as error:
        raise Rejected(Reason.TRANSACTION_DATA_INVALID, "OpenID4VP 8.5", error.detail) from error


def _decode_verifier_info(source: JsonObject) -> tuple[JsonObject, ...]:
    if "verifier_info" not in source:
        return ()
    entries = as_array(source["verifier_info"], "verifier_info", limit=MAX_VERIFIER_INFO)
    return tuple(as_object(entry, "verifier_info") for entry in entries)


def _check_state(request: AuthorizationRequest) -> None:
    """5.3: without holder binding only `state` binds the answer to the request."""
    bound = all(
        query.require_cryptographic_holder_binding for query in request.dcql_query.credentials
    )
    if not bound and request.state is None:
        raise Rejected(Reason.STATE_MISSING, "OpenID4VP 5.3")
