"""The claims of a registrant's card: keys and kinds of `formats/catalogue`.

A person with one name has it as family name, since that claim is always there. The plastic
card's number is the document number where there is one, else the caller's.
"""

from datetime import date

from mrc.formats.catalogue.ages import age_claims
from mrc.formats.catalogue.card_types import CardType
from mrc.registry.eligibility import EligibilityRules, card_expiry
from mrc.registry.numbers import Sex
from mrc.registry.people import Registrant
from mrc.registry.residence import OFFICES
from mrc.registry.work import work_permission

ISSUING_AUTHORITY = "법무부 (Ministry of Justice, Republic of Korea)"
ISSUING_COUNTRY = "KR"
_ISO_5218 = {Sex.MALE: 1, Sex.FEMALE: 2}


def card_claims(
    registrant: Registrant,
    card_type: CardType,
    *,
    portrait: bytes,
    document_number: str,
    issued_on: date,
    rules: EligibilityRules,
) -> dict[str, object]:
    """Claim values for a card of `card_type` issued on `issued_on` (a day in Korea).

    Optional claims without a value are left out. Does not ask whether the person may have it.
    """
    residence = registrant.residence
    values: dict[str, object | None] = {
        **_names(registrant),
        "birth_date": registrant.birth_date,
        "sex": _ISO_5218[registrant.sex],
        "nationality": str(registrant.nationality),
        "portrait": portrait,
        "issue_date": issued_on,
        "expiry_date": card_expiry(registrant, card_type, issued_on, rules),
        "document_number": registrant.card.document_number if registrant.card else document_number,
        "issuing_authority": ISSUING_AUTHORITY,
        "issuing_country": ISSUING_COUNTRY,
        "resident_address": registrant.address.text if registrant.address else None,
        **age_claims(registrant.birth_date, issued_on),
        "registration_number": registrant.number.digits,
        "card_type": card_type.value,
        "status_of_stay": residence.status.text,
        "permitted_until": residence.permitted_until,
        "registering_office": OFFICES[residence.office].korean,
        "work_permission": work_permission(residence.status.code).value,
    }
    return {key: value for key, value in values.items() if value is not None}


def _names(registrant: Registrant) -> dict[str, object | None]:
    name = registrant.name
    family, given = (name.family, name.given) if name.family else (name.given, "")
    return {
        "family_name_latin": family,
        "given_name_latin": given or None,
        "family_name_hangul": name.family_hangul or None,
        "given_name_hangul": name.given_hangul or None,
    }
