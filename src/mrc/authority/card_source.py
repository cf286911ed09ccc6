"""The register as the issuer's source of card data."""

from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from mrc.authority.phone_checks import PhoneChecks
from mrc.formats.catalogue.ages import SEOUL, seoul_date
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.ports import CardData
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden
from mrc.kernel.findings import Outcome
from mrc.registry.card_claims import card_claims
from mrc.registry.eligibility import (
    Case,
    EligibilityRules,
    Method,
    PhoneFacts,
    card_expiry,
    check_eligible,
)
from mrc.registry.events import EventReason
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.store import RegistryStore

PHONE_CHECKED_BEFORE = PhoneFacts(in_own_name=Outcome.PASSED, other_active=False)
"""At issue and renewal the person's rules are decided again; the phone's were, by the desk."""


class RegistryCardSource:
    """A `CardDataSource`: what the register says about a person on the day of issue.

    With `phones`, whose number it is is asked again before copies are made.
    """

    def __init__(
        self, store: RegistryStore, rules: EligibilityRules, phones: PhoneChecks | None = None
    ) -> None:
        self._store = store
        self._rules = rules
        self._phones = phones

    async def card_data(
        self, holder: HolderReference, card_type: CardType, *, at: datetime
    ) -> CardData:
        registrant = await self._store.find(RegistrantId(holder))
        if registrant is None:
            raise Forbidden(EventReason.UNKNOWN_REGISTRANT)
        case = Case(
            registrant=registrant,
            card_type=card_type,
            method=Method.COUNTER_QR,
            phone=PHONE_CHECKED_BEFORE,
            at=at,
        )
        check_eligible(case, self._rules)
        portrait = await self._store.find_portrait(registrant.id)
        if portrait is None:
            raise Forbidden(EventReason.UNKNOWN_REGISTRANT, "the portrait is gone")
        issued_on = seoul_date(at)
        values = card_claims(
            registrant,
            card_type,
            portrait=portrait,
            document_number=document_number(registrant),
            issued_on=issued_on,
            rules=self._rules,
        )
        last_day = card_expiry(registrant, card_type, issued_on, self._rules)
        until = _end_of(last_day)
        if self._phones is not None:
            soon = await self._phones.longest_validity(registrant, at=at)
            until = until if soon is None else min(until, soon)
        return CardData(values=values, valid_until=until)


def document_number(registrant: Registrant) -> str:
    """For people without a plastic card: a number that is theirs for ever and tells nothing."""
    return "M" + uuid5(NAMESPACE_URL, f"mrc:registrant:{registrant.id}").hex[:11].upper()


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SEOUL) - timedelta(seconds=1)
