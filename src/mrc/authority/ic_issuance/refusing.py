"""From what a check found to what the holder is told; the exact finding stays as `cause`."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from mrc.ic_card.reasons import Reason as Chip
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.ic_issuance.refusals import NEXT, REASON, WORDS, IcRefusal
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.registry.eligibility import Reason as Rule

CLAUSE = "first-party-apps-03 5.2.2"
_R = IcRefusal

_CHIP: Mapping[Chip, IcRefusal] = MappingProxyType(
    {
        Chip.OTHER_ENVIRONMENT: _R.CARD_OF_ANOTHER_SYSTEM,
        Chip.STATUS_WORD: _R.CARD_UNREADABLE,
        Chip.SECURE_MESSAGING: _R.CARD_UNREADABLE,
        Chip.ANSWERS_MISSING: _R.CARD_UNREADABLE,
        Chip.NOT_READ: _R.CARD_UNREADABLE,
        Chip.CARD_UNKNOWN: _R.CARD_UNKNOWN,
        Chip.CARD_LOST: _R.CARD_LOST,
        Chip.CARD_EXPIRED: _R.CARD_EXPIRED,
        Chip.CARD_NOT_ACTIVE: _R.CARD_NOT_ACTIVE,
        Chip.REGISTER_DIFFERS: _R.CARD_OUTDATED,
        Chip.SESSION_CLOSED: _R.SESSION_OVER,
        Chip.SESSION_EXPIRED: _R.SESSION_EXPIRED,
        Chip.DEVICE_KEY_DIFFERS: _R.ANOTHER_PHONE,
        Chip.FACE_DIFFERS: _R.FACE_DIFFERS,
        Chip.PHONE_NOT_OWN: _R.PHONE_OF_ANOTHER,
    }
)
_RULES: Mapping[Rule, IcRefusal] = MappingProxyType(
    {
        Rule.NOT_REGISTERED: _R.NOT_REGISTERED,
        Rule.STATUS_NOT_REGISTRABLE: _R.NOT_REGISTERED,
        Rule.REGISTRATION_ENDED: _R.REGISTRATION_ENDED,
        Rule.STAY_EXPIRED: _R.STAY_EXPIRED,
        Rule.UNDER_AGE: _R.UNDER_AGE,
        Rule.PHONE_OF_ANOTHER: _R.PHONE_OF_ANOTHER,
        Rule.PHONE_OWNER_UNKNOWN: _R.PHONE_OWNER_UNKNOWN,
        Rule.SIM_CHANGED_RECENTLY: _R.SIM_CHANGED_RECENTLY,
        Rule.NO_PHONE_NUMBER: _R.NO_PHONE_NUMBER,
        Rule.NO_PORTRAIT: _R.NO_PORTRAIT,
        Rule.PORTRAIT_TOO_SMALL: _R.NO_PORTRAIT,
    }
)


def refusal(
    what: IcRefusal,
    cause: StrEnum | None = None,
    code: OAuthErrorCode = OAuthErrorCode.ACCESS_DENIED,
) -> OAuthError:
    words = WORDS[what]
    members = {REASON: what.value, NEXT: words.next.value}
    return OAuthError(code, words.text, clause=CLAUSE, cause=cause, members=members)


def session_over(what: IcRefusal, cause: StrEnum | None = None) -> OAuthError:
    return refusal(what, cause, OAuthErrorCode.INVALID_SESSION)


def chip_refusal(error: Rejected | Malformed) -> OAuthError:
    """Bytes that do not decode came from a card that is none of ours, or were changed on the way:
    what was not under the session's keys cannot tell which, so the card is called not genuine."""
    if isinstance(error, Malformed):
        return refusal(_R.CARD_NOT_AUTHENTIC)
    if not isinstance(error.reason, Chip):
        return refusal(_R.CARD_NOT_AUTHENTIC, error.reason)
    what = _CHIP.get(error.reason, _R.CARD_NOT_AUTHENTIC)
    if what in (_R.SESSION_OVER, _R.SESSION_EXPIRED, _R.ANOTHER_PHONE):
        return session_over(what, error.reason)
    return refusal(what, error.reason)


def rule_refusal(reason: Rule) -> OAuthError:
    return refusal(_RULES.get(reason, _R.VISIT_NEEDED), reason)
