"""The claims of a card fit the catalogue, for everybody in the practice register."""

from collections.abc import Callable
from datetime import date

from mrc.formats.catalogue.card_types import STANDARD
from mrc.formats.catalogue.values import claim_tree, name_spaces
from mrc.registry.card_claims import card_claims
from mrc.registry.eligibility import EligibilityRules, card_type_for
from mrc.registry.entries import decode_entry
from mrc.registry.names import PersonName
from mrc.registry.numbers import CheckDigits
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.practice.people import practice_people

RULES = EligibilityRules()
TODAY = date(2026, 3, 1)


def claims_of(person: Registrant) -> dict[str, object]:
    return card_claims(
        person,
        card_type_for(person.residence.status.code, RULES),
        portrait=b"\xff\xd8\xff",
        document_number="M1",
        issued_on=TODAY,
        rules=RULES,
    )


def test_every_practice_person_gives_both_formats() -> None:
    for practice in practice_people(seed=3, count=400, today=TODAY):
        fields = {name: value for name, value in practice.fields.items() if name != "portrait"}
        person = decode_entry(
            fields, fresh_id=RegistrantId("x"), check_digits=CheckDigits.UNTIL_OCTOBER_2020
        ).registrant
        definition = STANDARD.get(card_type_for(person.residence.status.code, RULES))
        assert name_spaces(definition, claims_of(person))
        assert claim_tree(definition, claims_of(person))


def test_the_claims_of_one_person(make_person: Callable[..., Registrant]) -> None:
    claims = claims_of(make_person())
    assert claims["family_name_latin"] == "NGUYỄN"
    assert claims["sex"] == 1
    assert claims["age_over_20"] is True
    assert claims["age_over_60"] is False
    assert claims["expiry_date"] == date(2027, 2, 28)
    assert claims["status_of_stay"] == "D-2-2"
    assert claims["work_permission"] == "permit_needed"
    assert claims["document_number"] == "M1"
    assert "given_name_hangul" not in claims


def test_one_name_is_the_family_name(make_person: Callable[..., Registrant]) -> None:
    claims = claims_of(make_person(name=PersonName(family="", given="Suparman")))
    assert claims["family_name_latin"] == "Suparman"
    assert "given_name_latin" not in claims
