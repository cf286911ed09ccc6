"""The bundle's JSON: survives encoding, and only one form is accepted."""

import json

import pytest

from mrc.kernel.errors import Malformed
from mrc.ledger.bundle import Bundle, decode_bundle, encode_bundle


def test_a_bundle_survives(good_bundle: Bundle) -> None:
    assert decode_bundle(encode_bundle(good_bundle)) == good_bundle


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "mrc-ledger-bundle-2"),
        ("contract", "0x00"),
        ("contract", "0X" + "00" * 20),
        ("contract", "0x" + "AB" * 20),
        ("contract", "0x" + "0 " * 20),
        ("contract", 7),
        ("header", None),
        ("nodes", {}),
        ("nodes", ["0x00"] * 2_049),
        ("organisations", ["0x" + "00" * 32] * 257),
        ("organisations", ["0x" + "00" * 31]),
        ("entitlements", [["0x" + "00" * 32]]),
        ("publications", [{}]),
        ("more", 1),
    ],
)
def test_another_member_or_value_is_refused(
    good_bundle: Bundle, member: str, value: object
) -> None:
    members = json.loads(encode_bundle(good_bundle))
    members[member] = value
    with pytest.raises(Malformed):
        decode_bundle(json.dumps(members).encode())


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("tick", -1),
        ("tick", True),
        ("tick", 1 << 63),
        ("iat", 1.5),
        ("uri", ""),
        ("uri", "line\nbreak"),
        ("salt", "0x00"),
        ("path", ["0x" + "00" * 32] * 33),
    ],
)
def test_another_publication_is_refused(good_bundle: Bundle, member: str, value: object) -> None:
    members = json.loads(encode_bundle(good_bundle))
    members["publications"][0][member] = value
    with pytest.raises(Malformed):
        decode_bundle(json.dumps(members).encode())


def test_a_missing_member_is_refused(good_bundle: Bundle) -> None:
    members = json.loads(encode_bundle(good_bundle))
    for name in list(members):
        rest = {key: value for key, value in members.items() if key != name}
        with pytest.raises(Malformed):
            decode_bundle(json.dumps(rest).encode())


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{", b"\xff", b'{"format":NaN}', b'{"format":1,"format":1}', b"[" * 100_000],
)
def test_what_is_no_bundle_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        decode_bundle(text)
