"""The table of card types: identifiers, both formats from one mapping, and back."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mrc.formats.catalogue.ages import age_claims
from mrc.formats.catalogue.card_types import STANDARD, CardDefinition, CardType, Catalogue
from mrc.formats.catalogue.claim import Kind
from mrc.formats.catalogue.values import claim_tree, name_spaces, read_claims, read_name_spaces
from mrc.formats.sd_jwt_vc.claims import Disclosable
from mrc.kernel.errors import Malformed

SAMPLES: dict[Kind, object] = {
    Kind.TEXT: "가나다 ABC",
    Kind.INTEGER: 1,
    Kind.BOOLEAN: True,
    Kind.DATE: date(2026, 5, 1),
    Kind.TIME: datetime(2026, 5, 1, 9, 30, tzinfo=UTC),
    Kind.IMAGE: b"\xff\xd8\xff\xe0jpeg",
    Kind.DRIVING_PRIVILEGES: [
        {
            "vehicle_category_code": "B",
            "issue_date": date(2020, 1, 2),
            "expiry_date": date(2030, 1, 2),
            "codes": [{"code": "01"}],
        }
    ],
}
ALL = list(STANDARD.definitions.values())
ids = [definition.card_type.value for definition in ALL]


def full(definition: CardDefinition) -> dict[str, object]:
    return {claim.key: SAMPLES[claim.kind] for claim in definition.claims}


def undisclosed(node: Any) -> Any:
    """The tree as a holder shows it who discloses everything."""
    match node:
        case Disclosable(value):
            return undisclosed(value)
        case dict():
            return {name: undisclosed(value) for name, value in node.items()}
    return node


@pytest.mark.parametrize("definition", ALL, ids=ids)
class TestEveryType:
    def test_both_formats_come_from_one_mapping_and_lead_back(
        self, definition: CardDefinition
    ) -> None:
        values = full(definition)
        assert read_name_spaces(definition, name_spaces(definition, values)) == values
        assert read_claims(definition, undisclosed(claim_tree(definition, values))) == values

    def test_mandatory_claims_alone_are_enough(self, definition: CardDefinition) -> None:
        values = {c.key: SAMPLES[c.kind] for c in definition.claims if c.mandatory}
        assert read_name_spaces(definition, name_spaces(definition, values)) == values

    def test_a_missing_mandatory_claim_is_our_mistake(self, definition: CardDefinition) -> None:
        for claim in definition.claims:
            values = full(definition)
            del values[claim.key]
            if claim.mandatory:
                with pytest.raises(ValueError, match=claim.key):
                    name_spaces(definition, values)
                with pytest.raises(ValueError, match=claim.key):
                    claim_tree(definition, values)

    def test_a_value_of_another_kind_is_our_mistake_or_malformed(
        self, definition: CardDefinition
    ) -> None:
        for claim in definition.claims:
            wrong = {**full(definition), claim.key: object()}
            with pytest.raises(ValueError, match=claim.key):
                name_spaces(definition, wrong)
            with pytest.raises(Malformed):
                read_name_spaces(definition, {claim.namespace: {claim.element: object()}})
            nested: object = {"no": "kind"}
            for step in reversed(claim.path):
                nested = {step: nested}
            assert isinstance(nested, dict)
            with pytest.raises(Malformed):
                read_claims(definition, nested)

    def test_an_unknown_key_is_our_mistake(self, definition: CardDefinition) -> None:
        with pytest.raises(ValueError, match="shoe_size"):
            name_spaces(definition, {**full(definition), "shoe_size": 42})

    def test_keys_elements_and_paths_are_unique(self, definition: CardDefinition) -> None:
        claims = definition.claims
        for names in (
            {c.key for c in claims},
            {c.mdoc_path for c in claims},
            {c.path for c in claims},
        ):
            assert len(names) == len(claims)
        for one in claims:
            for other in claims:
                assert one is other or other.path[: len(one.path)] != one.path

    def test_every_claim_is_found_and_named_in_both_languages(
        self, definition: CardDefinition
    ) -> None:
        for claim in definition.claims:
            assert definition.get_claim(claim.key) is claim
            assert definition.find_element(*claim.mdoc_path) is claim
            assert definition.find_path(claim.path) is claim
            assert claim.display.in_language("ko-KR") == claim.display.ko
            assert claim.display.in_language("vi") == claim.display.en

    def test_the_type_is_found_by_both_identifiers(self, definition: CardDefinition) -> None:
        assert STANDARD.find_doctype(definition.doctype) is definition
        assert STANDARD.find_vct(definition.vct) is definition
        assert STANDARD.get(definition.card_type) is definition


def test_the_driving_licence_has_every_mandatory_element_of_18013_5() -> None:
    licence = STANDARD.get(CardType.DRIVING_LICENCE)
    assert licence.namespaces == ("org.iso.18013.5.1",)
    assert {claim.element for claim in licence.claims if claim.mandatory} == {
        "family_name",
        "given_name",
        "birth_date",
        "issue_date",
        "expiry_date",
        "issuing_country",
        "issuing_authority",
        "document_number",
        "portrait",
        "driving_privileges",
        "un_distinguishing_sign",
    }


def test_age_claims_fit_the_residence_card() -> None:
    residence = STANDARD.get(CardType.RESIDENCE)
    values = full(residence) | age_claims(date(2000, 1, 1), date(2026, 1, 1))
    common = name_spaces(residence, values)["org.iso.23220.1"]
    assert (common["age_over_20"], common["age_over_60"]) == (True, False)
    assert common["age_birth_year"] == 2000
    ages = claim_tree(residence, values)["age_equal_or_over"]
    assert ages == {
        "14": Disclosable(True),
        "18": Disclosable(True),
        "19": Disclosable(True),
        "20": Disclosable(True),
        "60": Disclosable(False),
        "65": Disclosable(False),
    }


def test_the_portrait_is_a_data_uri_and_dates_are_text_in_sd_jwt() -> None:
    residence = STANDARD.get(CardType.RESIDENCE)
    tree = claim_tree(residence, full(residence))
    assert tree["picture"] == Disclosable("data:image/jpeg;base64,/9j/4GpwZWc=")
    assert tree["birthdate"] == Disclosable("2026-05-01")
    assert tree["issuing_country"] == SAMPLES[Kind.TEXT]


@pytest.mark.parametrize("text", ["20260501", "2026-W18-5", "2026-13-01", "yesterday", ""])
def test_another_spelling_of_a_date_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read_claims(STANDARD.get(CardType.RESIDENCE), {"birthdate": text})


def test_a_picture_that_is_no_jpeg_data_uri_is_malformed() -> None:
    for text in ("https://example.com/a.jpg", "data:image/png;base64,AAAA"):
        with pytest.raises(Malformed):
            read_claims(STANDARD.get(CardType.RESIDENCE), {"picture": text})
    with pytest.raises(Malformed):
        read_claims(STANDARD.get(CardType.RESIDENCE), {"picture": "data:image/jpeg;base64,!"})


def test_identifiers_are_configuration() -> None:
    other = STANDARD.with_identifiers(
        CardType.RESIDENT_REGISTRATION, doctype="org.iso.23220.photoID.1"
    )
    found = other.find_doctype("org.iso.23220.photoID.1")
    assert found is not None
    assert found.card_type is CardType.RESIDENT_REGISTRATION
    assert other.find_doctype("org.iso.23220.photoid.1") is None


def test_two_types_cannot_share_an_identifier() -> None:
    with pytest.raises(ValueError):
        STANDARD.with_identifiers(CardType.PERMANENT, doctype="kr.go.moj.residence.1")
    with pytest.raises(ValueError):
        Catalogue((STANDARD.get(CardType.RESIDENCE),) * 2)


def test_an_unknown_claim_is_our_mistake_and_unknown_places_are_none() -> None:
    residence = STANDARD.get(CardType.RESIDENCE)
    with pytest.raises(ValueError):
        residence.get_claim("shoe_size")
    assert residence.find_element("org.iso.23220.1", "shoe_size") is None
    assert residence.find_path(("shoe_size",)) is None
    assert STANDARD.find_vct("urn:nothing") is None
    assert residence.label_key == "card_type.residence"
    assert residence.get_claim("sex").label_key == "claim.sex"
