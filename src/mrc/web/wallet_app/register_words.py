"""What the ledger's register says about an asker, in the holder's words.

Five cases, and none of them is silence: confirmed, asks for more, no longer good, not in the
register, and could not be checked now (no connection, or the register is too old).
"""

from dataclasses import dataclass

from mrc.formats.catalogue.card_types import STANDARD
from mrc.formats.catalogue.claim import Claim
from mrc.kernel.findings import Outcome
from mrc.ledger.asker_register import AskerStanding
from mrc.ledger.reasons import Reason
from mrc.web.design.translator import Message, Translator
from mrc.web.wallet_app.labels import claim_label


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWords:
    """`warns`: the holder should think twice."""

    text: Message
    warns: bool


def register_words(standing: AskerStanding | None, _: Translator) -> RegisterWords | None:
    """None where this wallet asks no ledger."""
    if standing is None:
        return None
    match standing.registration.outcome:
        case Outcome.FAILED:
            return RegisterWords(text=_("Its entry in the register does not hold."), warns=True)
        case Outcome.UNDETERMINED if standing.registration.reason == Reason.NOT_IN_BUNDLE:
            return RegisterWords(text=_("It is not in the register."), warns=True)
        case Outcome.UNDETERMINED:
            text = _("The register could not be checked just now.")
            return RegisterWords(text=text, warns=False)
        case Outcome.PASSED:
            return _about_claims(standing, _)


def _about_claims(standing: AskerStanding, _: Translator) -> RegisterWords:
    if standing.entitlement.outcome is Outcome.PASSED:
        return RegisterWords(text=_("Registered, and may ask for this."), warns=False)
    what = ", ".join(sorted(_label(name, _) for name in standing.excess))
    text = _("Registered, but may not ask for: {what}", what=what)
    return RegisterWords(text=text, warns=True)


def _label(name: str, _: Translator) -> str:
    """The label of a claim by the catalogue's name; what the catalogue lacks, by its own."""
    if name == "*":
        return str(_("the whole card"))
    claims: list[Claim] = [
        claim
        for definition in STANDARD.definitions.values()
        for claim in definition.claims
        if claim.key == name
    ]
    return str(claim_label(claims[0], _)) if claims else name
