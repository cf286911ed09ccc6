"""The reference of a credential to its entry; the list of lists."""

import pytest

from mrc.formats.status_list.aggregation import decode_aggregation, encode_aggregation
from mrc.formats.status_list.reference import StatusReference, decode_status, encode_status
from mrc.kernel.errors import Malformed

URI = "https://issuer.localhost:8442/status/1"


@pytest.mark.parametrize(
    "status",
    [
        None,
        "status_list",
        {"status_list": None},
        {"status_list": {}},
        {"status_list": {"idx": -1, "uri": URI}},
        {"status_list": {"idx": True, "uri": URI}},
        {"status_list": {"idx": 1.0, "uri": URI}},
        {"status_list": {"idx": "1", "uri": URI}},
        {"status_list": {"idx": 1, "uri": ""}},
        {"status_list": {"idx": 1, "uri": 5}},
        {"status_list": {"idx": 1, "uri": "x" * 5000}},
    ],
    ids=str,
)
def test_what_is_no_reference_is_malformed(status: object) -> None:
    with pytest.raises(Malformed):
        decode_status(status)


def test_a_reference_survives() -> None:
    reference = StatusReference(uri=URI, idx=0)
    assert decode_status(encode_status(reference)) == reference


def test_other_mechanisms_are_no_reference_of_ours() -> None:
    assert decode_status({"identifier_list": {"id": b"1", "uri": URI}}) is None


def test_an_aggregation_survives_and_ignores_what_it_does_not_know() -> None:
    assert decode_aggregation(encode_aggregation([URI, URI + "2"])) == (URI, URI + "2")
    assert decode_aggregation(b'{"status_lists":[],"x":1}') == ()


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"status_lists":"x"}', b'{"status_lists":[1]}']
)
def test_what_is_no_aggregation_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_aggregation(data)
