"""Who the chip speaks for, and whether that person may have a card on this phone now.

The rules are those of every method (`registry.eligibility`), decided anew with `IC_CARD`; what a
card of plastic must still be is asked of the register too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.authority.ic_issuance.ports import IcCard
from mrc.authority.ports import Carrier
from mrc.formats.catalogue.ages import seoul_date
from mrc.formats.catalogue.card_types import CardType
from mrc.ic_card.mrz import last_day
from mrc.ic_card.reasons import Reason as Chip
from mrc.ic_card.server.verdict import ChipProof
from mrc.issuer.records import MobileCard
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Finding, Outcome, failed
from mrc.registry.eligibility import (
    Case,
    Decision,
    EligibilityRules,
    Method,
    PhoneFacts,
    Reason,
    card_type_for,
    decide,
)
from mrc.registry.people import Registrant

_CLAUSE = "IC-CARD 5.4 check 5"
_PHONE = "eligibility.own_phone"


def check_plastic(proof: ChipProof, card: IcCard, holder: Registrant, *, at: datetime) -> None:
    """Raise `Rejected` unless register and chip speak of one card in force of one person.

    1. The chip's last day is not over. 2. The register has not ended this card. 3. The chip's
    number and birth date are the person's: a new number asks for a new card.
    """
    today = seoul_date(at)
    if min(last_day(proof.zone.expiry_date), card.expires_on) < today:  # 1
        raise Rejected(Chip.CARD_EXPIRED, _CLAUSE)
    held = [one for one in holder.cards if one.document_number == card.document_number]
    if not held or any(one.ended_on is not None and one.ended_on <= today for one in held):  # 2
        raise Rejected(Chip.CARD_NOT_ACTIVE, _CLAUSE, "ended in the register")
    same = proof.residence.registration_number == holder.number.digits
    if not same or proof.zone.birth_date != holder.birth_date.strftime("%y%m%d"):  # 3
        raise Rejected(Chip.REGISTER_DIFFERS, _CLAUSE, "number or birth date")


async def own_phone(carrier: Carrier, holder: Registrant, *, at: datetime) -> Finding:
    """Passed where one registered number is in the holder's name.

    Else undetermined where that is so of one of them, else failed.
    """
    findings = [await carrier.in_own_name(number, holder, at=at) for number in holder.phones]
    for wanted in (Outcome.PASSED, Outcome.UNDETERMINED, Outcome.FAILED):
        for finding in findings:
            if finding.outcome is wanted:
                return finding
    return failed(_PHONE, "rules of issue: own phone", Reason.NO_PHONE_NUMBER.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks from which phone, and what is known about it."""

    holder: Registrant
    jkt: str
    own_phone: Finding
    live_cards: Sequence[MobileCard]


def decide_ic(asked: Asked, rules: EligibilityRules, *, at: datetime) -> tuple[CardType, Decision]:
    """Every rule's finding. Another phone is no obstacle: the issuer ends it at the issue."""
    card_type = card_type_for(asked.holder.residence.status.code, rules)
    facts = PhoneFacts(
        in_own_name=asked.own_phone.outcome,
        other_active=any(
            card.card_type is card_type and card.phone != asked.jkt for card in asked.live_cards
        ),
    )
    case = Case(
        registrant=asked.holder, card_type=card_type, method=Method.IC_CARD, phone=facts, at=at
    )
    return card_type, decide(case, rules)
