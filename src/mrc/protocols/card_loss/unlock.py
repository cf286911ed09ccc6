"""Undoing a wrong loss report at home: the IC card at the locked phone, `POST {issuer}/unlock`.

A profile of draft-ietf-oauth-first-party-apps-03, section 5, that ends in an act instead of a
code: the same member `ic_card` in requests and in the errors that ask for more, the same
`auth_session`. The request is sent with a DPoP proof by the key that the card was issued to: that
key is the phone. Answer: when the card was unlocked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mrc.kernel.errors import Malformed
from mrc.protocols.ic_issuance.messages import MEMBER
from mrc.protocols.oauth.members import decode_form, encode_form, required_text

UNLOCK_PATH = "unlock"
_REQUEST, _ANSWER = "unlock request", "unlock answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockRequest:
    """`answer` is the JSON text of the phone's answer to what was asked last."""

    client_id: str | None
    answer: str = field(repr=False)
    auth_session: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """`at`: from when online checks take the card again."""

    at: datetime


def encode_unlock_request(request: UnlockRequest) -> bytes:
    return encode_form(
        {
            "client_id": request.client_id,
            "auth_session": request.auth_session,
            MEMBER: request.answer,
        }
    )


def decode_unlock_request(body: bytes | str) -> UnlockRequest:
    """Raises `Malformed`."""
    form = decode_form(body, _REQUEST)
    return UnlockRequest(
        client_id=form.get("client_id"),
        auth_session=form.get("auth_session"),
        answer=required_text(form, MEMBER, _REQUEST),
    )


def encode_unlocked(unlocked: Unlocked) -> dict[str, object]:
    return {"unlocked_at": unlocked.at.isoformat()}


def decode_unlocked(members: Mapping[str, object]) -> Unlocked:
    """Raises `Malformed`."""
    try:
        at = datetime.fromisoformat(required_text(members, "unlocked_at", _ANSWER))
    except ValueError as error:
        raise Malformed(_ANSWER, "unlocked_at is no time") from error
    if at.utcoffset() is None:
        raise Malformed(_ANSWER, "unlocked_at has no time zone")
    return Unlocked(at=at)
