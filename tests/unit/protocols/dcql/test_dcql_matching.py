"""Evaluating queries against held credentials: OpenID4VP 1.0, 6.4 and 7."""

import json
from pathlib import Path

import pytest

from mrc.protocols.dcql.claims_path import select_claims
from mrc.protocols.dcql.matching import (
    HeldCredential,
    choose_claims,
    choose_credentials,
    evaluate,
    find_match,
    is_satisfied,
)
from mrc.protocols.dcql.query import ClaimPath, CredentialQuery, DcqlQuery, decode_query

EXAMPLES = Path(__file__).parents[3] / "vectors" / "openid4vp" / "query_lang"
VCT = "https://credentials.example.com/identity_credential"
ARTHUR = {
    "vct": VCT,
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
        {"type": "Master of Science", "university": "University of Betelgeuse"},
    ],
    "nationalities": ["British", "Betelgeusian"],
    "adult": True,
    "floor": 1,
}


def card(**changes: object) -> HeldCredential:
    values: dict[str, object] = {
        "id": "one",
        "format": "dc+sd-jwt",
        "types": (VCT,),
        "claims": ARTHUR,
    }
    return HeldCredential(**(values | changes))  # type: ignore[arg-type]


def asking(claims: object = None, **members: object) -> CredentialQuery:
    source = {"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}} | members
    if claims is not None:
        source["claims"] = claims
    return decode_query({"credentials": [source]}).credentials[0]


def example(name: str) -> DcqlQuery:
    return decode_query(json.loads((EXAMPLES / f"{name}.json").read_text()))


@pytest.mark.parametrize(
    ("pointer", "values"),
    [
        (("name",), ["Arthur Dent"]),
        (("address",), [ARTHUR["address"]]),
        (("address", "street_address"), ["42 Market Street"]),
        (("degrees", None, "type"), ["Bachelor of Science", "Master of Science"]),
        (("nationalities", 1), ["Betelgeusian"]),
        (("nationalities", None), ["British", "Betelgeusian"]),
        (("nationalities", 2), []),
        (("nobody",), []),
        (("name", "first"), []),
        (("name", 0), []),
        (("name", None), []),
        (("address", 0), []),
        (("degrees", "type"), []),
    ],
)
def test_section_7_examples_and_errors(pointer: ClaimPath, values: list[object]) -> None:
    assert [claim.value for claim in select_claims(ARTHUR, pointer)] == values


def test_one_element_of_the_wrong_kind_aborts_the_whole_pointer() -> None:
    mixed = {"list": [{"a": 1}, "text"]}
    assert select_claims(mixed, ("list", None, "a")) == ()


def test_an_element_without_the_key_is_left_out() -> None:
    mixed = {"list": [{"a": 1}, {"b": 2}]}
    assert [claim.path for claim in select_claims(mixed, ("list", None, "a"))] == [("list", 0, "a")]


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "mso_mdoc"},
        {"types": ("urn:other",)},
        {"types": ()},
        {"holder_bound": False},
        {"claims": {"nobody": 1}},
    ],
)
def test_another_credential_does_not_match(changes: dict[str, object]) -> None:
    assert find_match(asking([{"path": ["name"]}]), card(**changes)) is None


def test_a_type_that_extends_the_accepted_type_matches() -> None:
    assert find_match(asking(), card(types=("urn:child", VCT))) is not None


def test_a_credential_without_binding_matches_where_none_is_required() -> None:
    query = asking(require_cryptographic_holder_binding=False)
    assert find_match(query, card(holder_bound=False)) is not None


@pytest.mark.parametrize(
    ("authorities", "found"),
    [
        ([{"type": "aki", "values": ["other", "mine"]}], True),
        ([{"type": "aki", "values": ["other"]}], False),
        ([{"type": "etsi_tl", "values": ["mine"]}], False),
        ([{"type": "unheard-of", "values": ["mine"]}], False),
        ([{"type": "etsi_tl", "values": ["x"]}, {"type": "aki", "values": ["mine"]}], True),
    ],
)
def test_trusted_authorities(authorities: list[object], found: bool) -> None:
    held = card(authorities={"aki": frozenset({"mine", "root"})})
    assert (find_match(asking(trusted_authorities=authorities), held) is not None) is found


