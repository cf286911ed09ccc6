"""Token Status List: section 4 and 5.1 examples, Appendix C."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mrc.formats import base64url, cbor
from mrc.formats.jose.jwk import decode_jwk
from mrc.formats.status_list.bits import StatusList, decode_compressed
from mrc.formats.status_list.cwt_token import check_cwt, decode_cwt
from mrc.formats.status_list.jwt_token import check_jwt, decode_jwt
from mrc.formats.status_list.reference import StatusReference
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import Algorithm

VECTORS = Path(__file__).parents[1] / "vectors" / "token-status-list"

# Section 5.2 of draft 20, the example of a Status List Token in CWT format.
SECTION_5_2 = bytes.fromhex(
    "d2845820a2012610781a6170706c69636174696f6e2f7374617475736c6973742b63"
    "7774a1044231325850a502782168747470733a2f2f6578616d706c652e636f6d2f73"
    "74617475736c697374732f31061a648c5bea041a8898dfea19fffe19a8c019fffda2"
    "646269747301636c73744a78dadbb918000217015d584093fa4d01032b18c35e2fe1"
    "101b77fd6cc9440022caa4694450c4e4e9feab4e99d1fa6d9772ce2bf3a12e0323de"
    "d7c982c5e101a5e67f0cbc1e2b6f57ce99c279"
)


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / name).read_text("utf-8"))
    return loaded


def in_both_forms(json_form: dict[str, Any], cbor_hex: str) -> list[StatusList]:
    binary = cbor.decode(bytes.fromhex(cbor_hex))
    assert isinstance(binary, dict)
    return [
        decode_compressed(json_form["bits"], base64url.decode(json_form["lst"])),
        decode_compressed(binary["bits"], binary["lst"]),
    ]


@pytest.mark.parametrize("name", ["one_bit", "two_bit"])
def test_section_4_small_lists(name: str) -> None:
    vector = load("small-and-jwt.json")[name]
    for found in in_both_forms(vector, vector["cbor_hex"]):
        assert found.packed.hex() == vector["byte_array_hex"]
        assert [found.get(index) for index in range(len(found))] == vector["statuses"]


@pytest.mark.parametrize("name", ["appendix-c-1bit.json", "appendix-c-4bit.json"])
def test_appendix_c_long_lists(name: str) -> None:
    vector = load(name)
    statuses = {int(index): value for index, value in vector["non_zero_statuses"].items()}
    for found in in_both_forms(vector["json"], vector["cbor_hex"]):
        assert len(found) == vector["entries"]
        assert {index: found.get(index) for index in statuses} == statuses
        assert found.packed.count(0) >= len(found.packed) - len(statuses)


def test_section_5_1_jwt() -> None:
    vector = load("small-and-jwt.json")["jwt"]
    uri = vector["payload"]["sub"]
    token = decode_jwt(vector["token"])
    key = decode_jwk(vector["public_jwk"])
    at = datetime(2026, 6, 1, tzinfo=UTC)

    def check(expected_uri: str) -> int:
        trusted = check_jwt(
            token,
            key=key,
            expected_algorithms=[Algorithm.ES256],
            expected_uri=expected_uri,
            at=at,
            verifier=OpensslVerifier(),
        )
        return trusted.get(StatusReference(uri=uri, idx=0))

    assert check(uri) == 1
    with pytest.raises(Rejected):
        check("https://example.com/statuslists/2")


def test_section_5_2_cwt() -> None:
    vector = load("small-and-jwt.json")
    token = decode_cwt(SECTION_5_2)
    trusted = check_cwt(
        token,
        key=decode_jwk(vector["jwt"]["public_jwk"]),
        expected_algorithms=[Algorithm.ES256],
        expected_uri="https://example.com/statuslists/1",
        at=datetime(2026, 6, 1, tzinfo=UTC),
        verifier=OpensslVerifier(),
    )
    assert trusted.ttl == timedelta(seconds=43200)
    assert [trusted.statuses.get(index) for index in range(16)] == vector["one_bit"]["statuses"]
