"""Practice registers of the two other issuers: driving licences and resident registrations.

Drawn from the same practice people as the immigration register, so that one wallet can hold a
residence card and a driving licence of the same person. For practice only; a real authority puts
its own register behind `CardDataSource`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from mrc.formats.catalogue.ages import SEOUL, age_claims, age_on, seoul_date
from mrc.formats.catalogue.card_types import CardType
from mrc.infra.practice_faces import draw_face
from mrc.issuer.ports import CardData
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden
from mrc.registry.practice.people import PracticePerson, practice_people

PRACTICE_SEED = 1
PRACTICE_COUNT = 50
LICENCE_YEARS = 10
DRIVING_AGE = 18
_ISO_5218 = {"M": 1, "F": 2}


class PracticeReason(StrEnum):
    NO_SUCH_PERSON = "no_such_person"
    UNDER_AGE = "under_age"


Values = Callable[[PracticePerson, date], dict[str, object]]


class PracticeRegister:
    """A `CardDataSource` of practice people. `values` says what the card of one person says."""

    def __init__(self, values: Values, *, minimum_age: int) -> None:
        self._values = values
        self._minimum_age = minimum_age

    async def card_data(
        self, holder: HolderReference, card_type: CardType, *, at: datetime
    ) -> CardData:
        today = seoul_date(at)
        for person in practice_people(seed=PRACTICE_SEED, count=PRACTICE_COUNT, today=today):
            if person.fields["id"] == holder and person.portrait_seed is not None:
                break
        else:
            raise Forbidden(PracticeReason.NO_SUCH_PERSON)
        if age_on(_birth_date(person), today) < self._minimum_age:
            raise Forbidden(PracticeReason.UNDER_AGE)
        values = self._values(person, today)
        expires = values["expiry_date"]
        if not isinstance(expires, date):
            raise ValueError("a card needs its last day")
        until = datetime.combine(expires + timedelta(days=1), time(), SEOUL) - timedelta(seconds=1)
        return CardData(values=values, valid_until=until)


def licence_values(person: PracticePerson, today: date) -> dict[str, object]:
    """An mDL by ISO/IEC 18013-5, 7.2.1."""
    issued = today.replace(day=1)
    expires = issued.replace(year=issued.year + LICENCE_YEARS)
    category: Mapping[str, object] = {
        "vehicle_category_code": "B",
        "issue_date": issued,
        "expiry_date": expires,
    }
    return {
        **_person(person, today),
        "issue_date": issued,
        "expiry_date": expires,
        "issuing_authority": "경찰청 (Korean National Police Agency)",
        "issuing_country": "KR",
        "document_number": f"11-{today.year % 100:02}-{person.portrait_seed:06}-00",
        "driving_privileges": [category],
        "un_distinguishing_sign": "ROK",
    }


def resident_values(person: PracticePerson, today: date) -> dict[str, object]:
    """The pilot resident registration card; practice people keep their own fictional numbers."""
    issued = today.replace(day=1)
    return {
        **_person(person, today),
        "family_name_hangul": str(person.fields.get("family_name_hangul") or "견본"),
        "given_name_hangul": str(person.fields.get("given_name_hangul") or "사람"),
        "issue_date": issued,
        "expiry_date": issued.replace(year=issued.year + LICENCE_YEARS),
        "issuing_authority": "행정안전부 (Ministry of the Interior and Safety)",
        "issuing_country": "KR",
        "document_number": f"R{person.portrait_seed:09}",
        "registration_number": str(person.fields["number"]),
    }


def _person(person: PracticePerson, today: date) -> dict[str, object]:
    fields, born = person.fields, _birth_date(person)
    family, given = str(fields["family_name"]), str(fields["given_name"])
    return {
        "family_name_latin": family or given,
        "given_name_latin": given,
        "birth_date": born,
        "sex": _ISO_5218[str(fields["sex"])],
        "nationality": str(fields["nationality"]),
        "portrait": draw_face(person.portrait_seed or 0),
        **age_claims(born, today),
    }


def _birth_date(person: PracticePerson) -> date:
    return date.fromisoformat(str(person.fields["birth_date"]))