@pytest.mark.parametrize(
    ("path", "values", "found"),
    [
        (["name"], ["Arthur Dent"], True),
        (["name"], ["arthur dent"], False),
        (["adult"], [1], False),
        (["adult"], [True], True),
        (["floor"], [True], False),
        (["floor"], ["1"], False),
        (["floor"], [2, 1], True),
        (["nationalities", None], ["British"], True),
        (["nationalities", None], ["French"], False),
        (["nobody"], ["x"], False),
    ],
)
def test_values_match_by_type_and_value(path: object, values: object, found: bool) -> None:
    match = find_match(asking([{"path": path, "values": values}]), card())
    assert (match is not None) is found


def test_only_the_elements_with_the_asked_value_are_disclosed() -> None:
    match = find_match(asking([{"path": ["nationalities", None], "values": ["British"]}]), card())
    assert match is not None
    assert match.paths == (("nationalities", 0),)


def test_bytes_of_an_mdoc_compare_as_base64url() -> None:
    query = decode_query(
        {
            "credentials": [
                {
                    "id": "m",
                    "format": "mso_mdoc",
                    "meta": {"doctype_value": "d"},
                    "claims": [{"path": ["ns", "hash"], "values": ["_w"]}],
                }
            ]
        }
    ).credentials[0]
    held = card(format="mso_mdoc", types=("d",), claims={"ns": {"hash": b"\xff"}})
    match = find_match(query, held)
    assert match is not None
    assert match.paths == (("ns", "hash"),)


def test_without_claims_nothing_is_disclosed() -> None:
    assert choose_claims(asking(), ARTHUR) == ()


def test_all_claims_or_none() -> None:
    assert choose_claims(asking([{"path": ["name"]}, {"path": ["nobody"]}]), ARTHUR) is None


def test_a_claim_asked_for_twice_is_disclosed_once() -> None:
    chosen = choose_claims(asking([{"path": ["name"]}, {"path": ["name"]}]), ARTHUR)
    assert chosen is not None
    assert len(chosen) == 1


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (
            ["last_name", "postal_code", "locality", "region", "date_of_birth"],
            ["last_name", "locality", "region", "date_of_birth"],
        ),
        (
            ["last_name", "postal_code", "date_of_birth"],
            ["last_name", "postal_code", "date_of_birth"],
        ),
        (["last_name", "region"], None),
    ],
)
def test_the_first_claim_set_that_can_be_satisfied(
    present: list[str], expected: list[str] | None
) -> None:
    query = example("claims_alternatives").credentials[0]
    chosen = choose_claims(query, dict.fromkeys(present, "x"))
    assert (None if chosen is None else [claim.path[0] for claim in chosen]) == expected


def held_as(identifier: str, vct: str, *names: str) -> HeldCredential:
    return card(id=identifier, types=(vct,), claims=dict.fromkeys(names, "x"))


REDUCED = held_as(
    "reduced",
    "https://credentials.example.com/reduced_identity_credential",
    "family_name",
    "given_name",
)
RESIDENCE = held_as(
    "residence", "https://cred.example/residence_credential", "postal_code", "locality", "region"
)
REWARDS = held_as("rewards", "https://company.example/company_rewards", "rewards_number")


@pytest.mark.parametrize(
    ("held", "optional", "expected"),
    [
        ([REDUCED, RESIDENCE], False, ("pid_reduced_cred_1", "pid_reduced_cred_2")),
        (
            [REDUCED, RESIDENCE, REWARDS],
            True,
            ("pid_reduced_cred_1", "pid_reduced_cred_2", "nice_to_have"),
        ),
        (
            [REDUCED, RESIDENCE, REWARDS],
            False,
            ("pid_reduced_cred_1", "pid_reduced_cred_2"),
        ),
        ([REDUCED, REWARDS], True, ()),
        ([], True, ()),
    ],
)
def test_credential_sets(
    held: list[HeldCredential], optional: bool, expected: tuple[str, ...]
) -> None:
    evaluation = evaluate(example("credentials_alternatives"), held)
    assert choose_credentials(evaluation, include_optional=optional) == expected


def test_without_sets_every_credential_is_required() -> None:
    query = example("multi_credentials")
    assert is_satisfied(query, {"pid", "mdl"})
    assert not is_satisfied(query, {"pid"})
    assert choose_credentials(evaluate(query, [card()]), include_optional=True) == ()


def test_every_match_is_offered_in_the_wallet_s_order() -> None:
    query = DcqlQuery(credentials=(asking([{"path": ["name"]}]),))
    evaluation = evaluate(query, [card(id="b"), card(id="a")])
    assert [match.credential.id for match in evaluation.matches["q"]] == ["b", "a"]


def test_claims_do_not_stand_in_the_text_of_a_held_credential() -> None:
    assert "Arthur" not in repr(card())
