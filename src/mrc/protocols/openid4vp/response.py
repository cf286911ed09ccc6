"""The Authorization Response: the VP token, how it is posted, and how it is encrypted.

OpenID4VP 1.0, 8.1 to 8.5. Verifier and wallet use the same values. The thumbprint that binds an
mdoc to the encryption key is `EncryptionChoice.jwk_thumbprint`. A response is judged only after
it was claimed by its transaction; nothing here looks into a presentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.formats import json_text
from mrc.formats.jose import jwe
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Cipher, KeyAgreement
from mrc.protocols.dcql.matching import is_satisfied
from mrc.protocols.dcql.members import JsonObject, as_object, as_string, as_strings, get_member
from mrc.protocols.dcql.query import DcqlQuery
from mrc.protocols.openid4vp.addresses import check_address
from mrc.protocols.openid4vp.client_metadata import EncryptionChoice
from mrc.protocols.openid4vp.errors import ErrorResponse, decode_error, encode_error
from mrc.protocols.openid4vp.form import decode_form, encode_form
from mrc.protocols.openid4vp.reasons import Reason

MAX_BODY = 4 * 2**20
"""Bytes of one posted response: a dozen cards with portraits, encoded twice."""

MAX_PRESENTATIONS = 64
"""Presentations for one credential query."""

VpToken = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationResponse:
    """A VP token by credential query id, each presentation in its format's own text."""

    vp_token: VpToken = field(repr=False)
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedResponse:
    """The JWE that came by `direct_post.jwt`, still closed."""

    jwe: str = field(repr=False)


Posted = AuthorizationResponse | EncryptedResponse | ErrorResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseKey:
    """The verifier's private key of one request, and what it offered with it."""

    agreement: KeyAgreement
    kid: str
    encryptions: tuple[str, ...]


def encode_direct_post(response: AuthorizationResponse | ErrorResponse) -> bytes:
    """The body of a `direct_post` (8.2)."""
    if isinstance(response, ErrorResponse):
        return encode_form(encode_error(response)).encode()
    members = {"vp_token": json_text.encode(_vp_token_members(response)).decode()}
    if response.state is not None:
        members["state"] = response.state
    return encode_form(members).encode()


async def encode_direct_post_jwt(
    response: AuthorizationResponse, *, choice: EncryptionChoice, sender: jwe.Sender
) -> bytes:
    """The body of a `direct_post.jwt` (8.3.1), encrypted to the chosen key."""
    payload: dict[str, object] = {"vp_token": _vp_token_members(response)}
    if response.state is not None:
        payload["state"] = response.state
    text = await jwe.encrypt(
        json_text.encode(payload),
        recipient=choice.recipient.key,
        kid=choice.recipient.kid,
        encryption=choice.encryption,
        sender=sender,
    )
    return encode_form({"response": text}).encode()


def _vp_token_members(response: AuthorizationResponse) -> dict[str, list[str]]:
    return {identifier: list(shown) for identifier, shown in response.vp_token.items()}


def decode_post(body: bytes) -> Posted:
    """The posted response. Raises `Malformed`. Unrecognised parameters are ignored."""
    members = decode_form(body, what="authorization response", limit=MAX_BODY)
    if "error" in members:
        return decode_error(members)
    if "response" in members:
        if "vp_token" in members:
            raise Malformed("authorization response", "both response and vp_token")
        return EncryptedResponse(jwe=members["response"])
    text = as_string(get_member(members, "vp_token", "authorization response"), "vp_token")
    return _decode_response(members | {"vp_token": json_text.decode(text)})


async def open_response(
    response: EncryptedResponse, *, key: ResponseKey, cipher: Cipher
) -> AuthorizationResponse | ErrorResponse:
    """What was encrypted to this request's key (8.3). Raises `Malformed` or `Rejected`.

    The key id must be the one that was handed out, and the content encryption one that was
    offered: neither is taken from the message.
    """
    closed = jwe.decode(response.jwe)
    if closed.kid != key.kid:
        raise Rejected(Reason.ENCRYPTION_KEY_MISMATCH, "OpenID4VP 8.3", "another kid")
    if closed.encryption.value not in key.encryptions:
        raise Rejected(Reason.ENCRYPTION_NOT_OFFERED, "OpenID4VP 8.3")
    payload = await jwe.decrypt(closed, key.agreement, cipher, limit=MAX_BODY)
    members = json_text.decode_object(payload, "authorization response")
    if "error" in members:
        return decode_error(members)
    return _decode_response(members)


def _decode_response(members: JsonObject) -> AuthorizationResponse:
    state = members.get("state")
    if not isinstance(state, str | None):
        raise Malformed("state", "expected a text")
    vp_token = get_member(members, "vp_token", "authorization response")
    return AuthorizationResponse(vp_token=decode_vp_token(vp_token), state=state)


def decode_vp_token(value: object) -> VpToken:
    """8.1: an object of arrays of at least one presentation; ours are all texts."""
    source = as_object(value, "vp_token")
    return {
        identifier: as_strings(shown, "vp_token presentations", limit=MAX_PRESENTATIONS)
        for identifier, shown in source.items()
    }


def check_vp_token(vp_token: VpToken, *, query: DcqlQuery) -> None:
    """Raise `Rejected` unless the token has the shape that `query` asked for.

    8.6 step 1 with 8.1: only ids of the query, one presentation unless `multiple`. Step 3
    (`check_complete`) follows after the presentations were checked.
    """
    for identifier, shown in vp_token.items():
        asked = query.find_credential(identifier)
        if asked is None:
            raise Rejected(Reason.UNKNOWN_CREDENTIAL_QUERY, "OpenID4VP 8.1")
        if len(shown) != 1 and not asked.multiple:
            raise Rejected(Reason.TOO_MANY_PRESENTATIONS, "OpenID4VP 8.1", f"{len(shown)} came")


def check_complete(answered: frozenset[str], *, query: DcqlQuery) -> None:
    """Raise `Rejected` unless the `answered` query ids satisfy the query. 8.6 step 3."""
    if not is_satisfied(query, answered):
        raise Rejected(Reason.QUERY_NOT_SATISFIED, "OpenID4VP 8.6 (3)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseReceipt:
    """The verifier's answer to a posted response; `redirect_uri` carries the response code."""

    redirect_uri: str | None = field(default=None, repr=False)


def encode_receipt(receipt: ResponseReceipt) -> dict[str, str]:
    return {} if receipt.redirect_uri is None else {"redirect_uri": receipt.redirect_uri}


def decode_receipt(body: bytes) -> ResponseReceipt:
    """8.2: a JSON object; a wallet follows `redirect_uri` where there is one."""
    members = json_text.decode_object(body, "response receipt") if body else {}
    if "redirect_uri" not in members:
        return ResponseReceipt()
    address = as_string(members["redirect_uri"], "redirect_uri")
    check_address(address.partition("#")[0], "redirect_uri")
    return ResponseReceipt(redirect_uri=address)
