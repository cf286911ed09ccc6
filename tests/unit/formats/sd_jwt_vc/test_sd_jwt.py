"""Processing disclosures: every way to cheat in RFC 9901, 7.1."""

import json

import pytest

from mrc.formats import base64url
from mrc.formats.jose import jws
from mrc.formats.sd_jwt_vc.disclosure import digest
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.formats.sd_jwt_vc.sd_jwt import MAX_DISCLOSURES, decode, decode_json, process
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected

SIGNER = SoftwareSigner.generate()


def disclosure(*parts: object) -> str:
    return base64url.encode(json.dumps(parts).encode())


def hashed(text: str) -> str:
    return digest(text, "sha256")


def claims(payload: object, *disclosures: str) -> object:
    token = jws.sign_now({}, json.dumps(payload).encode(), SIGNER)
    return process(decode("~".join((token, *disclosures, "")))).claims


def reason(payload: object, *disclosures: str) -> str:
    with pytest.raises(Rejected) as caught:
        claims(payload, *disclosures)
    return caught.value.reason.value


A = disclosure("salt-a", "a", 1)
ELEMENT = disclosure("salt-e", "KR")


def test_an_unreferenced_disclosure_is_rejected() -> None:
    assert reason({"_sd": []}, A) == Reason.DISCLOSURE_NOT_REFERENCED
    assert reason({"_sd": [hashed(A)]}, A, ELEMENT) == Reason.DISCLOSURE_NOT_REFERENCED


def test_a_disclosure_referenced_only_by_an_undisclosed_one_is_rejected() -> None:
    parent = disclosure("salt-p", "parent", {"_sd": [hashed(A)]})
    assert reason({"_sd": [hashed(parent)]}, A) == Reason.DISCLOSURE_NOT_REFERENCED


@pytest.mark.parametrize(
    "payload",
    [
        {"_sd": [hashed(A), hashed(A)]},
        {"_sd": [hashed(A)], "x": {"_sd": [hashed(A)]}},
        {"_sd": ["decoy", "decoy"]},
        {"l": [{"...": hashed(A)}, {"...": hashed(A)}]},
        {"l": [{"...": "decoy"}], "_sd": ["decoy"]},
    ],
    ids=str,
)
def test_a_digest_met_twice_is_rejected(payload: object) -> None:
    with pytest.raises(Rejected):
        claims(payload, A)
    assert reason(payload) == Reason.DIGEST_TWICE


def test_a_digest_met_again_inside_a_disclosure_is_rejected() -> None:
    inner = disclosure("salt-i", "inner", {"_sd": ["decoy"]})
    assert reason({"_sd": [hashed(inner), "decoy"]}, inner) == Reason.DIGEST_TWICE


def test_the_same_disclosure_twice_is_rejected() -> None:
    assert reason({"_sd": [hashed(A)]}, A, A) == Reason.DISCLOSURE_TWICE


@pytest.mark.parametrize("name", ["_sd", "..."])
def test_a_reserved_claim_name_is_rejected(name: str) -> None:
    text = disclosure("salt", name, ["x"])
    assert reason({"_sd": [hashed(text)]}, text) == Reason.CLAIM_NAME_RESERVED


def test_a_claim_name_that_is_taken_is_rejected() -> None:
    assert reason({"a": 0, "_sd": [hashed(A)]}, A) == Reason.CLAIM_NAME_TWICE
    other = disclosure("other", "a", 2)
    assert reason({"_sd": [hashed(A), hashed(other)]}, A, other) == Reason.CLAIM_NAME_TWICE


def test_the_wrong_arity_is_rejected() -> None:
    assert reason({"_sd": [hashed(ELEMENT)]}, ELEMENT) == Reason.DISCLOSURE_ARITY
    assert reason({"l": [{"...": hashed(A)}]}, A) == Reason.DISCLOSURE_ARITY
    for parts in (["salt"], ["salt", "n", 1, 2], []):
        text = disclosure(*parts)
        assert reason({"_sd": [hashed(text)]}, text) == Reason.DISCLOSURE_ARITY


