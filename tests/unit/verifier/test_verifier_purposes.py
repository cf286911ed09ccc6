"""Purposes and trust: what is asked of which card, and whose cards count."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.infra.keys.software import OpensslVerifier
from mrc.protocols.dcql.query import (
    CredentialFormat,
    check_no_claim_twice,
    decode_query,
    encode_query,
)
from mrc.verifier.purposes import Purpose, PurposeId, query_for
from mrc.verifier.standard_purposes import STANDARD_PURPOSES
from mrc.verifier.trust import Authority, IssuerTrust
from tests.simulators.pki import practice_pki
from tests.simulators.verifier_world import practice_trust

PURPOSE = Purpose(
    id=PurposeId("p"),
    text={"en": "x"},
    claims=("family_name_latin", "status_of_stay"),
    card_types=(CardType.RESIDENCE, CardType.DRIVING_LICENCE),
)


@pytest.mark.parametrize("purpose", STANDARD_PURPOSES.values(), ids=lambda purpose: purpose.id)
def test_every_standard_purpose_is_a_valid_query(purpose: Purpose) -> None:
    query = query_for(purpose, catalogue=STANDARD, trust=practice_trust(), name_authorities=True)
    check_no_claim_twice(query)
    assert decode_query(encode_query(query)) == query


def test_a_card_type_without_the_claims_is_not_asked_for() -> None:
    query = query_for(PURPOSE, catalogue=STANDARD, trust=practice_trust(), name_authorities=False)
    assert [one.id for one in query.credentials] == ["residence_sd_jwt_vc", "residence_mdoc"]
    assert query.credential_sets is not None
    assert query.credential_sets[0].options == (("residence_sd_jwt_vc",), ("residence_mdoc",))
    assert query.credentials[0].trusted_authorities is None


def test_one_card_in_one_format_needs_no_set() -> None:
    purpose = replace(PURPOSE, formats=(CredentialFormat.MSO_MDOC,))
    query = query_for(purpose, catalogue=STANDARD, trust=practice_trust(), name_authorities=False)
    assert query.credential_sets is None


def test_a_claim_that_no_card_has() -> None:
    purpose = replace(PURPOSE, claims=("shoe_size",))
    with pytest.raises(ValueError, match="no card type"):
        query_for(purpose, catalogue=STANDARD, trust=practice_trust(), name_authorities=False)


@pytest.mark.parametrize(("kept_for", "retain"), [(timedelta(), False), (timedelta(1), True)])
def test_the_mdoc_query_says_whether_claims_are_kept(kept_for: timedelta, retain: bool) -> None:
    purpose = replace(PURPOSE, kept_for=kept_for)
    query = query_for(purpose, catalogue=STANDARD, trust=practice_trust(), name_authorities=False)
    claims = query.credentials[1].claims
    assert claims is not None
    assert {claim.intent_to_retain for claim in claims} == {retain}


@pytest.mark.parametrize("field", ["text", "claims", "card_types", "formats"])
def test_a_half_made_purpose(field: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        replace(PURPOSE, **{field: ()})  # type: ignore[arg-type]


def test_a_query_names_the_authorities_that_count() -> None:
    root = practice_pki().iaca.certificate
    query = query_for(PURPOSE, catalogue=STANDARD, trust=practice_trust(), name_authorities=True)
    authorities = query.credentials[0].trusted_authorities
    assert authorities is not None
    assert root.subject_key_identifier is not None
    assert authorities[0].values == (base64url.encode(root.subject_key_identifier),)


def test_an_authority_counts_for_its_types_only() -> None:
    root = practice_pki().iaca.certificate
    police = Authority(name="Police", anchors=(root,), types=frozenset({"x"}))
    anything = replace(police, types=None)
    assert police.may_issue("x")
    assert not police.may_issue("y")
    assert anything.may_issue("y")
    trust = IssuerTrust([police], verifier=OpensslVerifier())
    assert trust.key_identifiers_for("y") == ()
    with pytest.raises(ValueError, match="no authority"):
        trust.get_authority(practice_pki().reader_ca.certificate)
