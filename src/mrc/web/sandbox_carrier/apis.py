"""The sandbox carrier's APIs as one value holds their state, and the calls on it, without HTTP.

KYC Match 0.4.0, SIM Swap 2.1.0, Number Verification 2.1.0 (CAMARA). Sending a text message is
not a CAMARA API with the sender's own text; ``/sms/v1/messages`` is the sandbox's.
"""

import hashlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import optional_integer, optional_text, required_text
from mrc.web.sandbox_carrier.authorization import Grant
from mrc.web.sandbox_carrier.kyc_match import decode_asked, match
from mrc.web.sandbox_carrier.problems import ApiCode, refusal
from mrc.web.sandbox_carrier.script import Script
from mrc.web.sandbox_carrier.subscribers import Subscriber, Subscribers

DEFAULT_MAX_AGE = 240  # hours, SIM Swap 2.1.0, CreateCheckSimSwap
MAX_AGE = range(1, 2401)
KEPT_MESSAGES = 1000
LONGEST_MESSAGE = 1000  # characters: a multi-part SMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text message that was delivered to a line."""

    phone: str
    text: str = field(repr=False)
    at: datetime


class CarrierApis:
    """The APIs for requests whose token was checked. Raises `Rejected` with an `ApiCode`."""

    def __init__(self, subscribers: Subscribers) -> None:
        self.subscribers = subscribers
        self.outbox: deque[Message] = deque(maxlen=KEPT_MESSAGES)

    def kyc_match(
        self, body: Mapping[str, object], grant: Grant, script: Script
    ) -> dict[str, object]:
        """A number in the body is compared with that of a three-legged token."""
        phone = _phone(body)
        if grant.phone is not None and phone not in (None, grant.phone):
            raise refusal(ApiCode.INVALID_TOKEN_CONTEXT)
        asked = decode_asked(body)
        subscriber = self._subscriber(phone or grant.phone)
        return match(subscriber, asked, not_available=script.not_available)

    def sim_swapped(
        self, body: Mapping[str, object], grant: Grant, at: datetime
    ) -> dict[str, object]:
        subscriber = self._subscriber(_one_identifier(body, grant))
        try:
            hours = optional_integer(body, "maxAge", "SIM Swap request")
        except Malformed as error:
            raise refusal(ApiCode.INVALID_ARGUMENT) from error
        hours = DEFAULT_MAX_AGE if hours is None else hours
        if hours not in MAX_AGE:
            raise refusal(ApiCode.OUT_OF_RANGE)
        changed = subscriber.sim_changed_at
        return {"swapped": changed is not None and changed > at - timedelta(hours=hours)}

    def sim_swap_date(self, body: Mapping[str, object], grant: Grant) -> dict[str, object]:
        changed = self._subscriber(_one_identifier(body, grant)).sim_changed_at
        return {"latestSimChange": changed.isoformat() if changed else None}

    def verify_number(self, body: Mapping[str, object], grant: Grant) -> dict[str, object]:
        """Exactly one of the plain and the hashed number."""
        phone, hashed = _phone(body), body.get("hashedPhoneNumber")
        if (phone is None) == (hashed is None) or not isinstance(hashed, str | None):
            raise refusal(ApiCode.INVALID_ARGUMENT)
        real = _proved_phone(grant)
        held = phone == real if hashed is None else hashed.lower() == _hashed(real)
        return {"devicePhoneNumberVerified": held}

    def device_number(self, grant: Grant) -> dict[str, object]:
        return {"devicePhoneNumber": _proved_phone(grant)}

    def send_message(self, body: Mapping[str, object], at: datetime) -> dict[str, object]:
        try:
            text = required_text(body, "message", "message request")
        except Malformed as error:
            raise refusal(ApiCode.INVALID_ARGUMENT) from error
        if len(text) > LONGEST_MESSAGE:
            raise refusal(ApiCode.INVALID_ARGUMENT)
        subscriber = self._subscriber(_phone(body))
        self.outbox.append(Message(phone=subscriber.phone, text=text, at=at))
        return {"accepted": True}

    def _subscriber(self, phone: str | None) -> Subscriber:
        if phone is None:
            raise refusal(ApiCode.MISSING_IDENTIFIER)
        subscriber = self.subscribers.find(phone)
        if subscriber is None:
            raise refusal(ApiCode.IDENTIFIER_NOT_FOUND)
        return subscriber


def _phone(body: Mapping[str, object]) -> str | None:
    try:
        return optional_text(body, "phoneNumber", "request")
    except Malformed as error:
        raise refusal(ApiCode.INVALID_ARGUMENT) from error


def _one_identifier(body: Mapping[str, object], grant: Grant) -> str | None:
    """SIM Swap 2.1.0: the number is in the token or in the body, never in both."""
    phone = _phone(body)
    if grant.phone is not None and phone is not None:
        raise refusal(ApiCode.UNNECESSARY_IDENTIFIER)
    return phone or grant.phone


def _proved_phone(grant: Grant) -> str:
    """Number Verification 2.1.0: only the mobile network's own word counts."""
    if grant.phone is None or not grant.by_mobile_network:
        raise refusal(ApiCode.NOT_BY_MOBILE_NETWORK)
    return grant.phone


def _hashed(phone: str) -> str:
    return hashlib.sha256(phone.encode()).hexdigest()
