"""Making an SD-JWT VC, and choosing what to show of it."""

import json
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from mrc.formats import base64url
from mrc.formats.catalogue.ages import age_claims
from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.formats.catalogue.values import claim_tree, read_claims
from mrc.formats.jose.jwk import encode_jwk
from mrc.formats.sd_jwt_vc.claims import Disclosable
from mrc.formats.sd_jwt_vc.issuing import EncodedClaims, SdJwtVcInput, encode_claims, prepare
from mrc.formats.sd_jwt_vc.presenting import ClaimPath, select
from mrc.formats.sd_jwt_vc.sd_jwt import SdJwt, decode, process
from mrc.formats.status_list.reference import StatusReference
from mrc.infra.keys.software import SoftwareSigner, SystemEntropy
from mrc.kernel.keys import Algorithm

SIGNER = SoftwareSigner.generate()
HOLDER = SoftwareSigner.generate()
TREE: dict[str, object] = {
    "family_name": Disclosable("DOE"),
    "issuing_country": "KR",
    "address": {"formatted": Disclosable("서울"), "country": "KR"},
    "nationalities": [Disclosable("DE"), "US", Disclosable("FR")],
    "work": Disclosable({"allowed": Disclosable(True), "kind": "E-7"}),
}


def issue(tree: dict[str, object] | EncodedClaims = TREE, decoys: int = 0) -> SdJwt:
    source = SdJwtVcInput(
        vct="urn:kr:moj:residence:1",
        claims=tree,
        holder_key=HOLDER.public_key,
        status=StatusReference(uri="https://issuer/status/1", idx=7),
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        x5c=[b"leaf"],
        decoys=decoys,
    )
    prepared = prepare(source, algorithm=Algorithm.ES256, entropy=SystemEntropy())
    return decode(prepared.finish(SIGNER.sign_now(prepared.signing_input)))


def shown(*paths: ClaimPath) -> dict[str, object]:
    registered = {"vct", "exp", "cnf", "status"}
    claims = process(select(issue(), paths)).claims
    return {name: value for name, value in claims.items() if name not in registered}


def test_the_payload_holds_what_the_credential_sets_and_nothing_disclosable() -> None:
    issued = issue()
    assert issued.jws.header == {"alg": "ES256", "typ": "dc+sd-jwt", "x5c": ["bGVhZg=="]}
    assert issued.payload["vct"] == "urn:kr:moj:residence:1"
    assert issued.payload["cnf"] == {"jwk": encode_jwk(HOLDER.public_key)}
    assert issued.payload["status"] == {"status_list": {"idx": 7, "uri": "https://issuer/status/1"}}
    assert issued.payload["exp"] == 1798761600
    assert issued.payload["_sd_alg"] == "sha-256"
    assert "iat" not in issued.payload
    for secret in ("DOE", "서울", "DE", "FR", "E-7", "family_name", "formatted"):
        assert f'"{secret}"' not in json.dumps(issued.payload, ensure_ascii=False)


def test_everything_disclosed_gives_every_claim() -> None:
    claims = process(issue()).claims
    assert claims["family_name"] == "DOE"
    assert claims["nationalities"] == ["DE", "US", "FR"]
    assert claims["address"] == {"formatted": "서울", "country": "KR"}
    assert claims["work"] == {"allowed": True, "kind": "E-7"}


def test_salts_are_long_and_all_different() -> None:
    salts = [
        json.loads(base64url.decode(text))[0] for _ in range(5) for text in issue().disclosures
    ]
    assert len(set(salts)) == len(salts)
    assert {len(base64url.decode(salt)) for salt in salts} == {18}


def test_copies_of_a_batch_share_values_and_nothing_else() -> None:
    batch = encode_claims(TREE)
    one, other = issue(batch), issue(batch)
    assert process(one).claims == process(other).claims == process(issue()).claims
    assert not set(one.disclosures) & set(other.disclosures)
    assert one.payload["_sd"] != other.payload["_sd"]
    assert "DOE" not in repr(batch)


def test_digests_are_sorted_and_decoys_are_among_them() -> None:
    plain, hidden = issue().payload["_sd"], issue(decoys=5).payload["_sd"]
    assert isinstance(plain, list)
    assert isinstance(hidden, list)
    assert len(hidden) == len(plain) + 5
    assert all(a < b for a, b in pairwise(hidden))
    assert process(issue(decoys=5)).claims == process(issue()).claims


def test_no_disclosable_claim_means_no_sd_alg() -> None:
    issued = issue({"a": 1})
    assert "_sd_alg" not in issued.payload
    assert issued.disclosures == ()


@pytest.mark.parametrize("name", ["iss", "vct", "cnf", "status", "exp", "nbf", "iat", "_sd_alg"])
def test_a_claim_that_the_credential_sets_is_our_mistake(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        issue({name: Disclosable("x")})


@pytest.mark.parametrize("name", ["_sd", "..."])
def test_a_reserved_name_anywhere_is_our_mistake(name: str) -> None:
    for tree in ({name: 1}, {"a": {name: 1}}, {"a": Disclosable([{name: 1}])}):
        with pytest.raises(ValueError):
            issue(tree)


ALWAYS: dict[str, object] = {
    "issuing_country": "KR",
    "address": {"country": "KR"},
    "nationalities": ["US"],
}


@pytest.mark.parametrize(
    ("paths", "more"),
    [
        ([], {}),
        ([["unknown"]], {}),
        ([["family_name"]], {"family_name": "DOE"}),
        ([["address", "formatted"]], {"address": {"formatted": "서울", "country": "KR"}}),
        ([["address"]], {"address": {"formatted": "서울", "country": "KR"}}),
        ([["address", "country"]], {}),
        ([["nationalities", 0]], {"nationalities": ["DE", "US"]}),
        ([["nationalities", None]], {"nationalities": ["DE", "US", "FR"]}),
        ([["nationalities", "0"]], {}),
        ([["work", "kind"]], {"work": {"kind": "E-7"}}),
        ([["work", "allowed"]], {"work": {"kind": "E-7", "allowed": True}}),
        (
            [["work"], ["family_name"]],
            {"work": {"kind": "E-7", "allowed": True}, "family_name": "DOE"},
        ),
    ],
    ids=str,
)
def test_exactly_what_a_path_needs_is_shown(
    paths: list[ClaimPath], more: dict[str, object]
) -> None:
    assert shown(*paths) == ALWAYS | more


def test_a_card_of_the_catalogue_survives() -> None:
    residence = STANDARD.get(CardType.RESIDENCE)
    values: dict[str, object] = {
        "family_name_latin": "NGUYEN",
        "birth_date": date(1999, 5, 1),
        "sex": 2,
        "nationality": "VN",
        "portrait": bytes(20_000),
        "issue_date": date(2026, 6, 1),
        "expiry_date": date(2027, 6, 1),
        "document_number": "1",
        "issuing_authority": "법무부",
        "issuing_country": "KR",
        "registration_number": "9905016123456",
        "card_type": "residence",
        "status_of_stay": "E-9",
        "registering_office": "서울",
        **age_claims(date(1999, 5, 1), date(2026, 6, 1)),
    }
    issued = issue(claim_tree(residence, values))
    assert read_claims(residence, process(issued).claims) == values
    adult = select(issued, [["age_equal_or_over", "19"]])
    assert read_claims(residence, process(adult).claims) == {
        "issuing_authority": "법무부",
        "issuing_country": "KR",
        "age_over_19": True,
    }
