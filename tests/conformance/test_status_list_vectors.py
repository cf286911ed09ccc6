"""Token Status List: section 4 and 5.1 examples, Appendix C."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mrc.formats import base64url, cbor
from mrc.formats.jose.jwk import decode_jwk
from mrc.formats.status_list.bits import StatusList, decode_compressed
from mrc.formats.status_list.jwt_token import check_jwt, decode_jwt
from mrc.formats.status_list.reference import StatusReference
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import Algorithm

VECTORS = Path(__file__).parents[1] / "vectors" / "token-status-list"


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
