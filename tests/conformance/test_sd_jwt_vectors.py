"""RFC 9901 and SD-JWT VC: hashing, the specification's examples, the reference test cases,
and presentations that must be accepted or rejected."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mrc.formats.jose.jwk import decode_jwk
from mrc.formats.sd_jwt_vc.disclosure import decode_disclosure, digest
from mrc.formats.sd_jwt_vc.issuer_trust import IssuerKey, KeyTrust
from mrc.formats.sd_jwt_vc.sd_jwt import SdJwt, decode, decode_json, process
from mrc.formats.sd_jwt_vc.verifying import (
    Expectation,
    ExpectedBinding,
    check_binding_hash,
    check_binding_request,
    check_binding_signature,
    check_issuer_signature,
    get_holder_key,
    verify_presentation,
)
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm
from mrc.kernel.pure_verifier import PureVerifier

VECTORS = Path(__file__).parents[1] / "vectors" / "sd-jwt"
ES256 = [Algorithm.ES256]


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / name).read_text("utf-8"))
    return loaded


def read(token: str | dict[str, Any]) -> SdJwt:
    return decode(token) if isinstance(token, str) else decode_json(token)


def claims_of(sd_jwt: SdJwt, issuer_jwk: dict[str, Any]) -> dict[str, object]:
    issuer = IssuerKey(key=decode_jwk(issuer_jwk), chain=None)
    check_issuer_signature(
        sd_jwt, issuer=issuer, expected_algorithms=ES256, verifier=OpensslVerifier()
    )
    return dict(process(sd_jwt).claims)


@pytest.mark.parametrize("case", load("disclosure-hashing.json")["cases"])
def test_rfc9901_4_2_disclosures(case: dict[str, Any]) -> None:
    decoded = decode_disclosure(case["disclosure"])
    named = [decoded.name] if decoded.name is not None else []
    assert [*named, decoded.value] == case["decoded"][1:]
    assert digest(case["disclosure"], "sha256") == case["sha256_b64url"]


def examples() -> list[Any]:
    both = load("rfc9901-examples.json")["examples"] + load("sd-jwt-vc-examples.json")["examples"]
    return [pytest.param(example, id=example["section"]) for example in both]


@pytest.mark.parametrize("example", examples())
def test_examples_of_both_documents(example: dict[str, Any]) -> None:
    sd_jwt = decode(example["sd_jwt"])
    assert claims_of(sd_jwt, example["issuer_public_jwk"]) == example["processed_payload"]
    assert sd_jwt.text == example["sd_jwt"]
    expected = example.get("kb_jwt_payload")
    assert (sd_jwt.kb_jwt is not None) == (expected is not None)
    if expected is not None:
        check_binding(sd_jwt, nonce=expected["nonce"], audience=expected["aud"])


def check_binding(sd_jwt: SdJwt, *, nonce: str, audience: str) -> None:
    authentic = check_issuer_signature(
        sd_jwt,
        issuer=IssuerKey(key=EXAMPLE_ISSUER, chain=None),
        expected_algorithms=ES256,
        verifier=OpensslVerifier(),
    )
    claims = check_binding_signature(
        authentic,
        holder_key=get_holder_key(process(sd_jwt)),
        expected_algorithms=ES256,
        verifier=OpensslVerifier(),
    )
    check_binding_request(claims, expected_nonce=nonce, expected_audience=audience)
    check_binding_hash(claims, authentic)


EXAMPLE_ISSUER = decode_jwk(load("accept-reject.json")["issuer_public_jwk"])


def reference_cases() -> list[Any]:
    files = sorted((*VECTORS.glob("testcases/*.json"), *VECTORS.glob("spec-examples/*.json")))
    return [pytest.param(json.loads(f.read_text("utf-8")), id=f.stem) for f in files]


@pytest.mark.parametrize("case", reference_cases())
def test_reference_implementation_outputs(case: dict[str, Any]) -> None:
    issued = read(case["sd_jwt_issuance"])
    assert claims_of(issued, case["issuer_public_jwk"]).keys() >= case["user_claims"].keys()
    presented = read(case["sd_jwt_presentation"])
    assert claims_of(presented, case["issuer_public_jwk"]) == case["verified_contents"]
    if case.get("kb_jwt_payload"):
        check_binding(presented, nonce=case["nonce"], audience=case["audience"])


ACCEPT_REJECT = load("accept-reject.json")
REASONS = {
    "kb-wrong-nonce": "key_binding_nonce_differs",
    "kb-sd-hash-mismatch": "key_binding_sd_hash_differs",
    "kb-wrong-typ": "jose_type_not_expected",
    "disclosure-not-referenced": "sd_jwt_disclosure_not_referenced",
    "duplicate-digest": "sd_jwt_digest_twice",
    "claim-name-_sd": "sd_jwt_claim_name_reserved",
    "claim-name-collides": "sd_jwt_claim_name_twice",
    "array-element-three-items": "sd_jwt_disclosure_arity",
    "unknown-_sd_alg": "sd_jwt_hash_algorithm_not_understood",
    "issuer-alg-none": "jose_algorithm_not_expected",
    "expired": "jose_expired",
    "issuer-typ-wrong": "jose_type_not_expected",
}


@pytest.mark.parametrize("verifier", [OpensslVerifier(), PureVerifier()], ids=["openssl", "pure"])
@pytest.mark.parametrize("case", [pytest.param(c, id=c["case"]) for c in ACCEPT_REJECT["cases"]])
def test_accept_and_reject(case: dict[str, Any], verifier: OpensslVerifier | PureVerifier) -> None:
    issuer = decode_jwk(ACCEPT_REJECT["issuer_public_jwk"])
    expectation = Expectation(
        vcts=["urn:example:residence:1"],
        issuer_algorithms=ES256,
        trust=KeyTrust(keys={"https://issuer.example.kr": [(None, issuer)]}),
        binding=ExpectedBinding(
            audience=ACCEPT_REJECT["expected_audience"],
            nonce=ACCEPT_REJECT["expected_nonce"],
            algorithms=ES256,
            max_age=timedelta(minutes=10),
        ),
        at=datetime.fromtimestamp(ACCEPT_REJECT["at_time"], UTC),
    )
    found = verify_presentation(decode(case["token"]), expectation=expectation, verifier=verifier)
    failures = [finding.reason for finding in found.findings if finding.outcome == "failed"]
    if case["expected"] == "accept":
        assert failures == []
        assert found.verified is not None
        assert found.verified.claims == case["processed_payload"]
    else:
        assert found.verified is None
        assert failures == [REASONS[case["case"]]]


def test_a_general_json_document_is_malformed() -> None:
    with pytest.raises(Malformed):
        decode_json({"payload": "e30", "signatures": []})