@pytest.mark.parametrize("alg", ["md5", "sha-1", "SHA-256", "", None, 5, ["sha-256"]])
def test_a_hash_that_is_not_understood_is_rejected(alg: object) -> None:
    assert reason({"_sd_alg": alg}) == Reason.HASH_ALGORITHM


@pytest.mark.parametrize("alg", ["sha-256", "sha-384", "sha-512"])
def test_understood_hashes_are_used(alg: str) -> None:
    payload = {"_sd_alg": alg, "_sd": [digest(A, alg.replace("-", ""))]}
    assert claims(payload, A) == {"a": 1}


@pytest.mark.parametrize(
    "payload",
    [{"_sd": "x"}, {"_sd": [1]}, {"_sd": None}, {"x": {"_sd": {}}}, {"...": "x"}]
    + [{"l": [{"...": 5}]}, {"l": [{"...": "x", "y": 1}]}],
    ids=str,
)
def test_misused_reserved_names_are_malformed(payload: object) -> None:
    with pytest.raises(Malformed):
        claims(payload)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "A",
        base64url.encode(b"{}"),
        base64url.encode(b'["salt",5,1]'),
        base64url.encode(b'[5,"name",1]'),
        base64url.encode(b'["salt","name",{"x":1,"x":2}]'),
        base64url.encode(b'["salt","name",NaN]'),
        A + "=",
    ],
)
def test_what_is_no_disclosure_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        claims({}, text)


def test_endless_nesting_through_disclosures_is_malformed() -> None:
    texts: list[str] = [A]
    for number in range(100):
        texts.append(disclosure(f"s{number}", "n", {"_sd": [hashed(texts[-1])]}))
    with pytest.raises(Malformed, match="deeper"):
        claims({"_sd": [hashed(texts[-1])]}, *texts)


@pytest.mark.parametrize("text", ["", "~", "~~", "e30.e30.AA", "x~", "e30.W10.AA~", "e30.e30~"])
def test_what_is_no_sd_jwt_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        decode(text)


def test_too_many_disclosures_or_characters_are_malformed() -> None:
    token = jws.sign_now({}, b"{}", SIGNER)
    with pytest.raises(Malformed):
        decode(token + "~AA" * (MAX_DISCLOSURES + 1) + "~")
    with pytest.raises(Malformed):
        decode(token + "~" + "A" * 2**20 + "~")


@pytest.mark.parametrize(
    "change",
    [
        {"header": None},
        {"header": {"disclosures": "x"}},
        {"header": {"disclosures": [5]}},
        {"header": {"disclosures": ["é"]}},
        {"header": {"kb_jwt": 5}},
        {"signature": None},
        {"payload": "W10"},
    ],
    ids=str,
)
def test_what_is_no_json_form_is_malformed(change: dict[str, object]) -> None:
    document = {"header": {}, "protected": "e30", "payload": "e30", "signature": "AA"}
    assert decode_json(document).text == "e30.e30.AA~"
    with pytest.raises(Malformed):
        decode_json(document | change)


def test_undisclosed_elements_and_decoys_leave_no_trace() -> None:
    payload = {"_sd_alg": "sha-256", "_sd": ["d"], "l": [{"...": "e"}, 1], "o": {"_sd": ["f"]}}
    assert claims(payload) == {"l": [1], "o": {}}


def test_places_of_disclosures_are_told() -> None:
    inner = disclosure("i", "city", "서울")
    outer = disclosure("o", "address", {"_sd": [hashed(inner)]})
    token = jws.sign_now(
        {},
        json.dumps({"_sd": [hashed(outer)], "l": [0, {"...": hashed(ELEMENT)}]}).encode(),
        SIGNER,
    )
    processed = process(decode("~".join((token, inner, ELEMENT, outer, ""))))
    assert set(processed.disclosed) == {("address",), ("address", "city"), ("l", 1)}
    assert processed.claims == {"address": {"city": "서울"}, "l": [0, "KR"]}


def test_claims_stay_out_of_repr() -> None:
    token = jws.sign_now({}, b'{"family_name":"Doe"}', SIGNER)
    decoded = decode(token + "~")
    assert "Doe" not in repr(decoded)
    assert "Doe" not in repr(process(decoded))
