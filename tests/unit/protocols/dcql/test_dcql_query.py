"""Decoding DCQL queries: every rule of OpenID4VP 1.0 section 6 has a query that breaks it."""

import copy
import json
from pathlib import Path

import pytest

from mrc.kernel.errors import Malformed
from mrc.protocols.dcql.query import check_no_claim_twice, decode_query, encode_query

EXAMPLES = Path(__file__).parents[3] / "vectors" / "openid4vp" / "query_lang"

VALID: dict[str, object] = {
    "credentials": [
        {
            "id": "card",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:kr:moj:residence:1"]},
            "claims": [{"id": "a", "path": ["family_name"]}, {"id": "b", "path": ["sex"]}],
            "claim_sets": [["a"], ["a", "b"]],
            "trusted_authorities": [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}],
        },
        {
            "id": "mdoc",
            "format": "mso_mdoc",
            "meta": {"doctype_value": "kr.go.moj.residence.1"},
            "claims": [{"path": ["org.iso.23220.1", "family_name"], "intent_to_retain": False}],
        },
    ],
    "credential_sets": [{"options": [["card"], ["mdoc"]]}],
}

FORGERIES: dict[str, tuple[list[str | int], object]] = {
    "not an object": ([], []),
    "no credentials": (["credentials"], None),
    "empty credentials": (["credentials"], []),
    "credentials no array": (["credentials"], {"id": "card"}),
    "too many credentials": (["credentials"], [{}] * 65),
    "id missing": (["credentials", 0, "id"], None),
    "id empty": (["credentials", 0, "id"], ""),
    "id of other letters": (["credentials", 0, "id"], "card 1"),
    "id with line break": (["credentials", 0, "id"], "card\n"),
    "id a number": (["credentials", 0, "id"], 7),
    "id twice": (["credentials", 1, "id"], "card"),
    "format missing": (["credentials", 0, "format"], None),
    "format empty": (["credentials", 0, "format"], ""),
    "meta missing": (["credentials", 0, "meta"], None),
    "meta no object": (["credentials", 0, "meta"], []),
    "vct_values missing": (["credentials", 0, "meta"], {}),
    "vct_values empty": (["credentials", 0, "meta"], {"vct_values": []}),
    "vct_values a string": (["credentials", 0, "meta"], {"vct_values": "urn:x"}),
    "doctype_value missing": (["credentials", 1, "meta"], {}),
    "doctype_value an array": (["credentials", 1, "meta"], {"doctype_value": ["x"]}),
    "multiple a number": (["credentials", 0, "multiple"], 1),
    "holder binding a string": (
        ["credentials", 0, "require_cryptographic_holder_binding"],
        "false",
    ),
    "claims empty": (["credentials", 0, "claims"], []),
    "claim without path": (["credentials", 0, "claims", 0], {"id": "a"}),
    "path empty": (["credentials", 0, "claims", 0, "path"], []),
    "path with a negative index": (["credentials", 0, "claims", 0, "path"], ["x", -1]),
    "path with true": (["credentials", 0, "claims", 0, "path"], ["x", True]),
    "path with a fraction": (["credentials", 0, "claims", 0, "path"], ["x", 1.5]),
    "path too long": (["credentials", 0, "claims", 0, "path"], ["x"] * 17),
    "mdoc path of one": (["credentials", 1, "claims", 0, "path"], ["family_name"]),
    "mdoc path with null": (["credentials", 1, "claims", 0, "path"], ["org.iso.23220.1", None]),
    "claim id twice": (["credentials", 0, "claims", 1, "id"], "a"),
    "values empty": (["credentials", 0, "claims", 0, "values"], []),
    "values with an object": (["credentials", 0, "claims", 0, "values"], [{}]),
    "values with a fraction": (["credentials", 0, "claims", 0, "values"], [1.5]),
    "values with null": (["credentials", 0, "claims", 0, "values"], [None]),
    "intent_to_retain a string": (["credentials", 1, "claims", 0, "intent_to_retain"], "no"),
    "claim_sets without claims": (["credentials", 0, "claims"], None),
    "claim_sets with a claim without id": (["credentials", 0, "claims", 1], {"path": ["sex"]}),
    "claim_sets empty": (["credentials", 0, "claim_sets"], []),
    "claim set empty": (["credentials", 0, "claim_sets"], [[]]),
    "claim set of unknown id": (["credentials", 0, "claim_sets"], [["z"]]),
    "authorities empty": (["credentials", 0, "trusted_authorities"], []),
    "authority without type": (["credentials", 0, "trusted_authorities", 0, "type"], None),
    "authority without values": (["credentials", 0, "trusted_authorities", 0, "values"], []),
    "credential_sets empty": (["credential_sets"], []),
    "options missing": (["credential_sets", 0], {}),
    "options empty": (["credential_sets", 0, "options"], []),
    "option empty": (["credential_sets", 0, "options"], [[]]),
    "option of unknown id": (["credential_sets", 0, "options"], [["nobody"]]),
    "required a string": (["credential_sets", 0, "required"], "yes"),
}


def forged(path: list[str | int], value: object) -> object:
    if not path:
        return value
    query = copy.deepcopy(VALID)
    place: object = query
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    if value is None:
        del place[path[-1]]  # type: ignore[attr-defined]
    else:
        place[path[-1]] = value  # type: ignore[index]
    return query


@pytest.mark.parametrize(("path", "value"), FORGERIES.values(), ids=FORGERIES.keys())
def test_an_invalid_query_is_refused(path: list[str | int], value: object) -> None:
    with pytest.raises(Malformed):
        decode_query(forged(path, value))


def test_a_valid_query_comes_back_as_it_was() -> None:
    assert encode_query(decode_query(VALID)) == VALID


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_section_6_examples_decode_and_encode(path: Path) -> None:
    source = json.loads(path.read_text())
    assert encode_query(decode_query(source)) == source


def test_unknown_members_are_ignored() -> None:
    query = copy.deepcopy(VALID)
    query["future"] = {"x": 1}
    query["credentials"][0]["future"] = 1  # type: ignore[index]
    assert decode_query(query) == decode_query(VALID)


def test_a_format_nobody_knows_decodes_without_types() -> None:
    query = decode_query({"credentials": [{"id": "x", "format": "ldp_vc", "meta": {"a": 1}}]})
    assert query.credentials[0].types == ()


def test_defaults_are_those_of_section_6_1() -> None:
    query = decode_query({"credentials": [{"id": "x", "format": "ldp_vc", "meta": {}}]})
    [credential] = query.credentials
    assert not credential.multiple
    assert credential.require_cryptographic_holder_binding
    assert query.credential_sets is None


def test_our_own_query_may_not_ask_for_a_claim_twice() -> None:
    query = forged(["credentials", 0, "claims", 1, "path"], ["family_name"])
    with pytest.raises(Malformed, match="same path"):
        check_no_claim_twice(decode_query(query))
    check_no_claim_twice(decode_query(VALID))
