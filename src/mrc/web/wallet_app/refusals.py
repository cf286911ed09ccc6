"""Errors of the core as words: what happened, whether data left the phone, what to do, a code.

Every refusal of the wallet has a line here; what has none is told plainly with its code, so that
whoever is called can find it. Codes stand in docs as W-2xx by the order of this table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mrc.formats.x509.reasons import Reason as Certificate
from mrc.kernel.errors import Malformed, MrcError, Rejected, Unavailable
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci.errors import CredentialError
from mrc.protocols.openid4vp.reasons import Reason as Request
from mrc.wallet.ports import WALLET_IN_USE
from mrc.wallet.reasons import Reason
from mrc.web.design.translator import Message, Translator
from mrc.web.wallet_app.ic_refusals import explain_ic_card, explain_reader

Words = Callable[[Translator], tuple[Message, Message]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`left` is None where no sharing was under way; `back` is the page to try again from."""

    title: Message
    next: Message
    left: Message | None
    code: str
    back: str
    status: int = 422


_WORDS: Mapping[StrEnum, tuple[str, Words]] = {
    Reason.OFFER_UNUSABLE: (
        "W-201",
        lambda _: (
            _("This code has ended or was already used."),
            _("Ask the officer for a new code."),
        ),
    ),
    Reason.ISSUER_MISMATCH: (
        "W-202",
        lambda _: (_("The web address does not fit."), _("Ask the officer for a new code.")),
    ),
    Reason.ISSUER_UNSUPPORTED: (
        "W-203",
        lambda _: (
            _("This phone cannot hold this card."),
            _("Ask at the immigration office or call 1345."),
        ),
    ),
    Reason.ISSUER_REFUSED: (
        "W-204",
        lambda _: (
            _("The immigration office did not give the card."),
            _("Ask at the immigration office or call 1345."),
        ),
    ),
    Reason.NOTHING_RECEIVED: (
        "W-205",
        lambda _: (_("The immigration office did not give the card."), _("Try again")),
    ),
    Reason.NO_MATCHING_CARD: (
        "W-211",
        lambda _: (
            _("Your card does not have what is asked for."),
            _("Ask the business for another way."),
        ),
    ),
    Reason.NO_COPY_LEFT: (
        "W-212",
        lambda _: (_("You have used all copies. Connect to get new ones."), _("Try again")),
    ),
    Reason.REQUEST_UNUSABLE: (
        "W-213",
        lambda _: (_("This code has ended or was already used."), _("Scan a new code.")),
    ),
    Reason.CARD_NOT_USABLE: (
        "W-215",
        lambda _: (_("Your card is locked."), _("Ask at the immigration office or call 1345.")),
    ),
    Reason.ASKER_SUSPENDED: (
        "W-216",
        lambda _: (
            _("This business may not ask for data now."),
            _("Do not share. Close this page."),
        ),
    ),
    Reason.PROVIDER_REFUSED: (
        "W-221",
        lambda _: (
            _("This phone is not safe for your card."),
            _("Update the phone, or use another one."),
        ),
    ),
    Reason.REPORT_REFUSED: (
        "W-223",
        lambda _: (
            _("The office could not read the report."),
            _("Ask at the immigration office or call 1345."),
        ),
    ),
    Reason.NO_SUCH_CARD: (
        "W-222",
        lambda _: (_("This page was not found."), _("Go back to your card.")),
    ),
    Request.CLIENT_ID_MISMATCH: (
        "W-231",
        lambda _: (_("The web address does not fit."), _("Do not share. Close this page.")),
    ),
    Request.NUMBER_NOT_COMPARABLE: (
        "W-234",
        lambda _: (_("Perhaps somebody changed the code."), _("Do not share. Close this page.")),
    ),
    Request.RESPONSE_URI_MISMATCH: (
        "W-232",
        lambda _: (_("The web address does not fit."), _("Do not share. Close this page.")),
    ),
}
_NOT_GENUINE = frozenset(
    {
        Reason.CARD_KEY_MISMATCH,
        Reason.CARD_TYPE_MISMATCH,
        Reason.CARD_COPIES_DIFFER,
        Reason.CARD_NOT_TRUSTED,
    }
)


def explain(error: MrcError, _: Translator, *, path: str) -> Trouble:
    """The words for `error`, met on the way of adding a card or of sharing."""
    sharing = path.startswith(("/app/scan", "/app/share", "/app/open"))
    title, next_, code = _told(error, _, sharing)
    return Trouble(
        title=title,
        next=next_,
        left=_("Nothing was shared.") if sharing else _("Nothing left this phone."),
        code=code,
        back=_back(path, sharing=sharing),
        status=503 if isinstance(error, Unavailable) else 422,
    )


def _back(path: str, *, sharing: bool) -> str:
    if sharing:
        return "/app/scan"
    for place in ("/app/add/ic-card", "/app/add"):
        if path.startswith(place):
            return place
    return "/app/"


def _told(error: MrcError, _: Translator, sharing: bool) -> tuple[Message, Message, str]:
    match error:
        case Unavailable():
            return _unavailable(error, _, sharing)
        case Malformed() if sharing:
            return _("This code is not for Mobile ID."), _("Scan a new code."), "W-241"
        case Malformed():
            return (
                _("This code is not for adding a card."),
                _("Ask the officer for a new code."),
                "W-242",
            )
        case OAuthError() | CredentialError():
            return *_from_office(error, _), f"W-243 {error.reason.value}"
        case Rejected():
            return _rejected(error, _, sharing)
    return _("Something went wrong on our side."), _("Wait a minute and try again."), "W-299"


def _rejected(error: Rejected, _: Translator, sharing: bool) -> tuple[Message, Message, str]:
    of_the_card = explain_ic_card(error, _)
    if of_the_card is not None:
        return of_the_card
    known = _WORDS.get(error.reason)
    if known is not None:
        return *known[1](_), known[0]
    if sharing:
        title = _("The request is not signed correctly. Nothing was shared.")
        return title, _("Do not share. Close this page."), f"W-233 {error.reason.value}"
    if error.reason in _NOT_GENUINE or isinstance(error.reason, Certificate):
        title = _("The card that came is not genuine. Nothing was stored.")
        return title, _("Show this page to the officer."), f"W-206 {error.reason.value}"
    title = _("The immigration office did not give the card.")
    return title, _("Show this page to the officer."), f"W-207 {error.reason.value}"


def _unavailable(error: Unavailable, _: Translator, sharing: bool) -> tuple[Message, Message, str]:
    of_the_reader = explain_reader(error, _)
    if of_the_reader is not None:
        return of_the_reader
    if "CORS" in error.what:
        title = _(
            "This website does not work with Mobile ID in a browser, or there is no connection."
        )
        return title, _("Check your connection and try again."), "W-251"
    if error.what == WALLET_IN_USE:
        title = _("Mobile ID is open in another program on this computer.")
        return title, _("Finish there, then try again."), "W-253"
    if sharing:
        title = _("The business asking did not answer.")
    else:
        title = _("The immigration office does not answer.")
    return title, _("Check your connection and try again."), "W-252"


def _from_office(error: OAuthError | CredentialError, _: Translator) -> tuple[Message, Message]:
    if isinstance(error, OAuthError) and error.code is OAuthErrorCode.INVALID_GRANT:
        return (
            _("This code has ended or was already used."),
            _("Ask the officer for a new code."),
        )
    return (
        _("The immigration office did not give the card."),
        _("Show this page to the officer."),
    )
