"""What a QR code or a link hands to the wallet, and how the request object is fetched.

OpenID4VP 1.0, 5.4, 5.7, 5.10 and 9; RFC 9101, 5. The query of any scheme is understood
(`openid4vp://`, `haip-vp://`, an https link of a wallet); ours are `openid4vp://`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from mrc.formats import json_text
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.members import JsonObject, as_filled_string, get_member
from mrc.protocols.openid4vp.addresses import check_address
from mrc.protocols.openid4vp.form import decode_form, encode_form
from mrc.protocols.openid4vp.reasons import Reason

SCHEME = "openid4vp"
REQUEST_OBJECT_TYPE = "application/oauth-authz-req+jwt"
MAX_LINK = 64 * 1024  # bytes of a link; a request by value is a few thousand
MAX_POST = 64 * 1024  # bytes of a wallet's metadata
MAX_WALLET_NONCE = 512

_NONCE = re.compile(r"[\x21-\x7e]+\Z")
_JSON_PARAMETERS = frozenset({"dcql_query", "client_metadata", "transaction_data", "verifier_info"})


class RequestUriMethod(StrEnum):
    """How the wallet fetches the request object (5.1)."""

    GET = "get"
    POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByReference:
    """The request object is at `request_uri`."""

    client_id: str
    request_uri: str
    method: RequestUriMethod = RequestUriMethod.GET


@dataclass(frozen=True, slots=True, kw_only=True)
class ByValue:
    """The request object itself stood in the link."""

    client_id: str
    request_object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The parameters stood in the link, unsigned."""

    parameters: JsonObject


Invocation = ByReference | ByValue | Plain


def encode_invocation(invocation: ByReference, *, endpoint: str = f"{SCHEME}://") -> str:
    """The link that opens a wallet: `endpoint` with the request by reference."""
    members = {"client_id": invocation.client_id, "request_uri": invocation.request_uri}
    if invocation.method is RequestUriMethod.POST:
        members["request_uri_method"] = invocation.method.value
    separator = "&" if "?" in endpoint else "?"
    return f"{endpoint}{separator}{encode_form(members)}"


def decode_invocation(link: str) -> Invocation:
    """What `link` hands over, whatever its scheme. Raises `Malformed` or `Rejected`."""
    try:
        query = urlsplit(link.strip()).query
    except ValueError as error:
        raise Malformed("authorization request", "not a link") from error
    members = decode_form(query, what="authorization request", limit=MAX_LINK)
    if "request" in members and "request_uri" in members:
        raise Malformed("authorization request", "both request and request_uri")
    if "request_uri" in members:
        return ByReference(
            client_id=as_filled_string(get_member(members, "client_id", "request"), "client_id"),
            request_uri=check_address(members["request_uri"], "request_uri"),
            method=_decode_method(members.get("request_uri_method", "get")),
        )
    if "request_uri_method" in members:
        raise Malformed("authorization request", "request_uri_method without request_uri")
    if "request" in members:
        return ByValue(
            client_id=as_filled_string(get_member(members, "client_id", "request"), "client_id"),
            request_object=members["request"],
        )
    return Plain(parameters=_decode_parameters(members))


def _decode_method(text: str) -> RequestUriMethod:
    """8.5: anything but `get` and `post`, in these letters, is refused."""
    if text not in set(RequestUriMethod):
        raise Rejected(Reason.REQUEST_URI_METHOD_INVALID, "OpenID4VP 8.5")
    return RequestUriMethod(text)


def _decode_parameters(members: Mapping[str, str]) -> dict[str, object]:
    """5.1: parameters that are objects or arrays are JSON texts in a link."""
    return {
        name: json_text.decode(value) if name in _JSON_PARAMETERS else value
        for name, value in members.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUriPost:
    """What a wallet posts to the request URI (5.10)."""

    wallet_nonce: str | None = None
    wallet_metadata: JsonObject | None = None


def encode_request_uri_post(post: RequestUriPost) -> bytes:
    members: dict[str, str] = {}
    if post.wallet_metadata is not None:
        members["wallet_metadata"] = json_text.encode(dict(post.wallet_metadata)).decode()
    if post.wallet_nonce is not None:
        members["wallet_nonce"] = post.wallet_nonce
    return encode_form(members).encode()


def decode_request_uri_post(body: bytes) -> RequestUriPost:
    """Raises `Malformed`. Unrecognised parameters are ignored; an empty body is allowed."""
    members = decode_form(body, what="request URI body", limit=MAX_POST) if body else {}
    nonce = members.get("wallet_nonce")
    if nonce is not None and (len(nonce) > MAX_WALLET_NONCE or not _NONCE.match(nonce)):
        raise Malformed("wallet_nonce", "expected visible ASCII characters")
    metadata = members.get("wallet_metadata")
    return RequestUriPost(
        wallet_nonce=nonce,
        wallet_metadata=(
            None if metadata is None else json_text.decode_object(metadata, "wallet_metadata")
        ),
    )
